package conclave.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine.IVersionProvider;

/** Which Conclave this is, as the build wrote it. */
final class Version implements IVersionProvider {

  static String text() {
    try (InputStream in = Version.class.getResourceAsStream("version.txt")) {
      if (in == null) {
        throw new IllegalStateException("version.txt is missing from the class path");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      throw new IllegalStateException("version.txt can't be read", e);
    }
  }

  @Override
  public String[] getVersion() {
    return new String[] {
      "Conclave " + text(),
      "Java "
          + System.getProperty("java.runtime.version")
          + ", "
          + System.getProperty("java.vm.name")
    };
  }
}
