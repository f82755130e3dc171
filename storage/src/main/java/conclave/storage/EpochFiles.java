package conclave.storage;

import conclave.protocol.MalformedRecordException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
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
   * @param lastZxid the last transaction in the log, whose epoch the current one can't be behind
   */
  public Epochs load(long lastZxid) {
    long epoch = lastZxid >>> 32;
    try {
      long current = readOrBegin(CURRENT, epoch);
      if (current < epoch) {
        current = finishRename(current, epoch);
      }
      long accepted = readOrBegin(ACCEPTED, Math.max(epoch, current));
      if (accepted < current) {
        throw new DamagedException(
            directory.resolve(ACCEPTED),
            "accepted epoch " + accepted + " is less than current epoch " + current);
      }
      return new Epochs(accepted, current);
    } catch (IOException e) {
      throw new StorageFailedException("can't read the epochs in", directory, e);
    }
  }

  /** The server has promised to follow a leader of {@code epoch} and none of an earlier one. */
  public void writeAccepted(long epoch) {
    write(ACCEPTED, epoch);
  }

  /** The server has all that the leader of {@code epoch} began with. */
  public void writeCurrent(long epoch) {
    write(CURRENT, epoch);
  }

  private long readOrBegin(String name, long initial) throws IOException {
    Long found = read(directory.resolve(name));
    if (found != null) {
      return found;
    }
    write(name, initial);
    return initial;
  }

  /**
   * Transactions of a later epoch are in the log, so the epoch was entered: the file of that number
   * was written and its rename was lost.
   */
  private long finishRename(long current, long epoch) throws IOException {
    Long unfinished = read(directory.resolve(CURRENT + UNFINISHED));
    if (unfinished == null || unfinished != epoch) {
      throw new DamagedException(
          directory.resolve(CURRENT),
          "current epoch " + current + " is behind the log, which is in epoch " + epoch);
    }
    write(CURRENT, epoch);
    return epoch;
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
    if (epoch < 0) {
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
