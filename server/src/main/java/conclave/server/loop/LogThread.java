package conclave.server.loop;

import conclave.protocol.LoggedTxn;
import conclave.server.admin.Counter;
import conclave.server.admin.Recorder;
import conclave.server.admin.Summary;
import conclave.storage.SnapshotCadence;
import conclave.storage.StorageFailedException;
import conclave.storage.TxnLog;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import org.jctools.queues.atomic.SpscUnboundedAtomicArrayQueue;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes transactions durable: appends all that the replica has put in its queue, forces them to the
 * disk once, and tells how far it got.
 *
 * <p>Batches need no tuning: while one is being forced the next one gathers. Small ones are written
 * by the thread that runs the replica, see {@link #writeHere}.
 */
final class LogThread {
  private static final Logger LOG = LoggerFactory.getLogger(LogThread.class);
  private static final int CHUNK = 1024;

  /** What the replica puts in the queue behind the last transaction. */
  private static final Object STOP = new Object();

  /** A transaction that is encoded already. */
  private record Entry(long zxid, byte[] bytes) {}

  /** The log is to be left alone for a moment, and then another one to be used. */
  private static final class Pause {
    final CountDownLatch reached = new CountDownLatch(1);
    final CountDownLatch over = new CountDownLatch(1);

    /** Written by the replica before {@code over}, read here behind it. */
    volatile @Nullable TxnLog next;
  }

  private static final long LONGEST_SLEEP_NANOS = 1_000_000_000L;

  /** Of more than these the replica had better prepare the next ones while they are written. */
  private static final int FEW = 64;

  /** Beside a disk that takes longer than this, handing over costs nothing that counts. */
  private static final long FAST_SYNC_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private final SpscUnboundedAtomicArrayQueue<Object> queue =
      new SpscUnboundedAtomicArrayQueue<>(CHUNK);
  private final Parker parker = new Parker();

  /** Held by the thread that takes from the queue and writes. */
  private final AtomicBoolean writing = new AtomicBoolean();

  private TxnLog log;
  private final SnapshotCadence cadence;
  private final LongConsumer durable;
  private final Runnable snapshotDue;
  private final Recorder recorder;
  private final Clock clock;
  private final Fate fate;
  private final LogOptions options;
  private final Thread thread;
  private long bytesInFile;

  /** How long the disk took the last time; changed by whoever holds {@link #writing}. */
  private volatile long lastSyncNanos;

  /** Put in the queue since the replica last had it written. */
  private int gathered;

  /** A failure was met on the replica's thread; changed by whoever holds {@link #writing}. */
  private volatile boolean dead;

  private final CountDownLatch ended = new CountDownLatch(1);

  /**
   * @param cadence when to start a new file, and take a snapshot
   * @param durable told, on this thread, the zxid up to which everything is durable
   * @param snapshotDue told, on this thread, when a snapshot is due
   */
  LogThread(
      TxnLog log,
      SnapshotCadence cadence,
      LogOptions options,
      LongConsumer durable,
      Runnable snapshotDue,
      Recorder recorder,
      Clock clock,
      Fate fate) {
    this.log = log;
    this.cadence = cadence;
    this.snapshotDue = snapshotDue;
    this.options = options;
    this.durable = durable;
    this.recorder = recorder;
    this.clock = clock;
    this.fate = fate;
    this.thread = new Thread(this::run, "conclave-log");
  }

  void start() {
    thread.start();
  }

  /** Replica only; not looked at before {@link #flush}. */
  void append(LoggedTxn txn) {
    queue.offer(txn);
    gathered++;
  }

  /** The same for one that is encoded. */
  void append(long zxid, byte[] entry) {
    queue.offer(new Entry(zxid, entry));
    gathered++;
  }

  /**
   * Replica only: writes what is in the queue, keeps this thread from touching the log while {@code
   * action} runs on the caller's, and goes on with the log that it returns.
   */
  void whileIdle(Supplier<TxnLog> action) {
    Pause pause = new Pause();
    queue.offer(pause);
    parker.wake();
    try {
      pause.reached.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException("nobody interrupts the replica's thread", e);
    }
    try {
      pause.next = action.get();
    } finally {
      pause.over.countDown();
    }
  }

  private void pause(Pause pause) throws InterruptedException {
    pause.reached.countDown();
    pause.over.await();
    TxnLog next = pause.next;
    if (next != null) {
      log = next;
      bytesInFile = 0;
    }
  }

  /** Replica only: what was put in the queue is to be written now. */
  void flush() {
    gathered = 0;
    parker.wake();
  }

  /** Replica only: has it written now if that is more than {@link #writeHere} would write. */
  void flushMany() {
    if (gathered > FEW) {
      flush();
    }
  }

  /**
   * Replica only: writes what was put in the queue, on this thread, if that is little, the disk was
   * fast the last time, and nobody is writing; otherwise has it written. To hand it over and be
   * told of it takes two threads waking each other, which is dearer than what could be done
   * meanwhile.
   *
   * @param helm lent while this writes
   * @return whether this thread still runs the replica
   */
  boolean writeHere(Helm helm) {
    if (gathered == 0 || dead) {
      return true;
    }
    if (!isForHere() || !writing.compareAndSet(false, true)) {
      flush();
      return true;
    }
    gathered = 0;
    long lent = helm.lend();
    boolean failed = !guarded(this::writeBatch);
    // Only when it failed: a log that failed under another thread's hands stays so.
    dead |= failed;
    writing.set(false);
    boolean stillRuns = helm.takeBack(lent);
    if (failed || !queue.isEmpty()) {
      parker.wake();
    }
    return stillRuns;
  }

  private boolean isForHere() {
    return gathered <= FEW && lastSyncNanos < FAST_SYNC_NANOS && options.flushDelayMs() <= 0;
  }

  /** Replica only: writes what is in the queue and ends. */
  void stop() throws InterruptedException {
    queue.offer(STOP);
    parker.wake();
    ended.await();
  }

  private void run() {
    while (guarded(this::writeWhatIsThere)) {
      parker.park(this::isWanted, LONGEST_SLEEP_NANOS);
    }
    ended.countDown();
  }

  private boolean isWanted() {
    return (dead || !queue.isEmpty()) && !writing.get();
  }

  /** Whether to go on. Who finds the replica writing leaves everything to it. */
  private boolean writeWhatIsThere() throws InterruptedException {
    boolean running = !dead;
    while (running && !queue.isEmpty() && writing.compareAndSet(false, true)) {
      running = !dead && writeBatch();
      writing.set(false);
    }
    return running;
  }

  /** Does something that writes; false when that was the end. */
  private boolean guarded(Step step) {
    try {
      return step.run();
    } catch (InterruptedException e) {
      fate.stop(1, "The log thread was interrupted, which nobody has a reason for.", e);
    } catch (StorageFailedException e) {
      fate.stop(e.exitCode(), "The transaction log can't be written; nothing more is accepted.", e);
    } catch (RuntimeException | Error e) {
      fate.stop(1, "The log thread has met what it can't explain.", e);
    }
    return false;
  }

  @FunctionalInterface
  private interface Step {
    boolean run() throws InterruptedException;
  }

  /** Appends what is there and forces it; false when told to stop. */
  private boolean writeBatch() throws InterruptedException {
    Pause pause = null;
    long last = 0;
    int count = 0;
    boolean running = true;
    boolean snapshot = false;
    long firstMs = 0;
    while (running && pause == null && count < options.maxBatch()) {
      Object entry = count == 0 ? queue.poll() : nextOf(firstMs);
      if (entry == null) {
        break;
      }
      if (entry instanceof LoggedTxn txn) {
        firstMs = count == 0 && options.flushDelayMs() > 0 ? clock.monotonicMs() : firstMs;
        int bytes = log.append(txn);
        bytesInFile += bytes;
        snapshot |= cadence.logged(bytes);
        last = txn.zxid();
        count++;
      } else if (entry instanceof Entry encoded) {
        firstMs = count == 0 && options.flushDelayMs() > 0 ? clock.monotonicMs() : firstMs;
        log.append(encoded.zxid(), encoded.bytes());
        bytesInFile += encoded.bytes().length;
        snapshot |= cadence.logged(encoded.bytes().length);
        last = encoded.zxid();
        count++;
      } else if (entry instanceof Pause asked) {
        pause = asked;
      } else {
        running = false;
      }
    }
    if (count > 0) {
      sync(count);
      durable.accept(last);
    }
    boolean full = options.rollAfterBytes() > 0 && bytesInFile > options.rollAfterBytes();
    if (snapshot || full) {
      log.roll();
      bytesInFile = 0;
    }
    if (snapshot) {
      cadence.reset();
      snapshotDue.run();
    }
    if (pause != null) {
      pause(pause);
    }
    return running;
  }

  /**
   * The next of a batch; with a delay configured, waits a little for one to come, as Apache does.
   */
  private @Nullable Object nextOf(long firstMs) {
    Object entry = queue.poll();
    if (entry != null || options.flushDelayMs() <= 0) {
      return entry;
    }
    long leftMs = options.flushDelayMs() - (clock.monotonicMs() - firstMs);
    long waitMs = Math.min(options.maxPollMs(), leftMs);
    if (waitMs > 0) {
      parker.park(() -> !queue.isEmpty(), waitMs * 1_000_000);
    }
    return queue.poll();
  }

  private void sync(int count) {
    long beganNanos = clock.nanos();
    log.sync();
    lastSyncNanos = clock.nanos() - beganNanos;
    long tookMs = TimeUnit.NANOSECONDS.toMillis(lastSyncNanos);
    if (tookMs > options.slowSyncMs()) {
      recorder.count(Counter.SLOW_FSYNCS);
      LOG.warn(
          "Forcing {} transactions to disk took {} ms, more than fsync.warningthresholdms={}:"
              + " every write waits that long. Does the log share its disk with something?",
          count,
          tookMs,
          options.slowSyncMs());
    }
    recorder.count(Counter.SYNC_PROCESSOR_REQUEST_QUEUED, count);
    recorder.record(Summary.SYNC_PROCESSOR_BATCH_SIZE, count);
    recorder.record(Summary.SYNC_PROCESSOR_QUEUE_FLUSH_TIME_MS, tookMs);
    recorder.record(Summary.FSYNCTIME, tookMs);
  }
}
