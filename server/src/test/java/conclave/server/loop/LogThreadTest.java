package conclave.server.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import conclave.protocol.ErrorCode;
import conclave.protocol.LoggedTxn;
import conclave.protocol.Txn;
import conclave.protocol.TxnHeader;
import conclave.server.admin.ServerMetrics;
import conclave.state.Notices;
import conclave.state.StateConfig;
import conclave.storage.SnapshotCadence;
import conclave.storage.Storage;
import conclave.storage.StorageOptions;
import conclave.storage.simulated.Faults;
import conclave.storage.simulated.SimulatedDisk;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who writes the log, and that it is all there. */
class LogThreadTest {
  private static final StorageOptions OPTIONS = StorageOptions.in(Path.of("/data"));
  private static final LogOptions AT_ONCE = new LogOptions(1000, 0, 0, 0, 1000);

  private final SimulatedDisk disk = new SimulatedDisk(Faults.NONE);
  private final Storage storage = Storage.open(OPTIONS, disk);
  private final List<Integer> fates = new CopyOnWriteArrayList<>();
  private final Helm helm = new Helm(System::nanoTime);
  private volatile long durable;
  private volatile @Nullable Thread teller;
  private long appended;

  @AfterEach
  void close() {
    if (fates.isEmpty()) {
      storage.close();
    }
  }

  private LogThread start(LogOptions options) {
    storage.recover(StateConfig.DEFAULT, Notices.NONE);
    LogThread log =
        new LogThread(
            storage.log(),
            new SnapshotCadence(Long.MAX_VALUE, 0, bound -> 0),
            options,
            this::told,
            () -> {},
            new ServerMetrics().newRecorder(),
            Clock.SYSTEM,
            (code, what, cause) -> fates.add(code));
    log.start();
    assertThat(helm.take()).isTrue();
    return log;
  }

  private void told(long zxid) {
    assertThat(zxid).isGreaterThan(durable);
    teller = Thread.currentThread();
    durable = zxid;
  }

  private void append(LogThread log, int count) {
    for (int i = 0; i < count; i++) {
      appended++;
      log.append(
          new LoggedTxn(new TxnHeader(1, 1, appended, 1), new Txn.Error(ErrorCode.NO_NODE), null));
    }
  }

  @Test
  void fewAreWrittenAtOnceByWhoeverAsks() throws InterruptedException {
    LogThread log = start(AT_ONCE);
    append(log, 3);
    log.writeHere(helm);
    assertThat(durable).isEqualTo(3);
    assertThat(teller).isSameAs(Thread.currentThread());
    log.stop();
  }

  @Test
  void manyAreWrittenByTheThread() throws InterruptedException {
    LogThread log = start(AT_ONCE);
    append(log, 200);
    log.writeHere(helm);
    log.stop();
    assertThat(durable).isEqualTo(200);
    assertThat(teller).isNotSameAs(Thread.currentThread());
  }

  @Test
  void whoWaitsForMoreDoesSoOnTheThread() throws InterruptedException {
    LogThread log = start(new LogOptions(1000, 20, 5, 0, 1000));
    append(log, 1);
    log.writeHere(helm);
    log.stop();
    assertThat(durable).isEqualTo(1);
    assertThat(teller).isNotSameAs(Thread.currentThread());
  }

  /** The disk hangs in the hands of one thread: another runs the replica, and nothing gets lost. */
  @Test
  void whileTheDiskHangsAnotherThreadGoesOn() throws Exception {
    LogThread log = start(AT_ONCE);
    CountDownLatch hangs = new CountDownLatch(1);
    CountDownLatch over = new CountDownLatch(1);
    disk.faults(
        (operation, path, call) -> {
          hangs.countDown();
          assertThat(join(over)).isTrue();
          return Faults.Fault.NONE;
        });
    append(log, 3);
    FutureTask<Boolean> other =
        new FutureTask<>(
            () -> {
              assertThat(helm.take()).isTrue();
              assertThat(durable).isZero();
              append(log, 2);
              // Whoever runs the replica goes on at once, and later learns what the disk has.
              assertThat(log.writeHere(helm)).isTrue();
              over.countDown();
              Awaitility.await().until(() -> durable == 5);
              return true;
            });
    Thread standby = new Thread(other, "standby");
    standby.start();
    assertThat(log.writeHere(helm)).isFalse();
    assertThat(hangs.getCount()).isZero();
    assertThat(other.get(20, TimeUnit.SECONDS)).isTrue();
    disk.faults(Faults.NONE);
    log.stop();
    assertThat(durable).isEqualTo(5);
  }

  private static boolean join(CountDownLatch latch) {
    try {
      return latch.await(20, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      return false;
    }
  }

  @Test
  void aSlowDiskIsLeftToTheThread() throws InterruptedException {
    LogThread log = start(AT_ONCE);
    disk.faults(
        (operation, path, call) -> {
          LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
          return Faults.Fault.NONE;
        });
    append(log, 1);
    log.writeHere(helm);
    assertThat(teller).isSameAs(Thread.currentThread());
    append(log, 1);
    log.writeHere(helm);
    log.stop();
    assertThat(durable).isEqualTo(2);
    assertThat(teller).isNotSameAs(Thread.currentThread());
  }

  @Test
  void nothingIsLostBetweenTheTwo() throws InterruptedException {
    LogThread log = start(new LogOptions(50, 0, 0, 40_000, 1000));
    Random random = new Random(5);
    for (int batch = 0; batch < 3000; batch++) {
      append(log, random.nextInt(10) == 0 ? 200 : random.nextInt(4));
      log.writeHere(helm);
    }
    log.stop();
    assertThat(durable).isEqualTo(appended);
    storage.close();
    Storage again = Storage.open(OPTIONS, disk.afterKill(Faults.NONE));
    assertThat(again.recover(StateConfig.DEFAULT, Notices.NONE).lastZxid()).isEqualTo(appended);
    again.close();
  }

  @Test
  void afterAFailureNobodyWritesAndAnEndIsAnEnd() {
    LogThread log = start(AT_ONCE);
    append(log, 2);
    log.writeHere(helm);
    disk.faults((operation, path, call) -> Faults.Fault.ERROR);
    append(log, 1);
    log.writeHere(helm);
    assertThat(fates).hasSize(1);
    disk.faults(Faults.NONE);
    append(log, 1);
    log.writeHere(helm);
    append(log, 100);
    log.writeHere(helm);
    assertTimeoutPreemptively(Duration.ofSeconds(10), log::stop);
    assertThat(durable).isEqualTo(2);
    assertThat(fates).hasSize(1);
  }
}
