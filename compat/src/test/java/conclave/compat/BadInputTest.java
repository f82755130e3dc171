package conclave.compat;

import static conclave.compat.Jute.jute;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whatever one client sends or doesn't send, another one is served as if nothing had happened. */
@Timeout(300)
final class BadInputTest extends OneServer {
  private static final int FLOOD = 2_000;
  private static final int QUICK_MS = 15_000;

  private Wire healthy;

  BadInputTest() {
    super(
        ServerSpec.standard()
            .with("maxClientCnxns", "0")
            .with("clientPortListenBacklog", "1000")
            .property("zookeeper.nio.sessionlessCnxnTimeout", "2000"));
  }

  @BeforeEach
  void connect() throws IOException {
    healthy = session();
    healthy.readLimitMs(QUICK_MS);
  }

  @AfterEach
  void othersAreServed() throws IOException {
    healthy.ok(Requests.create(root + "/still-here"));
    session().ok(Requests.exists(root + "/still-here", false));
    assertThat(server.word("ruok")).isEqualTo("imok");
  }

  @Test
  void garbageBeforeTheHandshake() throws IOException {
    Random random = new Random(1);
    for (int i = 0; i < 200; i++) {
      byte[] garbage = new byte[1 + random.nextInt(300)];
      random.nextBytes(garbage);
      garbage[0] |= (byte) 0x40;
      Wire wire = connection();
      wire.sendRaw(garbage);
      wire.close();
    }
    Wire http = connection();
    http.sendRaw("GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    assertThat(http.closedByServer()).isTrue();
  }

  @Test
  void garbageInASession() throws IOException {
    Random random = new Random(2);
    for (int i = 0; i < 200; i++) {
      Wire wire = connection();
      wire.shake(Handshake.fresh().withTimeoutMs(1000));
      byte[] garbage = new byte[random.nextInt(100)];
      random.nextBytes(garbage);
      wire.sendFrame(garbage);
      wire.close();
    }
  }

  @Test
  void lengthsBeyondAllBounds() throws IOException {
    for (int length : new int[] {-1, Integer.MIN_VALUE, Integer.MAX_VALUE, 0x7f000000}) {
      Wire first = connection();
      first.sendRaw(jute().int32(length).bytes());
      assertThat(first.closedByServer()).as("length %d first", length).isTrue();
      Wire later = session();
      later.sendRaw(jute().int32(length).raw(new byte[100]).bytes());
      assertThat(later.closedByServer()).as("length %d later", length).isTrue();
    }
  }

  @Test
  void lengthsInsideRecordsBeyondTheFrame() throws IOException {
    for (int length : new int[] {-2, Integer.MIN_VALUE, Integer.MAX_VALUE, 1_000_000}) {
      Wire wire = session();
      wire.send(Requests.raw(Requests.GET_DATA, jute().int32(length).bytes()));
      wire.send(Requests.raw(Requests.CREATE, jute().string("/x").int32(length).bytes()));
      wire.send(
          Requests.raw(Requests.CREATE, jute().string("/x").buffer(null).int32(length).bytes()));
      for (int i = 0; i < 3; i++) {
        assertThat(wire.reply().err()).as("length %d", length).isNotZero();
      }
      wire.ok(Requests.exists("/", false));
    }
  }

  @Test
  void frameByteByByte() throws IOException {
    Wire wire = connection();
    byte[] handshake = Handshake.fresh().bytes();
    for (byte one : jute().int32(handshake.length).raw(handshake).bytes()) {
      wire.sendRaw(new byte[] {one});
    }
    assertThat(Session.read(wire.readFrame()).id()).isNotZero();
    Request request = Requests.create(root + "/slow");
    byte[] frame = jute().int32(1).int32(request.type()).raw(request.body()).bytes();
    for (byte one : jute().int32(frame.length).raw(frame).bytes()) {
      wire.sendRaw(new byte[] {one});
    }
    assertThat(wire.reply().err()).isZero();
  }

  @Test
  void manyFramesInOnePacket() throws IOException {
    Wire wire = session();
    Jute packet = jute();
    for (int i = 1; i <= 500; i++) {
      byte[] frame = jute().int32(i).int32(Requests.EXISTS).string("/").bool(false).bytes();
      packet.int32(frame.length).raw(frame);
    }
    wire.sendRaw(packet.bytes());
    for (int i = 1; i <= 500; i++) {
      assertThat(wire.reply().xid()).isEqualTo(i);
    }
  }

  @Test
  void silentConnectionsAreClosed() throws IOException {
    Wire silent = connection();
    Wire half = connection();
    half.sendRaw(new byte[] {0, 0});
    Wire halfFrame = connection();
    halfFrame.sendRaw(jute().int32(44).raw(new byte[10]).bytes());
    for (Wire wire : List.of(silent, half, halfFrame)) {
      assertThat(wire.closedByServer()).isTrue();
    }
  }

  @Test
  void halfClosedConnectionsAreClosed() throws IOException {
    Wire wire = session();
    wire.shutdownOutput();
    assertThat(wire.drainedAndClosed()).isTrue();
    Wire early = connection();
    early.shutdownOutput();
    assertThat(early.drainedAndClosed()).isTrue();
  }

  /** The replies of megabytes pile up at the server, which must not wait for this reader. */
  @Test
  void clientThatDoesNotRead() throws IOException {
    healthy.ok(Requests.create(root + "/big", new byte[500_000], 0));
    Wire deaf = session();
    for (int i = 0; i < 100; i++) {
      deaf.send(Requests.getData(root + "/big", false));
    }
    for (int i = 0; i < 50; i++) {
      healthy.ok(Requests.getData(root, false));
    }
    for (int i = 0; i < 100; i++) {
      assertThat(deaf.reply().err()).isZero();
    }
  }

  @Test
  void floodOfConnectionsWithoutAWord() throws IOException {
    List<Socket> sockets = new ArrayList<>();
    try {
      for (int i = 0; i < FLOOD; i++) {
        Socket socket = new Socket();
        sockets.add(socket);
        socket.connect(server.address(), 10_000);
        if (i % 100 == 0) {
          healthy.ok(Requests.exists("/", false));
        }
      }
    } finally {
      for (Socket socket : sockets) {
        socket.close();
      }
    }
  }

  @Test
  void floodOfSessions() throws IOException {
    for (int i = 0; i < FLOOD / 10; i++) {
      Wire wire = Wire.session(server);
      if (i % 2 == 0) {
        wire.endSession();
      }
      wire.close();
    }
  }

  /**
   * Many bad packets leave few lines, and no stack trace each. Apache's server does not keep this.
   */
  @Test
  void logStaysSparse() throws IOException {
    int before = server.log().length();
    for (int i = 0; i < 300; i++) {
      Wire wire = connection();
      wire.sendFrame(new byte[7]);
      assertThat(wire.closedByServer()).isTrue();
    }
    Wire wire = session();
    for (int i = 0; i < 300; i++) {
      assertThat(wire.call(Requests.raw(Requests.CREATE, new byte[3])).err()).isEqualTo(-5);
    }
    if (target == Target.CONCLAVE) {
      String added = server.log().substring(before);
      assertThat(added.lines().count()).isLessThan(50);
      assertThat(added).doesNotContain("\tat ");
    }
  }
}
