package conclave.compat;

import static conclave.compat.Jute.jute;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A raw connection to a server: frames in, frames out, nothing done behind the test's back, no
 * pings and no retries.
 */
final class Wire implements AutoCloseable {
  static final int READ_LIMIT_MS = 60_000;
  static final int WATCH_XID = -1;
  static final int PING_XID = -2;
  static final int AUTH_XID = -4;
  static final int SET_WATCHES_XID = -8;

  private final Socket socket;
  private final DataInputStream in;
  private final Deque<Incoming.Event> events = new ArrayDeque<>();
  private int lastXid;
  private @Nullable Session session;

  private Wire(Socket socket) throws IOException {
    this.socket = socket;
    this.in = new DataInputStream(socket.getInputStream());
  }

  /** Connects, without a handshake. */
  static Wire open(ServerProcess server) throws IOException {
    Socket socket = new Socket();
    // A server may close at once, and then a socket takes no options any more.
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(READ_LIMIT_MS);
    socket.connect(server.address(), READ_LIMIT_MS);
    return new Wire(socket);
  }

  /** Connects and opens a new session. */
  static Wire session(ServerProcess server) throws IOException {
    return session(server, Handshake.fresh());
  }

  static Wire session(ServerProcess server, Handshake handshake) throws IOException {
    Wire wire = open(server);
    wire.shake(handshake);
    return wire;
  }

  Session shake(Handshake handshake) throws IOException {
    sendFrame(handshake.bytes());
    Session answer = Session.read(readFrame());
    session = answer;
    return answer;
  }

  Session session() {
    if (session == null) {
      throw new IllegalStateException("no handshake yet");
    }
    return session;
  }

  /** Sends and waits for the answer; events that come before it are kept for {@link #events}. */
  Incoming.Reply call(Request request) throws IOException {
    int xid = send(request);
    Incoming.Reply reply = reply();
    if (reply.xid() != xid) {
      throw new IllegalStateException("expected xid " + xid + ": " + reply);
    }
    return reply;
  }

  /** As {@link #call}, for a request that must succeed. */
  Incoming.Reply ok(Request request) throws IOException {
    Incoming.Reply reply = call(request);
    if (reply.err() != 0) {
      throw new AssertionError(request + " got " + reply);
    }
    return reply;
  }

  /** Sends with the xid that clients use for this type of request. */
  int send(Request request) throws IOException {
    int xid =
        switch (request.type()) {
          case Requests.PING -> PING_XID;
          case Requests.AUTH -> AUTH_XID;
          case Requests.SET_WATCHES, Requests.SET_WATCHES2 -> SET_WATCHES_XID;
          default -> ++lastXid;
        };
    send(xid, request);
    return xid;
  }

  void send(int xid, Request request) throws IOException {
    sendFrame(jute().int32(xid).int32(request.type()).raw(request.body()).bytes());
  }

  void sendFrame(byte[] frame) throws IOException {
    sendRaw(jute().int32(frame.length).raw(frame).bytes());
  }

  void sendRaw(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
    socket.getOutputStream().flush();
  }

  /** No more bytes will come from this side. */
  void shutdownOutput() throws IOException {
    socket.shutdownOutput();
  }

  byte[] readFrame() throws IOException {
    byte[] frame = new byte[in.readInt()];
    in.readFully(frame);
    return frame;
  }

  /** The next reply or event, whichever comes first. */
  Incoming next() throws IOException {
    byte[] frame = readFrame();
    JuteReader reader = new JuteReader(frame);
    int xid = reader.int32();
    long zxid = reader.int64();
    int err = reader.int32();
    if (xid == WATCH_XID) {
      return new Incoming.Event(
          zxid, reader.int32(), reader.int32(), String.valueOf(reader.string()));
    }
    return new Incoming.Reply(xid, zxid, err, reader.rest());
  }

  Incoming.Reply reply() throws IOException {
    while (true) {
      Incoming incoming = next();
      if (incoming instanceof Incoming.Reply reply) {
        return reply;
      }
      events.add((Incoming.Event) incoming);
    }
  }

  /** The next event; it is an error if a reply comes instead. */
  Incoming.Event event() throws IOException {
    Incoming.Event kept = events.poll();
    if (kept != null) {
      return kept;
    }
    Incoming incoming = next();
    if (incoming instanceof Incoming.Event event) {
      return event;
    }
    throw new IllegalStateException("expected an event, got " + incoming);
  }

  /** All events that the server had sent by now: a read goes there and back, what came is taken. */
  List<Incoming.Event> events() throws IOException {
    call(Requests.exists("/", false));
    List<Incoming.Event> taken = new ArrayList<>(events);
    events.clear();
    return taken;
  }

  /** As {@link #events}, types and paths only. */
  List<String> briefEvents() throws IOException {
    return events().stream().map(Incoming.Event::brief).toList();
  }

  /** Whether the server closes a new connection instead of answering its handshake. */
  static boolean refused(ServerProcess server) throws IOException {
    try (Wire wire = open(server)) {
      wire.sendFrame(Handshake.fresh().bytes());
      return wire.closedByServer();
    } catch (SocketException closedAtOnce) {
      return true;
    }
  }

  /** Whether the server closes the connection without sending anything more. */
  boolean closedByServer() throws IOException {
    try {
      return in.read() < 0;
    } catch (SocketException reset) {
      return true;
    } catch (SocketTimeoutException stillOpen) {
      return false;
    }
  }

  /** Reads on until the server closes the connection; false if it doesn't within the limit. */
  boolean drainedAndClosed() throws IOException {
    try {
      while (true) {
        readFrame();
      }
    } catch (EOFException | SocketException closed) {
      return true;
    } catch (SocketTimeoutException stillOpen) {
      return false;
    }
  }

  void readLimitMs(int limitMs) throws IOException {
    socket.setSoTimeout(limitMs);
  }

  /**
   * Pings for so long, many times within the session's timeout.
   *
   * @return false when this side stood still in between for so long that the session may be over
   */
  boolean pingFor(Duration time) throws IOException {
    long mostNanos = Duration.ofMillis(session().timeoutMs()).toNanos() * 2 / 3;
    long began = System.nanoTime();
    long last = began;
    while (last - began < time.toNanos()) {
      IOException failure = null;
      try {
        call(new Request(Requests.PING, new byte[0], "ping"));
      } catch (IOException e) {
        failure = e;
      }
      long now = System.nanoTime();
      if (now - last > mostNanos) {
        return false;
      }
      if (failure != null) {
        throw failure;
      }
      last = now;
      LockSupport.parkNanos(mostNanos / 5);
    }
    return true;
  }

  /** Ends the session as clients do. */
  Incoming.Reply endSession() throws IOException {
    return call(new Request(Requests.CLOSE_SESSION, new byte[0], "closeSession"));
  }

  /** Ends the session if there is still one, whatever else may be on its way to us. */
  void abandon() {
    if (session == null) {
      return;
    }
    try {
      sendFrame(jute().int32(++lastXid).int32(Requests.CLOSE_SESSION).bytes());
      drainedAndClosed();
    } catch (IOException alreadyClosed) {
      // By us, or by the server: nothing to end.
      return;
    }
  }

  Socket socket() {
    return socket;
  }

  /** Closes the connection; the session, if any, lives on until it expires. */
  @Override
  public void close() throws IOException {
    socket.close();
  }
}
