package conclave.cli.files;

import conclave.storage.LogFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** The log files that arguments mean: files as they are, and of a directory all that are in it. */
final class LogFiles {
  private LogFiles() {}

  /**
   * Finds them.
   *
   * @param arguments files, servers' data directories, or the {@code version-2} in these
   */
  static List<Path> of(List<Path> arguments) throws IOException {
    List<Path> files = new ArrayList<>();
    for (Path argument : arguments) {
      if (Files.isDirectory(argument)) {
        files.addAll(in(argument));
      } else {
        files.add(argument);
      }
    }
    return files;
  }

  /** In the order of their first transactions. */
  private static List<Path> in(Path directory) throws IOException {
    Path below = directory.resolve("version-2");
    Path logs = Files.isDirectory(below) ? below : directory;
    try (Stream<Path> entries = Files.list(logs)) {
      List<Path> files =
          entries
              .filter(file -> LogFile.zxidInName(file) >= 0)
              .sorted(Comparator.comparingLong(LogFile::zxidInName))
              .toList();
      if (files.isEmpty()) {
        throw new NoSuchFileException(logs.resolve("log.*").toString());
      }
      return files;
    }
  }
}
