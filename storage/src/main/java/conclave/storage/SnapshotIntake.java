package conclave.storage;

import conclave.protocol.MalformedRecordException;
import conclave.state.Notices;
import conclave.state.Restore;
import conclave.state.StateConfig;
import conclave.state.StateMachine;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * A snapshot that somebody hands in, as against one that this server wrote: it is taken down piece
 * by piece in a file of its own, and only when it is there to its end is it {@linkplain #read read}
 * and held against its checksums. Nothing else on disk is touched. What an interrupted one leaves,
 * the next start removes.
 */
public final class SnapshotIntake implements AutoCloseable {
  private final Disk disk;
  private final Path path;
  private final DiskFile file;
  private long length;

  private SnapshotIntake(Disk disk, Path path, DiskFile file) {
    this.disk = disk;
    this.path = path;
    this.file = file;
  }

  /** There may be one at a time; what another one has left is thrown away. */
  static SnapshotIntake begin(Disk disk, Path directory) throws IOException {
    Path path = directory.resolve(FileNames.INTAKE);
    if (disk.exists(path)) {
      disk.delete(path);
    }
    return new SnapshotIntake(disk, path, disk.create(path));
  }

  /** The next piece. It need not be durable: what is installed is written anew. */
  public void write(ByteBuffer piece) throws IOException {
    int count = piece.remaining();
    file.write(piece, length);
    length += count;
  }

  /** How many bytes came so far. */
  public long length() {
    return length;
  }

  /**
   * The state in the snapshot, as of its last transaction.
   *
   * <p>A snapshot of Apache's that was written while transactions were applied may have effects of
   * later ones, which no log brings to their end here, and then its digest proves nothing; so does
   * Apache take it.
   *
   * @throws DamagedException when it is not a whole and undamaged snapshot
   */
  public StateMachine read(StateConfig config, Notices notices) throws IOException {
    Restore restore = StateMachine.restore(config, notices);
    RestoreTarget target = new RestoreTarget(restore);
    StateMachine state;
    try {
      SnapshotReader.read(file, SnapshotFile.open(disk, path).compression(), target);
      if (target.lastZxid() < 0) {
        throw new MalformedRecordException(
            "it does not say with which transaction it ends: it was written with"
                + " serializeLastProcessedZxid.enabled=false, or by ZooKeeper before 3.9");
      }
      state = restore.finish(target.lastZxid());
    } catch (MalformedRecordException e) {
      throw new DamagedException(path, String.valueOf(e.getMessage()));
    }
    if (state.digestMismatches() > 0) {
      throw new DamagedException(path, "its znodes do not sum up to the digest that it names");
    }
    state.endCatchingUp();
    return state;
  }

  /** Removes the file. */
  @Override
  public void close() throws IOException {
    try {
      file.close();
    } finally {
      if (disk.exists(path)) {
        disk.delete(path);
      }
    }
  }
}
