package conclave.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;

/** Bytes of reachable objects in another JVM, counted by that JVM after a full collection. */
final class LiveHeap {
  private LiveHeap() {}

  static long bytes(Path javaHome, long pid) throws IOException, InterruptedException {
    Path jcmd = javaHome.resolve("bin").resolve("jcmd");
    Process process =
        new ProcessBuilder(jcmd.toString(), Long.toString(pid), "GC.class_histogram")
            .redirectErrorStream(true)
            .start();
    String histogram = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException(
          String.format(Locale.ROOT, "%s %d failed: %s", jcmd, pid, histogram.strip()));
    }
    return parseTotalBytes(histogram);
  }

  /** The last line reads {@code Total <instances> <bytes>}. */
  static long parseTotalBytes(String histogram) {
    return histogram
        .lines()
        .filter(line -> line.startsWith("Total"))
        .mapToLong(line -> Long.parseLong(line.strip().split("\\s+")[2]))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no total in " + histogram));
  }
}
