package conclave.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Properties;

/** Where a run was made; numbers mean nothing without it. */
record Machine(String processor, int cores, long memoryMb, String kernel, String jvm) {
  static Machine describe(Path javaHome) throws IOException {
    List<String> cpu = Files.readAllLines(Path.of("/proc/cpuinfo"));
    List<String> memory = Files.readAllLines(Path.of("/proc/meminfo"));
    return new Machine(
        valueOf(cpu, "model name"),
        Runtime.getRuntime().availableProcessors(),
        Long.parseLong(valueOf(memory, "MemTotal").replaceAll("[^0-9]", "")) / 1024,
        System.getProperty("os.name") + " " + System.getProperty("os.version"),
        jvm(javaHome));
  }

  private static String valueOf(List<String> lines, String key) {
    return lines.stream()
        .filter(line -> line.startsWith(key))
        .map(line -> line.substring(line.indexOf(':') + 1).strip())
        .findFirst()
        .orElse("0");
  }

  /** Every JDK describes itself in a file named release. */
  private static String jvm(Path javaHome) throws IOException {
    Properties release = new Properties();
    try (var in = Files.newBufferedReader(javaHome.resolve("release"))) {
      release.load(in);
    }
    return String.format(
            Locale.ROOT,
            "%s %s",
            release.getProperty("IMPLEMENTOR", "Java"),
            release.getProperty("JAVA_RUNTIME_VERSION", release.getProperty("JAVA_VERSION", "?")))
        .replace("\"", "");
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT, "%s, %d cores, %,d MB, %s, %s", processor, cores, memoryMb, kernel, jvm);
  }
}
