package conclave.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/** All samples of a run; each is appended to a JSON lines file as soon as it is known. */
final class Results {
  private final Path file;
  private final String run;
  private final List<Sample> samples = new ArrayList<>();

  /**
   * @param run a name that tells the lines of this run from others in the same file
   */
  Results(Path file, String run) {
    this.file = file;
    this.run = run;
  }

  void add(Sample sample) {
    samples.add(sample);
    append(
        String.format(
            Locale.ROOT,
            "{\"run\":%s,\"server\":%s,\"metric\":%s,\"unit\":%s,\"round\":%d,\"value\":%.3f}",
            quote(run),
            quote(lower(sample.implementation().name())),
            quote(lower(sample.metric().name())),
            quote(sample.metric().unit().symbol()),
            sample.round(),
            sample.value()));
  }

  /** The first line of a run: where and how it was made. */
  void describe(Machine machine, List<String> command) {
    append(
        String.format(
            Locale.ROOT,
            "{\"run\":%s,\"processor\":%s,\"cores\":%d,\"memoryMb\":%d,\"kernel\":%s,\"jvm\":%s,"
                + "\"command\":%s}",
            quote(run),
            quote(machine.processor()),
            machine.cores(),
            machine.memoryMb(),
            quote(machine.kernel()),
            quote(machine.jvm()),
            quote(String.join(" ", command))));
  }

  OptionalDouble median(Implementation implementation, Metric metric) {
    double[] sorted =
        samples.stream()
            .filter(s -> s.implementation() == implementation && s.metric() == metric)
            .mapToDouble(Sample::value)
            .sorted()
            .toArray();
    if (sorted.length == 0) {
      return OptionalDouble.empty();
    }
    int middle = sorted.length / 2;
    return OptionalDouble.of(
        sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2);
  }

  private void append(String line) {
    try {
      Files.writeString(
          file,
          line + "\n",
          StandardCharsets.UTF_8,
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String lower(String name) {
    return name.toLowerCase(Locale.ROOT);
  }

  static String quote(String text) {
    StringBuilder out = new StringBuilder("\"");
    for (char c : text.toCharArray()) {
      if (c == '"' || c == '\\') {
        out.append('\\').append(c);
      } else if (c < ' ') {
        out.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
      } else {
        out.append(c);
      }
    }
    return out.append('"').toString();
  }
}
