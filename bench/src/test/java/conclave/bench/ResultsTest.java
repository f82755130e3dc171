package conclave.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ResultsTest {
  @TempDir private Path directory;
  private Path file;
  private Results results;

  @BeforeEach
  void open() {
    file = directory.resolve("results.jsonl");
    results = new Results(file, "a \"run\"");
  }

  @Test
  void theMedianIsTheMiddleOrBetweenTheTwoMiddles() {
    add(Implementation.APACHE, 1, 5.0, 1.0, 9.0);
    assertThat(results.median(Implementation.APACHE, Metric.GET_CPU)).hasValue(5.0);

    add(Implementation.APACHE, 4, 2.0);
    assertThat(results.median(Implementation.APACHE, Metric.GET_CPU)).hasValue(3.5);
    assertThat(results.median(Implementation.CONCLAVE, Metric.GET_CPU)).isEmpty();
  }

  @Test
  void everySampleIsALineOfJson() throws IOException {
    add(Implementation.CONCLAVE, 2, 3.25);

    assertThat(Files.readAllLines(file))
        .containsExactly(
            "{\"run\":\"a \\\"run\\\"\",\"server\":\"conclave\",\"metric\":\"get_cpu\","
                + "\"unit\":\"µs\",\"round\":2,\"value\":3.250}");
  }

  @Test
  void theTableShowsTheRatioAndWhetherItIsEnough() {
    add(Implementation.APACHE, 1, 16.0);
    add(Implementation.CONCLAVE, 1, 4.0);
    assertThat(table()).contains("16.0 µs", "4.0 µs", "0.25×", "reached");

    add(Implementation.CONCLAVE, 2, 4.2);
    assertThat(table()).contains("4.1 µs", "0.26×", "MISSED");
  }

  @Test
  void targetsAreRatiosOrLimits() {
    assertThat(Target.ratioAtMost(0.5).reached(10, 5)).isTrue();
    assertThat(Target.ratioAtMost(0.5).reached(10, 5.1)).isFalse();
    assertThat(Target.ratioAtLeast(2.5).reached(10, 25)).isTrue();
    assertThat(Target.ratioAtLeast(2.5).reached(10, 24)).isFalse();
    assertThat(Target.atMost(60).reached(1, 60)).isTrue();
    assertThat(Target.atMost(60).reached(1000, 61)).isFalse();
    assertThat(List.of(Metric.values())).doesNotHaveDuplicates();
  }

  private void add(Implementation implementation, int round, double... values) {
    for (double value : values) {
      results.add(new Sample(implementation, Metric.GET_CPU, round, value));
    }
  }

  private String table() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    new Report(results).print(new PrintStream(bytes, true, StandardCharsets.UTF_8));
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
