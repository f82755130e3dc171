package conclave.compat;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Few bytes for all large requests together. */
final class LargeRequestTest extends OneServer {
  private static final int LARGE = 5_000;
  private static final int IN_ALL = 20_000;

  LargeRequestTest() {
    super(
        ServerSpec.standard()
            .with("largeRequestThreshold", Integer.toString(LARGE))
            .with("largeRequestMaxBytes", Integer.toString(IN_ALL)));
  }

  @Test
  void whatFitsIsServedAgainAndAgain() throws IOException {
    Wire wire = session();
    for (int i = 0; i < 10; i++) {
      wire.ok(Requests.setData(root, new byte[IN_ALL - 200], -1));
    }
  }

  @Test
  void manySmallOnesMayBeMoreThanThat() throws IOException {
    Wire wire = session();
    int count = 20;
    for (int i = 0; i < count; i++) {
      wire.send(Requests.setData(root, new byte[LARGE - 200], -1));
    }
    for (int i = 0; i < count; i++) {
      assertThat(wire.reply().err()).isZero();
    }
  }

  @Test
  void oneBeyondTheBytesForAllOfThemIsClosedWithoutAWord() throws IOException {
    Wire wire = session();
    wire.send(Requests.setData(root, new byte[IN_ALL + 1], -1));
    assertThat(wire.closedByServer()).isTrue();
    assertThat(session().ok(Requests.exists(root, false)).stat().version()).isZero();
  }

  @Test
  void whatWasClosedLeavesItsBytesToOthers() throws IOException {
    for (int i = 0; i < 5; i++) {
      Wire wire = session();
      wire.send(Requests.setData(root, new byte[IN_ALL - 200], -1));
      wire.close();
    }
    // The last of those may still be on its way through the server.
    Wire patient = session();
    patient.ok(Requests.exists(root, false));
    org.awaitility.Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .ignoreExceptionsInstanceOf(IOException.class)
        .until(() -> session().call(Requests.setData(root, new byte[IN_ALL - 200], -1)).err() == 0);
  }
}
