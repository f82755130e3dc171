package conclave.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class LogLineTest {
  private final LoggerContext context = new LoggerContext();

  @Test
  void oneLineWithTimeLevelNameAndMessage() {
    assertThat(line(Level.WARN, "slow fsync, ms=1200", null))
        .isEqualTo("2026-01-02T03:04:05.678Z WARN  Replica  slow fsync, ms=1200\n");
  }

  @Test
  void aMessageCannotForgeALine() {
    assertThat(line(Level.INFO, "path=/a\n2026-01-01 ERROR \u001b[31mboo\r", null))
        .isEqualTo(
            "2026-01-02T03:04:05.678Z INFO  Replica  path=/a\\n2026-01-01 ERROR \\e[31mboo\\r\n");
  }

  @Test
  void aStackTraceFollowsItsMessage() {
    assertThat(line(Level.ERROR, "broken", new IllegalStateException("why")))
        .startsWith("2026-01-02T03:04:05.678Z ERROR Replica  broken\n")
        .contains("IllegalStateException: why")
        .contains("LogLineTest");
  }

  private String line(Level level, String message, Throwable thrown) {
    LoggingEvent event =
        new LoggingEvent(
            "fqcn",
            context.getLogger("conclave.server.loop.Replica"),
            level,
            message,
            thrown,
            null);
    event.setInstant(Instant.parse("2026-01-02T03:04:05.678Z"));
    return new LogLine().doLayout(event);
  }
}
