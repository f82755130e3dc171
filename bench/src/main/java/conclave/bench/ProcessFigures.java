package conclave.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What Linux says about a process under {@code /proc/<pid>}. */
final class ProcessFigures {
  /** Linux counts a process's CPU time in hundredths of a second on every architecture of today. */
  private static final long MICROS_PER_TICK = 10_000;

  private static final int USER_TIME_FIELD = 14;
  private static final int SYSTEM_TIME_FIELD = 15;
  private static final int FIRST_FIELD_AFTER_NAME = 3;

  private ProcessFigures() {}

  static long cpuMicros(long pid) throws IOException {
    return parseCpuMicros(Files.readString(Path.of("/proc", Long.toString(pid), "stat")));
  }

  static long residentBytes(long pid) throws IOException {
    return parseResidentBytes(Files.readAllLines(Path.of("/proc", Long.toString(pid), "status")));
  }

  /**
   * User and system time of all threads, also of those that have ended. The process's name is the
   * second field, in parentheses; it may itself hold spaces and parentheses, so that the fields are
   * counted from the last closing one.
   */
  static long parseCpuMicros(String stat) {
    int nameEnd = stat.lastIndexOf(')');
    if (nameEnd < 0) {
      throw new IllegalArgumentException("not a /proc stat line: " + stat);
    }
    String[] fields = stat.substring(nameEnd + 2).split(" ", -1);
    long user = Long.parseLong(fields[USER_TIME_FIELD - FIRST_FIELD_AFTER_NAME]);
    long system = Long.parseLong(fields[SYSTEM_TIME_FIELD - FIRST_FIELD_AFTER_NAME]);
    return (user + system) * MICROS_PER_TICK;
  }

  static long parseResidentBytes(List<String> status) {
    for (String line : status) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
      }
    }
    throw new IllegalArgumentException("no VmRSS in " + status);
  }
}
