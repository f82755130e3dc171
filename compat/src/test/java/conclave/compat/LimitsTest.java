package conclave.compat;

import static conclave.compat.Jute.jute;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Limits on frames and connections. */
final class LimitsTest extends OneServer {
  private static final int MAX_BUFFER = 20_000;
  private static final int MAX_CONNECTIONS = 8;

  LimitsTest() {
    super(ServerSpec.standard().property("jute.maxbuffer", Integer.toString(MAX_BUFFER)));
  }

  @Test
  void longestFrameIsServed() throws IOException {
    Wire wire = session();
    assertThat(wire.call(ofFrameLength(MAX_BUFFER)).err()).isZero();
  }

  @Test
  void longerFrameIsClosedWithoutAWord() throws IOException {
    Wire wire = session();
    wire.send(ofFrameLength(MAX_BUFFER + 1));
    assertThat(wire.closedByServer()).isTrue();
    assertThat(session().call(Requests.exists(root + "/big", false)).err()).isEqualTo(-101);
  }

  @Test
  void lengthAloneIsEnoughToClose() throws IOException {
    Wire wire = session();
    wire.sendRaw(jute().int32(MAX_BUFFER + 1).bytes());
    assertThat(wire.closedByServer()).isTrue();
    Wire negative = session();
    negative.sendRaw(jute().int32(-1).bytes());
    assertThat(negative.closedByServer()).isTrue();
  }

  @Test
  void connectionsOfOneAddressAreLimited() throws IOException {
    limited(ServerSpec.standard().with("maxClientCnxns", Integer.toString(MAX_CONNECTIONS)));
  }

  @Test
  void connectionsInTotalAreLimited() throws IOException {
    limited(
        ServerSpec.standard()
            .with("maxCnxns", Integer.toString(MAX_CONNECTIONS))
            .with("maxClientCnxns", "0"));
  }

  @Test
  void newSessionsAreLimitedByTheirRate() throws IOException {
    ServerSpec spec =
        ServerSpec.standard()
            .with("connection_throttle_tokens", "5")
            .with("connection_throttle_fill_time", "100000000");
    try (ServerProcess small = ServerProcess.start(target, spec)) {
      List<Wire> wires = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        wires.add(keep(Wire.session(small)));
      }
      assertThat(Wire.refused(small)).isTrue();
      for (Wire wire : wires) {
        wire.ok(Requests.exists("/", false));
      }
      // To take up a session again takes a token too.
      Wire again = keep(Wire.open(small));
      again.sendFrame(Handshake.resume(wires.get(0).session()).bytes());
      assertThat(again.closedByServer()).isTrue();
    }
  }

  private void limited(ServerSpec spec) throws IOException {
    try (ServerProcess small = ServerProcess.start(target, spec)) {
      // The word that showed that the server serves was a connection as well.
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .ignoreExceptionsInstanceOf(IOException.class)
          .until(() -> keep(Wire.session(small)).session().id() != 0);
      List<Wire> wires = new ArrayList<>();
      for (int i = 1; i < MAX_CONNECTIONS; i++) {
        wires.add(keep(Wire.session(small)));
      }
      assertThat(Wire.refused(small)).isTrue();
      for (Wire wire : wires) {
        wire.ok(Requests.exists("/", false));
      }
      wires.get(0).endSession();
      assertThat(wires.get(0).closedByServer()).isTrue();
      keep(Wire.session(small)).ok(Requests.exists("/", false));
    }
  }

  private Request ofFrameLength(int length) {
    int rest = Requests.create(root + "/big").body().length + 8;
    return Requests.create(root + "/big", new byte[length - rest], 0);
  }
}
