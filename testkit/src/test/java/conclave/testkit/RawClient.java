package conclave.testkit;

import conclave.protocol.ConnectRequest;
import conclave.protocol.ConnectResponse;
import conclave.protocol.JuteReader;
import conclave.protocol.JuteWriter;
import conclave.protocol.ReplyHeader;
import conclave.protocol.Request;
import conclave.protocol.WatcherEvent;
import conclave.protocol.Xid;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A client that is nothing but a socket and the records: it sends what it is told, in one piece or
 * in many, and reads frame by frame. Every read has a deadline.
 */
final class RawClient implements AutoCloseable {
  static final int DEADLINE_MS = 20_000;

  private final Socket socket;
  private final DataInputStream in;
  private final OutputStream out;
  private int lastXid;
  private long sessionId;
  private byte[] password = new byte[16];

  /** The events that came between the replies that {@link #call} waited for. */
  private final List<Frame> events = new ArrayList<>();

  /** A reply or an event; {@code body} starts behind the header. */
  record Frame(ReplyHeader header, JuteReader body) {
    boolean isEvent() {
      return header.xid() == Xid.NOTIFICATION;
    }

    WatcherEvent event() {
      return WatcherEvent.read(body);
    }
  }

  private RawClient(Socket socket) throws IOException {
    this.socket = socket;
    this.in = new DataInputStream(new java.io.BufferedInputStream(socket.getInputStream(), 65536));
    this.out = socket.getOutputStream();
  }

  /** A connection that has sent nothing. */
  static RawClient open(int port) throws IOException {
    return open(port, 0);
  }

  /** The same, with a small receive buffer when {@code receiveBytes} is not 0. */
  static RawClient open(int port, int receiveBytes) throws IOException {
    Socket socket = new Socket();
    if (receiveBytes > 0) {
      socket.setReceiveBufferSize(receiveBytes);
    }
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(DEADLINE_MS);
    socket.connect(new InetSocketAddress("127.0.0.1", port), DEADLINE_MS);
    return new RawClient(socket);
  }

  /** A connection with a new session. */
  static RawClient connect(TestServer server) throws IOException {
    return connect(server, 30_000);
  }

  static RawClient connect(TestServer server, int timeoutMs) throws IOException {
    RawClient client = open(server.port());
    ConnectResponse response = client.handshake(0, new byte[16], timeoutMs);
    if (response.sessionId() == 0) {
      throw new IOException("no session was given");
    }
    return client;
  }

  ConnectResponse handshake(long id, byte[] passwd, int timeoutMs) throws IOException {
    sendHandshake(id, passwd, timeoutMs);
    return readHandshake();
  }

  void sendHandshake(long id, byte[] passwd, int timeoutMs) throws IOException {
    sendBytes(handshakeFrame(id, passwd, timeoutMs));
  }

  static byte[] handshakeFrame(long id, byte[] passwd, int timeoutMs) {
    JuteWriter writer = new JuteWriter();
    writer.writeInt(0);
    new ConnectRequest(0, 0, timeoutMs, id, passwd, false).write(writer);
    writer.putInt(0, writer.length() - 4);
    return writer.toByteArray();
  }

  ConnectResponse readHandshake() throws IOException {
    ConnectResponse response = ConnectResponse.read(readRaw());
    sessionId = response.sessionId();
    byte[] granted = response.passwd();
    password = granted == null ? new byte[16] : granted;
    return response;
  }

  long sessionId() {
    return sessionId;
  }

  byte[] password() {
    return password;
  }

  Socket socket() {
    return socket;
  }

  /** A request as it travels. */
  static byte[] frame(int xid, Request request) {
    JuteWriter writer = new JuteWriter();
    writer.writeInt(0);
    writer.writeInt(xid);
    writer.writeInt(request.op().code());
    request.write(writer);
    writer.putInt(0, writer.length() - 4);
    return writer.toByteArray();
  }

  /** A frame of any content. */
  static byte[] frame(byte[] content) {
    JuteWriter writer = new JuteWriter();
    writer.writeBuffer(content);
    return writer.toByteArray();
  }

  /** Many requests as one piece of bytes. */
  static byte[] frames(int firstXid, List<? extends Request> requests) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    int xid = firstXid;
    for (Request request : requests) {
      all.writeBytes(frame(xid++, request));
    }
    return all.toByteArray();
  }

  void sendBytes(byte[] bytes) throws IOException {
    out.write(bytes);
    out.flush();
  }

  void sendBytes(byte[] bytes, int offset, int length) throws IOException {
    out.write(bytes, offset, length);
    out.flush();
  }

  /** Sends a request with the next xid, which is returned. */
  int send(Request request) throws IOException {
    int xid = ++lastXid;
    sendBytes(frame(xid, request));
    return xid;
  }

  int nextXid() {
    return ++lastXid;
  }

  /** The content of the next frame. */
  JuteReader readRaw() throws IOException {
    int length = in.readInt();
    if (length < 0 || length > 128 << 20) {
      throw new IOException("a frame of " + length + " bytes");
    }
    byte[] bytes = new byte[length];
    in.readFully(bytes);
    return new JuteReader(bytes);
  }

  /**
   * The next frame, or null when the connection has ended behind a whole one.
   *
   * @throws EOFException when it has ended inside of one
   */
  @Nullable JuteReader readFrameOrEnd() throws IOException {
    int first = in.read();
    if (first < 0) {
      return null;
    }
    int length = first << 24 | in.readUnsignedByte() << 16 | in.readUnsignedShort();
    byte[] bytes = new byte[length];
    in.readFully(bytes);
    return new JuteReader(bytes);
  }

  Frame read() throws IOException {
    JuteReader body = readRaw();
    return new Frame(ReplyHeader.read(body), body);
  }

  /** The next reply; events before it are kept for {@link #events}. */
  Frame readReply() throws IOException {
    while (true) {
      Frame frame = read();
      if (!frame.isEvent()) {
        return frame;
      }
      events.add(frame);
    }
  }

  Frame call(Request request) throws IOException {
    int xid = send(request);
    Frame reply = readReply();
    if (reply.header().xid() != xid) {
      throw new AssertionError("sent xid " + xid + ", was answered " + reply.header());
    }
    return reply;
  }

  /** The call must succeed. */
  Frame ok(Request request) throws IOException {
    Frame reply = call(request);
    if (reply.header().err() != 0) {
      throw new AssertionError(request + " was answered " + reply.header());
    }
    return reply;
  }

  void ping() throws IOException {
    sendBytes(frame(Xid.PING, new Request.Ping()));
  }

  List<Frame> events() {
    return events;
  }

  /** All bytes up to the end of the connection, as for a four-letter word. */
  byte[] readToEnd() throws IOException {
    return in.readAllBytes();
  }

  /**
   * Reads on until the server hangs up.
   *
   * @return false when it has not at the deadline
   */
  boolean isHungUpWithin(int millis) throws IOException {
    long deadline = System.nanoTime() + millis * 1_000_000L;
    byte[] sink = new byte[8192];
    try {
      while (true) {
        long leftMs = (deadline - System.nanoTime()) / 1_000_000;
        if (leftMs <= 0) {
          return false;
        }
        socket.setSoTimeout((int) Math.max(1, leftMs));
        if (in.read(sink) < 0) {
          return true;
        }
      }
    } catch (SocketTimeoutException e) {
      return false;
    } catch (SocketException | EOFException e) {
      return true;
    } finally {
      if (!socket.isClosed()) {
        socket.setSoTimeout(DEADLINE_MS);
      }
    }
  }

  /** Ends with a reset instead of a goodbye. */
  void reset() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
