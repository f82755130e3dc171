package conclave.storage;

import conclave.protocol.MalformedRecordException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The two numbers that a member of an ensemble must not forget, each a decimal text in a file of
 * its own beside the snapshots: the epoch that it has promised to follow, and the one that it is
 * in. Each is durable when the method that writes it returns.
 */
public final class EpochFiles {
  private static final String ACCEPTED = "acceptedEpoch";
  private static final String CURRENT = "currentEpoch";

  /** Apache's name for a file that is about to be renamed. */
  private static final String UNFINISHED = ".tmp";

  private static final int LONGEST = 20;

  /** A zxid has no room for more. */
  private static final long LARGEST = 0xffffffffL;

  private final Disk disk;
  private final Path directory;

  EpochFiles(Disk disk, Path directory) {
    this.disk = disk;
    this.directory = directory;
  }

  /** The two epochs; {@code accepted} is never less than {@code current}. */
  public record Epochs(long accepted, long current) {}

  /**
   * What the files say; a server that has none yet, because it never was in an ensemble, gets them
   * now.
   *
   * <p>The current epoch may be behind the log: transactions are made durable before it is, and the
   * power may have gone out in between. Then it becomes that of the last transaction. This is safe,
   * however it came about: a log with a transaction of an epoch in it has everything that the epoch
   * began with, because that comes before. (Apache's servers refuse to start, unless they find the
   * next number in a file that was about to be renamed.)
   *
   * @param lastZxid the last transaction that the server has
   * @throws DamagedException when a file is missing or can't be read, or they contradict each other
   */
  public Epochs load(long lastZxid) {
    long epoch = lastZxid >>> 32;
    try {
      Long accepted = read(accepted());
      Long current = read(current());
      if (accepted == null && current == null) {
        return begin(epoch, epoch);
      }
      if (accepted == null) {
        throw new DamagedException(accepted(), "the file is missing");
      }
      if (current == null && accepted != epoch) {
        throw new DamagedException(current(), "the file is missing");
      }
      if (accepted < epoch) {
        throw new DamagedException(
            accepted(),
            "accepted epoch " + accepted + " is behind the log, which is in epoch " + epoch);
      }
      if (current == null || current < epoch) {
        write(CURRENT, epoch);
        current = epoch;
      }
      if (accepted < current) {
        throw new DamagedException(
            accepted(), "accepted epoch " + accepted + " is less than current epoch " + current);
      }
      return new Epochs(accepted, current);
    } catch (IOException e) {
      throw new StorageFailedException("can't read the epochs in", directory, e);
    }
  }

  /** The promise first: one that has promised nothing yet has no epoch to be in either. */
  private Epochs begin(long accepted, long current) {
    write(ACCEPTED, accepted);
    write(CURRENT, current);
    return new Epochs(accepted, current);
  }

  /**
   * Makes the best of what is left of the two numbers. What was promised may be more than what it
   * makes of it.
   *
   * @param leastAccepted what else is known to have been accepted
   */
  Epochs repair(long lastZxid, long leastAccepted) throws IOException {
    long epoch = lastZxid >>> 32;
    long current = Math.max(epoch, orZero(current()));
    long accepted = Math.max(Math.max(current, leastAccepted), orZero(accepted()));
    return begin(accepted, current);
  }

  /** A server that has lost its history is in no epoch; what it promised still holds. */
  void beginAgain() throws IOException {
    if (!disk.exists(current())) {
      write(CURRENT, 0);
    }
  }

  /** Whether there is any of the two files. */
  boolean exist() throws IOException {
    return disk.exists(accepted()) || disk.exists(current());
  }

  /** Whether a file that can be read says what was promised. */
  boolean knowAccepted() throws IOException {
    return disk.exists(accepted()) && !isUnusable(accepted());
  }

  /** Whether the server once followed a leader, as far as these files know. */
  boolean tellOfAnEnsemble() throws IOException {
    for (Path path : List.of(accepted(), current())) {
      if (isUnusable(path) || orZero(path) > 0) {
        return true;
      }
    }
    return false;
  }

  /** The files of the current epoch, that there is and that there was to be. */
  List<Path> currentFiles() {
    return List.of(current(), directory.resolve(CURRENT + UNFINISHED));
  }

  /**
   * A state that begins with {@code epoch} is about to take the place of what is here. A server
   * that stands alone has no use for epochs, but if it was a member once, and is to be one again,
   * it can't be behind its own history.
   */
  public void follow(long epoch) throws IOException {
    if (exist()) {
      begin(Math.max(epoch, orZero(accepted())), Math.max(epoch, orZero(current())));
    }
  }

  /** Those that are there and can't be read. */
  List<Path> unusable() throws IOException {
    List<Path> found = new ArrayList<>();
    for (Path path : List.of(accepted(), current())) {
      if (isUnusable(path)) {
        found.add(path);
      }
    }
    return found;
  }

  private boolean isUnusable(Path path) throws IOException {
    try {
      read(path);
      return false;
    } catch (DamagedException e) {
      return true;
    }
  }

  private long orZero(Path path) throws IOException {
    try {
      Long found = read(path);
      return found == null ? 0 : found;
    } catch (DamagedException e) {
      return 0;
    }
  }

  private Path accepted() {
    return directory.resolve(ACCEPTED);
  }

  private Path current() {
    return directory.resolve(CURRENT);
  }

  /** The server has promised to follow a leader of {@code epoch} and none of an earlier one. */
  public void writeAccepted(long epoch) {
    write(ACCEPTED, epoch);
  }

  /** The server has all that the leader of {@code epoch} began with. */
  public void writeCurrent(long epoch) {
    write(CURRENT, epoch);
  }

  private @Nullable Long read(Path path) throws IOException {
    if (!disk.exists(path)) {
      return null;
    }
    byte[] bytes = new byte[LONGEST];
    int length;
    try (DiskFile file = disk.openForRead(path)) {
      length = Reads.fully(file, bytes, 0, LONGEST, 0);
    }
    String text = new String(bytes, 0, length, StandardCharsets.US_ASCII);
    try {
      return parse(text.strip());
    } catch (NumberFormatException | MalformedRecordException e) {
      throw new DamagedException(path, 0, "not an epoch: '" + text + "'");
    }
  }

  private static long parse(String text) {
    long epoch = Long.parseLong(text);
    if (epoch < 0 || epoch > LARGEST) {
      throw new MalformedRecordException(text);
    }
    return epoch;
  }

  private void write(String name, long epoch) {
    Path path = directory.resolve(name);
    byte[] text = Long.toString(epoch).getBytes(StandardCharsets.US_ASCII);
    try {
      WholeFile.replace(disk, directory.resolve(name + UNFINISHED), path, text);
    } catch (IOException e) {
      throw new StorageFailedException("can't write", path, e);
    }
  }
}
