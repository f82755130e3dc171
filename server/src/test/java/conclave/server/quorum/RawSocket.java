package conclave.server.quorum;

import conclave.protocol.ElectionGreeting;
import conclave.protocol.HostPort;
import conclave.protocol.JuteReader;
import conclave.protocol.JuteWriter;
import conclave.protocol.Notification;
import conclave.protocol.QuorumPacket;
import conclave.protocol.QuorumPacketDecoder;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.util.List;

/** The other side of a connection, one byte at a time if need be. */
final class RawSocket implements AutoCloseable {
  private final Socket socket;
  private final DataInputStream in;
  private final OutputStream out;
  private final QuorumPacketDecoder decoder = new QuorumPacketDecoder(64 << 20);

  RawSocket(Socket socket) throws IOException {
    this.socket = socket;
    socket.setSoTimeout((int) RecordingInbox.PATIENCE_MS);
    socket.setTcpNoDelay(true);
    this.in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
    this.out = socket.getOutputStream();
  }

  static RawSocket connect(InetSocketAddress to) throws IOException {
    return new RawSocket(new Socket(to.getAddress(), to.getPort()));
  }

  /** With a small window, so that what it leaves unread soon stands at the other end. */
  static RawSocket connectNarrow(InetSocketAddress to) throws IOException {
    Socket socket = new Socket();
    socket.setReceiveBufferSize(8 << 10);
    socket.connect(to);
    return new RawSocket(socket);
  }

  static RawSocket accept(ServerSocket from) throws IOException {
    return new RawSocket(from.accept());
  }

  DataInputStream in() {
    return in;
  }

  RawSocket send(byte[] bytes) throws IOException {
    out.write(bytes);
    return this;
  }

  RawSocket greet(long sid) throws IOException {
    return greet(sid, 1);
  }

  RawSocket greet(long sid, int electionPort) throws IOException {
    return send(greeting(ElectionGreeting.ONE_ADDRESS, sid, "127.0.0.1:" + electionPort));
  }

  static byte[] greeting(long version, long sid, String addresses) {
    JuteWriter out = new JuteWriter();
    out.writeLong(version);
    out.writeLong(sid);
    out.writeString(addresses);
    return out.toByteArray();
  }

  ElectionGreeting readGreeting() throws IOException {
    byte[] head = in.readNBytes(20);
    int length = new JuteReader(head, 16, 4).readInt();
    byte[] all = new byte[20 + length];
    System.arraycopy(head, 0, all, 0, 20);
    in.readFully(all, 20, length);
    ElectionGreeting greeting = ElectionGreeting.read(new JuteReader(all));
    if (greeting == null) {
      throw new IOException("no greeting");
    }
    return greeting;
  }

  static List<HostPort> local(int port) {
    return List.of(new HostPort("127.0.0.1", port));
  }

  static byte[] frame(Notification notification) {
    JuteWriter out = new JuteWriter();
    JuteWriter body = new JuteWriter();
    notification.write(body);
    out.writeBuffer(body.toByteArray());
    return out.toByteArray();
  }

  RawSocket send(Notification notification) throws IOException {
    return send(frame(notification));
  }

  Notification readNotification() throws IOException {
    byte[] body = new byte[in.readInt()];
    in.readFully(body);
    return Notification.read(new JuteReader(body));
  }

  static byte[] bytes(QuorumPacket packet) {
    JuteWriter out = new JuteWriter();
    packet.write(out);
    return out.toByteArray();
  }

  RawSocket send(QuorumPacket packet) throws IOException {
    return send(bytes(packet));
  }

  QuorumPacket readPacket() throws IOException {
    QuorumPacket packet;
    byte[] one = new byte[1];
    while ((packet = decoder.next()) == null) {
      in.readFully(one);
      decoder.feed(one, 0, 1);
    }
    return packet;
  }

  /** Behind SNAP come no packets, until the test says so. */
  void packetsAgain() {
    decoder.resume();
  }

  /** Whether the other end has hung up, after what may still be there to read. */
  boolean isHungUpOn() throws IOException {
    try {
      byte[] rest = new byte[4096];
      int count;
      do {
        count = in.read(rest);
      } while (count > 0);
      return true;
    } catch (java.net.SocketTimeoutException e) {
      return false;
    } catch (SocketException e) {
      // Reset: it had not read everything.
      return true;
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  /** Hangs up with a reset, as a process does that is killed before it has read everything. */
  void reset() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }
}
