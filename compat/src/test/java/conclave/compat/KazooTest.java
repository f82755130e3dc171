package conclave.compat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** kazoo's recipes, run by the system's Python with the distribution's package of kazoo. */
final class KazooTest extends OneServer {
  private static final String PYTHON = "/usr/bin/python3";

  @Test
  void recipes(@TempDir Path folder) throws Exception {
    assumeTrue(
        Files.isExecutable(Path.of(PYTHON))
            && run(folder, PYTHON, "-c", "import kazoo").equals("0\n"),
        "needs kazoo for " + PYTHON + " (Debian: apt-get install python3-kazoo)");
    Path script = folder.resolve("recipes.py");
    try (InputStream source = KazooTest.class.getResourceAsStream("/kazoo_recipes.py")) {
      Files.write(script, source.readAllBytes());
    }
    assertThat(run(folder, PYTHON, script.toString(), server.connectString(), root))
        .endsWith("all recipes passed\n0\n");
  }

  /** What the command printed, and its exit code in the last line. */
  private static String run(Path folder, String... command)
      throws IOException, InterruptedException {
    Path output = Files.createTempFile(folder, "output", ".txt");
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      boolean ended = process.waitFor(250, TimeUnit.SECONDS);
      String text = Files.readString(output, StandardCharsets.UTF_8);
      return text + (ended ? process.exitValue() : "does not end") + "\n";
    } finally {
      process.destroyForcibly();
    }
  }
}
