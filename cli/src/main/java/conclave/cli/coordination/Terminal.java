package conclave.cli.coordination;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** What this process has to do with a terminal. */
final class Terminal {
  private static final int PROCESS_GROUP = 2;
  private static final int FOREGROUND_GROUP = 5;

  private Terminal() {}

  /**
   * Whether Ctrl-C goes to this process and its children alike: they are what runs in front on a
   * terminal. The kernel says so in {@code /proc}; elsewhere a console has to do as evidence.
   */
  static boolean sendsInterruptsToChildrenToo() {
    Path stat = Path.of("/proc/self/stat");
    if (!Files.isReadable(stat)) {
      return System.console() != null;
    }
    try {
      String line = Files.readString(stat, StandardCharsets.ISO_8859_1);
      // The name of the program comes second, in parentheses, and may contain anything.
      String[] fields = line.substring(line.lastIndexOf(')') + 2).split(" ", -1);
      return fields[PROCESS_GROUP].equals(fields[FOREGROUND_GROUP]);
    } catch (IOException e) {
      return false;
    }
  }
}
