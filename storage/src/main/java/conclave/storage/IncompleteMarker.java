package conclave.storage;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/**
 * The file that says that a member of an ensemble is not whole: {@code conclave.incomplete}, a text
 * that names what is missing. That it is there counts; where it can't be read, everything is
 * missing.
 */
final class IncompleteMarker {
  private static final int LONGEST = 1000;

  /** What is missing. */
  enum Lost {
    /** Transactions that it acknowledged. */
    HISTORY,
    /** The epoch that it promised to follow. */
    PROMISE,
    /** Nothing that anybody knows of; but nobody said either that it begins with nothing. */
    BEGINNING
  }

  private final Disk disk;
  private final Path directory;
  private final Path path;

  IncompleteMarker(Disk disk, Path directory) {
    this.disk = disk;
    this.directory = directory;
    this.path = directory.resolve(FileNames.INCOMPLETE);
  }

  /** What is missing; nothing where there is no such file. */
  Set<Lost> read() throws IOException {
    EnumSet<Lost> lost = EnumSet.noneOf(Lost.class);
    if (!disk.exists(path)) {
      return lost;
    }
    byte[] bytes = new byte[LONGEST];
    int length;
    try (DiskFile file = disk.openForRead(path)) {
      length = Reads.fully(file, bytes, 0, LONGEST, 0);
    }
    String text = new String(bytes, 0, length, StandardCharsets.US_ASCII);
    for (Lost each : Lost.values()) {
      if (text.contains(word(each))) {
        lost.add(each);
      }
    }
    return text.equals(text(lost)) && !lost.isEmpty()
        ? lost
        : EnumSet.of(Lost.HISTORY, Lost.PROMISE);
  }

  /** Adds to what is missing; durable when this returns. */
  void add(Lost more) throws IOException {
    Set<Lost> lost = read();
    if (lost.add(more)) {
      WholeFile.replace(disk, path, text(lost).getBytes(StandardCharsets.US_ASCII));
    }
  }

  /** Nothing is missing any more; durable when this returns. */
  void delete() throws IOException {
    if (disk.exists(path)) {
      disk.delete(path);
      disk.forceDirectory(directory);
    }
  }

  private static String text(Set<Lost> lost) {
    StringBuilder text =
        new StringBuilder("This member may not vote before a leader has filled it. Lost:");
    for (Lost each : lost) {
      text.append(' ').append(word(each));
    }
    return text.append('\n').toString();
  }

  private static String word(Lost lost) {
    return lost.name().toLowerCase(Locale.ROOT);
  }
}
