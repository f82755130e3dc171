package conclave.cli.coordination;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import conclave.cli.common.CommandFailure;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** No signal is lost around the moment at which the command starts. */
final class PassedSignalsTest {
  private final PassedSignals signals = new PassedSignals();

  @Test
  @Timeout(300)
  void whatComesWhileTheCommandStartsIsTheCommands() throws Exception {
    Thread signal = new Thread(() -> signals.happened("TERM"));
    Child child =
        signals.passTo(
            () -> {
              Child started = Child.start(List.of("sleep", "60"), Map.of());
              signal.start();
              await()
                  .atMost(Duration.ofMinutes(1))
                  .until(() -> signal.getState() == Thread.State.BLOCKED);
              return started;
            },
            "conclave lock");
    assertThat(child.await()).isEqualTo(128 + 15);
    signal.join();
    assertThat(signals.endsTheWaiting()).isNotDone();
  }

  @Test
  void afterOneThatCameBeforeThereIsNoCommand() {
    signals.happened("INT");
    assertThatThrownBy(
            () ->
                signals.passTo(
                    () -> {
                      throw new AssertionError("the command was started");
                    },
                    "conclave lock"))
        .isInstanceOfSatisfying(
            CommandFailure.class,
            failure -> {
              assertThat(failure.exitCode()).isEqualTo(128 + 2);
              assertThat(failure).hasMessage("conclave lock: ended while waiting.");
            });
  }
}
