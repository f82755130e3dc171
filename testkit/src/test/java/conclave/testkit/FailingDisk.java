package conclave.testkit;

import conclave.storage.Disk;
import conclave.storage.DiskFile;
import conclave.storage.RealDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Semaphore;

/**
 * A real disk until it is told to fail: from then on no force of a log succeeds; or to take its
 * time: then a force of anything, or a write to a snapshot, takes until it is told to go on.
 */
final class FailingDisk implements Disk {
  private final Disk real = new RealDisk();
  private final Semaphore forces = new Semaphore(Integer.MAX_VALUE);
  private final Semaphore snapshotWrites = new Semaphore(Integer.MAX_VALUE);
  private volatile boolean failing;

  void fail() {
    failing = true;
  }

  void holdForces() {
    forces.drainPermits();
  }

  void holdSnapshots() {
    snapshotWrites.drainPermits();
  }

  void goOn() {
    goOn(forces);
    goOn(snapshotWrites);
  }

  private static void goOn(Semaphore held) {
    held.release(Integer.MAX_VALUE - held.availablePermits());
  }

  /** Whether somebody waits for being told to go on. */
  boolean isAwaited() {
    return forces.hasQueuedThreads() || snapshotWrites.hasQueuedThreads();
  }

  private static void pass(Semaphore gate) {
    gate.acquireUninterruptibly();
    gate.release();
  }

  @Override
  public boolean exists(Path path) throws IOException {
    return real.exists(path);
  }

  @Override
  public List<String> list(Path directory) throws IOException {
    return real.list(directory);
  }

  @Override
  public void createDirectories(Path directory) throws IOException {
    real.createDirectories(directory);
  }

  @Override
  public DiskFile create(Path path) throws IOException {
    return new File(real.create(path), path.toString().contains("snapshot"));
  }

  @Override
  public DiskFile openForWrite(Path path) throws IOException {
    return new File(real.openForWrite(path), false);
  }

  @Override
  public DiskFile openForRead(Path path) throws IOException {
    return real.openForRead(path);
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    real.rename(from, to);
  }

  @Override
  public void delete(Path path) throws IOException {
    real.delete(path);
  }

  @Override
  public void forceDirectory(Path directory) throws IOException {
    real.forceDirectory(directory);
  }

  @Override
  public Lock lock(Path path) throws IOException {
    return real.lock(path);
  }

  private final class File implements DiskFile {
    private final DiskFile file;
    private final boolean snapshot;

    File(DiskFile file, boolean snapshot) {
      this.file = file;
      this.snapshot = snapshot;
    }

    @Override
    public long size() throws IOException {
      return file.size();
    }

    @Override
    public int read(ByteBuffer into, long position) throws IOException {
      return file.read(into, position);
    }

    @Override
    public void write(ByteBuffer from, long position) throws IOException {
      if (snapshot) {
        pass(snapshotWrites);
      }
      file.write(from, position);
    }

    @Override
    public void truncate(long size) throws IOException {
      file.truncate(size);
    }

    @Override
    public void force(boolean metadata) throws IOException {
      if (failing) {
        throw new IOException("the device has gone");
      }
      pass(forces);
      file.force(metadata);
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }
}
