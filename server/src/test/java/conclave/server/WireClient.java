package conclave.server;

import conclave.protocol.ConnectRequest;
import conclave.protocol.ConnectResponse;
import conclave.protocol.JuteReader;
import conclave.protocol.JuteWriter;
import conclave.protocol.SessionPassword;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/** A client that speaks the protocol frame by frame, and sees all that the server says. */
final class WireClient implements AutoCloseable {

  private static final int TIMEOUT_MS = 20_000;

  private final Socket socket;
  private final DataInputStream in;
  private final DataOutputStream out;
  private long sessionId;

  /** A reply: its header, and its body if there is one. */
  record Answer(int xid, long zxid, int error, JuteReader body) {}

  private WireClient(Socket socket) throws IOException {
    this.socket = socket;
    socket.setSoTimeout(TIMEOUT_MS);
    in = new DataInputStream(socket.getInputStream());
    out = new DataOutputStream(socket.getOutputStream());
  }

  static WireClient on(Socket socket) throws IOException {
    return new WireClient(socket);
  }

  static WireClient to(int port) throws IOException {
    return new WireClient(new Socket(InetAddress.getLoopbackAddress(), port));
  }

  /** Connects and gets a session. */
  WireClient withSession() throws IOException {
    JuteWriter writer = new JuteWriter();
    new ConnectRequest(0, 0, 10_000, 0, new byte[SessionPassword.LENGTH], false).write(writer);
    sendFrame(writer);
    ConnectResponse response = ConnectResponse.read(new JuteReader(frame()));
    if (response.sessionId() == 0) {
      throw new IOException("no session");
    }
    sessionId = response.sessionId();
    return this;
  }

  /** Of the session that it was given; 0 before. */
  long sessionId() {
    return sessionId;
  }

  Answer request(int xid, int type, Consumer<JuteWriter> body) throws IOException {
    send(xid, type, body);
    return next();
  }

  /** Sends a request and reads nothing. */
  void send(int xid, int type, Consumer<JuteWriter> body) throws IOException {
    JuteWriter writer = new JuteWriter();
    writer.writeInt(xid);
    writer.writeInt(type);
    body.accept(writer);
    sendFrame(writer);
  }

  /** What the server says next, an event or a reply. */
  Answer next() throws IOException {
    JuteReader answer = new JuteReader(frame());
    return new Answer(answer.readInt(), answer.readLong(), answer.readInt(), answer);
  }

  Answer auth(String scheme, String proof) throws IOException {
    return request(
        -4,
        100,
        writer -> {
          writer.writeInt(0);
          writer.writeString(scheme);
          writer.writeBuffer(proof.getBytes(StandardCharsets.UTF_8));
        });
  }

  /** Sends a word and reads all that comes until the server hangs up. */
  String word(String word) throws IOException {
    out.write(word.getBytes(StandardCharsets.US_ASCII));
    return new String(in.readAllBytes(), StandardCharsets.UTF_8);
  }

  /** Whether the server has hung up, and says nothing before. */
  boolean isEnded() throws IOException {
    return in.read() < 0;
  }

  private void sendFrame(JuteWriter body) throws IOException {
    out.writeInt(body.length());
    out.write(body.toByteArray());
  }

  private byte[] frame() throws IOException {
    byte[] bytes = new byte[in.readInt()];
    in.readFully(bytes);
    return bytes;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
