package conclave.compat;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a real process makes of signals. Apache's has no answer to a second one. */
@Timeout(300)
final class SignalTest {
  private static final int STOPPED_AT_ONCE = 143;
  private static final int LARGE = 900_000;

  /** Three stops, of which one has to be as fast as promised: a machine may stand still, too. */
  @Test
  void theFirstSigtermStopsInGoodOrderWithinTwoSeconds() throws IOException {
    List<Long> tookMs = new ArrayList<>();
    try (ServerProcess server = ServerProcess.start(Target.CONCLAVE, ServerSpec.standard())) {
      for (int stop = 0; stop < 3; stop++) {
        String path = "/stop-" + stop;
        try (Wire wire = Wire.session(server)) {
          wire.ok(Requests.create(path));
          long began = System.nanoTime();
          assertThat(server.stop()).isZero();
          tookMs.add(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began));
          assertThat(wire.drainedAndClosed()).isTrue();
        }
        server.restart();
        try (Wire wire = Wire.session(server)) {
          wire.ok(Requests.exists(path, false));
        }
      }
    }
    assertThat(Collections.min(tookMs)).as("of %s", tookMs).isLessThan(2000);
  }

  @Test
  void theSecondSigtermEndsItAtOnceAndLosesNothing() throws Exception {
    try (ServerProcess server = ServerProcess.start(Target.CONCLAVE, ServerSpec.standard());
        Wire slow = Wire.session(server)) {
      slow.ok(Requests.create("/large", new byte[LARGE], 0));
      // Replies that nobody reads are what a stop in good order takes its time for.
      for (int i = 0; i < 20; i++) {
        slow.send(Requests.getData("/large", false));
      }
      awaitNothingMoves(slow.socket());
      server.signal();
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> server.log().contains("once more ends the process"));
      assertThat(server.stop()).isEqualTo(STOPPED_AT_ONCE);
      server.restart();
      try (Wire wire = Wire.session(server)) {
        wire.ok(Requests.exists("/large", false));
      }
    }
  }

  /** Until the first replies have come and no more fit. */
  private static void awaitNothingMoves(Socket socket) {
    AtomicInteger before = new AtomicInteger();
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(50))
        .until(
            () -> {
              int now = socket.getInputStream().available();
              return before.getAndSet(now) == now && now > 0;
            });
  }
}
