package conclave.cli.common;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ProgressTest {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private long nanos = 1L << 40;
  private final Progress progress =
      Progress.on(new PrintStream(bytes, true, StandardCharsets.UTF_8), () -> nanos);

  private String printed() {
    String text = bytes.toString(StandardCharsets.UTF_8);
    bytes.reset();
    return text;
  }

  private void pass(long ms) {
    nanos += TimeUnit.MILLISECONDS.toNanos(ms);
  }

  @Test
  void appearsAfterTwoSecondsAndIsPaintedFiveTimesASecond() {
    progress.show(1, 10, "a");
    pass(1_999);
    progress.show(2, 10, "b");
    progress.clear();
    assertThat(printed()).isEmpty();
    pass(1);
    progress.show(5, 10, "half");
    assertThat(printed()).isEqualTo("\r\u001b[K[" + "#".repeat(15) + ".".repeat(15) + "] half");
    pass(199);
    progress.show(6, 10, "too soon");
    assertThat(printed()).isEmpty();
    pass(1);
    progress.showBytes(3 << 20, 3 << 20, "log.1");
    assertThat(printed()).contains("#".repeat(30), "100% of 3.0 MiB  log.1");
    progress.clear();
    assertThat(printed()).isEqualTo("\r\u001b[K");
    progress.clear();
    assertThat(printed()).isEmpty();
  }

  @Test
  void whatNobodyCouldKnowDoesNotBreakTheBar() {
    assertThat(Progress.bar(12, 10)).isEqualTo("[" + "#".repeat(30) + "]");
    assertThat(Progress.bar(0, 0)).isEqualTo("[" + ".".repeat(30) + "]");
    assertThat(Sizes.text(1023)).isEqualTo("1023 B");
    assertThat(Sizes.text(1536)).isEqualTo("1.5 KiB");
  }
}
