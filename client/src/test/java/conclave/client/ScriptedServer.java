package conclave.client;

import conclave.protocol.ConnectRequest;
import conclave.protocol.ConnectResponse;
import conclave.protocol.JuteReader;
import conclave.protocol.JuteWriter;
import conclave.protocol.OpCode;
import conclave.protocol.Reply;
import conclave.protocol.ReplyHeader;
import conclave.protocol.Request;
import conclave.protocol.WatcherEvent;
import conclave.protocol.Xid;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/** A listening socket whose side of each conversation the test speaks itself, frame by frame. */
final class ScriptedServer implements AutoCloseable {
  static final int TIMEOUT_MS = 60_000;
  static final long SESSION_ID = 0x1234_5678_9abcL;
  static final byte[] PASSWORD = "sixteen bytes!!!".getBytes(StandardCharsets.US_ASCII);

  private final ServerSocket listening;

  ScriptedServer() throws IOException {
    listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    listening.setSoTimeout(TIMEOUT_MS);
  }

  String address() {
    return "127.0.0.1:" + listening.getLocalPort();
  }

  /** The next connection of the client. */
  Peer accept() throws IOException {
    Socket socket = listening.accept();
    socket.setSoTimeout(TIMEOUT_MS);
    return new Peer(socket);
  }

  /** The next connection, with a handshake that agrees to everything. */
  Peer acceptSession(int sessionTimeoutMs) throws IOException {
    Peer peer = accept();
    peer.readHandshake();
    peer.answerHandshake(sessionTimeoutMs);
    return peer;
  }

  @Override
  public void close() throws IOException {
    listening.close();
  }

  record Received(int xid, Request request) {}

  static final class Peer implements AutoCloseable {
    private final Socket socket;
    private final DataInputStream in;
    private final OutputStream out;

    private Peer(Socket socket) throws IOException {
      this.socket = socket;
      this.in = new DataInputStream(socket.getInputStream());
      this.out = socket.getOutputStream();
    }

    ConnectRequest readHandshake() throws IOException {
      return ConnectRequest.read(readFrame());
    }

    void answerHandshake(int sessionTimeoutMs) throws IOException {
      send(w -> new ConnectResponse(0, sessionTimeoutMs, SESSION_ID, PASSWORD, false).write(w));
    }

    /** Agrees as a server without a quorum does. */
    void answerHandshakeReadOnly(int sessionTimeoutMs) throws IOException {
      send(w -> new ConnectResponse(0, sessionTimeoutMs, SESSION_ID, PASSWORD, true).write(w));
    }

    /** The next bytes as they are. */
    byte[] readRaw(int count) throws IOException {
      byte[] bytes = new byte[count];
      in.readFully(bytes);
      return bytes;
    }

    void refuseSession() throws IOException {
      send(w -> new ConnectResponse(0, 0, 0, new byte[16], false).write(w));
    }

    /** The next request that is not a ping. */
    Received readRequest() throws IOException {
      while (true) {
        Received received = readAny();
        if (received.xid != Xid.PING) {
          return received;
        }
      }
    }

    Received readAny() throws IOException {
      JuteReader frame = readFrame();
      int xid = frame.readInt();
      OpCode op = OpCode.of(frame.readInt());
      return new Received(xid, Request.read(op, frame));
    }

    void reply(int xid, long zxid, Reply reply) throws IOException {
      send(
          w -> {
            new ReplyHeader(xid, zxid, 0).write(w);
            reply.write(w);
          });
    }

    void refuse(int xid, long zxid, int error) throws IOException {
      send(w -> new ReplyHeader(xid, zxid, error).write(w));
    }

    void event(long zxid, int type, String path) throws IOException {
      send(
          w -> {
            new ReplyHeader(Xid.NOTIFICATION, zxid, 0).write(w);
            new WatcherEvent(type, 3, path).write(w);
          });
    }

    void send(Consumer<JuteWriter> body) throws IOException {
      sendRaw(frame(body));
    }

    void sendRaw(byte[] bytes) throws IOException {
      out.write(bytes);
      out.flush();
    }

    static byte[] frame(Consumer<JuteWriter> body) {
      JuteWriter writer = new JuteWriter();
      writer.writeInt(0);
      body.accept(writer);
      writer.putInt(0, writer.length() - 4);
      return writer.toByteArray();
    }

    /** Whether the client has closed the connection; waits for that or for a byte. */
    boolean isAtEnd() throws IOException {
      return in.read() < 0;
    }

    private JuteReader readFrame() throws IOException {
      byte[] bytes = new byte[in.readInt()];
      in.readFully(bytes);
      return new JuteReader(bytes);
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }
}
