package conclave.server.loop;

import conclave.server.admin.Recorder;
import conclave.server.admin.ServerMetrics;
import conclave.server.admin.Summary;
import conclave.state.SnapshotImage;
import conclave.storage.Storage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes snapshots in the background, one at a time, and removes old ones.
 *
 * <p>A snapshot is the tree at one zxid. The writer goes on meanwhile: the image keeps what it
 * changes, and is read in small pieces under the shared lock.
 */
public final class SnapshotKeeper {
  private static final Logger LOG = LoggerFactory.getLogger(SnapshotKeeper.class);
  private static final long LONGEST_STOP_MS = 500;

  private final SharedTree tree;
  private final Storage storage;
  private final int retained;
  private final Recorder recorder;
  private final Clock clock;
  private final AtomicBoolean busy = new AtomicBoolean();

  /** Whether it was said of the snapshot under way that the next one waits for it. */
  private final AtomicBoolean warned = new AtomicBoolean();

  private volatile boolean stopping;
  private final ExecutorService worker =
      Executors.newSingleThreadExecutor(
          task -> {
            Thread thread = new Thread(task, "conclave-snapshot");
            thread.setDaemon(true);
            return thread;
          });

  /**
   * @param retained how many snapshots a purge keeps
   */
  public SnapshotKeeper(
      SharedTree tree, Storage storage, int retained, ServerMetrics metrics, Clock clock) {
    this.tree = tree;
    this.storage = storage;
    this.retained = retained;
    this.recorder = metrics.newRecorder();
    this.clock = clock;
  }

  /** Starts a snapshot of the tree as it is, unless one is being taken. Replica only. */
  void begin() {
    begin(new CompletableFuture<>());
  }

  /**
   * The same, for somebody who waits for the file; fails when another one is being taken. Replica
   * only.
   */
  void begin(CompletableFuture<Path> done) {
    if (!busy.compareAndSet(false, true)) {
      if (warned.compareAndSet(false, true)) {
        LOG.warn("The last snapshot is still being written; the next one waits. Is the disk slow?");
      }
      done.completeExceptionally(new IllegalStateException("another one is being written"));
      return;
    }
    SnapshotImage image = tree.beginImage();
    if (image == null) {
      // A learner is being sent the tree; what the log has grown by makes the next one due soon.
      busy.set(false);
      done.completeExceptionally(new IllegalStateException("a learner is being sent the tree"));
      return;
    }
    worker.execute(() -> write(image, done));
  }

  private void write(SnapshotImage image, CompletableFuture<Path> done) {
    long beganMs = clock.monotonicMs();
    try {
      Path file = storage.snapshots().write(image, new Interruptible(tree.sharedLock()));
      recorder.record(Summary.SNAPSHOTTIME, clock.monotonicMs() - beganMs);
      LOG.info("Snapshot written: {}", file);
      done.complete(file);
    } catch (IOException | RuntimeException e) {
      // What was acknowledged is in the log; without a snapshot the next start only takes longer.
      if (stopping) {
        LOG.info("A snapshot is given up; the log has everything.");
      } else {
        LOG.error(
            "A snapshot could not be written. Nothing is lost; the next one is tried in time.", e);
      }
      done.completeExceptionally(e);
    } finally {
      tree.endImage(image);
      warned.set(false);
      busy.set(false);
    }
  }

  /** Removes old snapshots and logs, in the background; any thread. */
  public void purge() {
    if (!worker.isShutdown()) {
      worker.execute(this::purgeNow);
    }
  }

  private void purgeNow() {
    try {
      List<Path> deleted = storage.snapshots().purge(retained);
      if (!deleted.isEmpty()) {
        LOG.info("Purged {} old snapshots and logs, up to {}", deleted.size(), deleted.get(0));
      }
    } catch (IOException | RuntimeException e) {
      LOG.error("Old files could not be purged; they are tried again in time.", e);
    }
  }

  /**
   * Gives up a snapshot under way and returns when nothing touches the files: they are about to be
   * made anew. Replica only.
   */
  void abandon() {
    stopping = true;
    try {
      worker.submit(() -> {}).get();
    } catch (InterruptedException | ExecutionException e) {
      throw new IllegalStateException("nothing that does nothing can fail", e);
    } finally {
      stopping = false;
    }
  }

  /** A snapshot under way is given up: it has no name yet, and the log has everything. */
  void stop() throws InterruptedException {
    stopping = true;
    worker.shutdown();
    worker.awaitTermination(LONGEST_STOP_MS, TimeUnit.MILLISECONDS);
  }

  /** The lock under which a piece of the tree is read; a stop takes effect between two pieces. */
  private final class Interruptible implements Lock {
    private final Lock lock;

    Interruptible(Lock lock) {
      this.lock = lock;
    }

    @Override
    public void lock() {
      if (stopping) {
        throw new CancellationException();
      }
      lock.lock();
    }

    @Override
    public void unlock() {
      lock.unlock();
    }

    @Override
    public void lockInterruptibly() throws InterruptedException {
      lock.lockInterruptibly();
    }

    @Override
    public boolean tryLock() {
      return lock.tryLock();
    }

    @Override
    public boolean tryLock(long time, TimeUnit unit) throws InterruptedException {
      return lock.tryLock(time, unit);
    }

    @Override
    public Condition newCondition() {
      return lock.newCondition();
    }
  }
}
