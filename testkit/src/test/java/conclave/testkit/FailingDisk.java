package conclave.testkit;

import conclave.storage.DiskFile;
import conclave.storage.ForwardingDisk;
import conclave.storage.RealDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.Semaphore;

/**
 * A real disk until it is told to fail: from then on no force of a log succeeds; or to take its
 * time: then a force of anything, or a write to a snapshot, takes until it is told to go on.
 */
final class FailingDisk extends ForwardingDisk {
  private final Semaphore forces = new Semaphore(Integer.MAX_VALUE);
  private final Semaphore snapshotWrites = new Semaphore(Integer.MAX_VALUE);
  private volatile boolean failing;

  FailingDisk() {
    super(new RealDisk());
  }

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
  public DiskFile create(Path path) throws IOException {
    return new HeldFile(super.create(path), path.toString().contains("snapshot"));
  }

  @Override
  public DiskFile openForWrite(Path path) throws IOException {
    return new HeldFile(super.openForWrite(path), false);
  }

  private final class HeldFile extends ForwardingDisk.File {
    private final boolean snapshot;

    HeldFile(DiskFile file, boolean snapshot) {
      super(file);
      this.snapshot = snapshot;
    }

    @Override
    public void write(ByteBuffer from, long position) throws IOException {
      if (snapshot) {
        pass(snapshotWrites);
      }
      super.write(from, position);
    }

    @Override
    public void force(boolean metadata) throws IOException {
      if (failing) {
        throw new IOException("the device has gone");
      }
      pass(forces);
      super.force(metadata);
    }
  }
}
