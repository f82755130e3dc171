package conclave.cli.coordination;

import conclave.recipes.Held;
import java.time.Duration;
import java.util.function.Consumer;
import picocli.CommandLine.Option;

/** What becomes of the command when what it runs under is lost. */
final class LossOptions {
  @Option(
      names = "--on-loss",
      paramLabel = "kill|term|ignore",
      order = 20,
      description =
          "What to do to the command when the session is about to be lost: SIGTERM and then SIGKILL in time, SIGTERM only, or nothing. Default: kill.")
  OnLoss onLoss = OnLoss.kill;

  @Option(
      names = "--grace",
      paramLabel = "SECONDS",
      order = 21,
      description =
          "What the command is given between SIGTERM and SIGKILL. Default: a quarter of the session timeout.")
  double graceSeconds = -1;

  /**
   * The servers' clocks and this one's may differ in speed a little, and a process takes a while to
   * die: SIGKILL is sent a twentieth of the session timeout before its end.
   */
  Watchdog watchdog(Held held, Child child, long sessionTimeoutMs, Consumer<String> say) {
    Duration margin = Duration.ofMillis(Math.max(50, sessionTimeoutMs / 20));
    long graceMs = graceSeconds < 0 ? sessionTimeoutMs / 4 : Math.round(graceSeconds * 1_000);
    return new Watchdog(held, child, onLoss, Duration.ofMillis(graceMs), margin, say);
  }
}
