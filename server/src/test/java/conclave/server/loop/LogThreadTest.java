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
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who writes the log of a server that stands alone, and that it is all there. */
class LogThreadTest {
  private static final StorageOptions OPTIONS = StorageOptions.in(Path.of("/data"));
  private static final LogOptions AT_ONCE = new LogOptions(1000, 0, 0, 0, 1000);

  private final SimulatedDisk disk = new SimulatedDisk(Faults.NONE);
  private final Storage storage = Storage.open(OPTIONS, disk);
  private final List<Integer> fates = new CopyOnWriteArrayList<>();
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
    log.writeHere();
    assertThat(durable).isEqualTo(3);
    assertThat(teller).isSameAs(Thread.currentThread());
    log.stop();
  }

  @Test
  void manyAreWrittenByTheThread() throws InterruptedException {
    LogThread log = start(AT_ONCE);
    append(log, 200);
    log.writeHere();
    log.stop();
    assertThat(durable).isEqualTo(200);
    assertThat(teller).isNotSameAs(Thread.currentThread());
  }

  @Test
  void whoWaitsForMoreDoesSoOnTheThread() throws InterruptedException {
    LogThread log = start(new LogOptions(1000, 20, 5, 0, 1000));
    append(log, 1);
    log.writeHere();
    log.stop();
    assertThat(durable).isEqualTo(1);
    assertThat(teller).isNotSameAs(Thread.currentThread());
  }

  @Test
  void nothingIsLostBetweenTheTwo() throws InterruptedException {
    LogThread log = start(new LogOptions(50, 0, 0, 40_000, 1000));
    Random random = new Random(5);
    for (int batch = 0; batch < 3000; batch++) {
      append(log, random.nextInt(10) == 0 ? 200 : random.nextInt(4));
      log.writeHere();
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
    log.writeHere();
    disk.faults((operation, path, call) -> Faults.Fault.ERROR);
    append(log, 1);
    log.writeHere();
    assertThat(fates).hasSize(1);
    disk.faults(Faults.NONE);
    append(log, 1);
    log.writeHere();
    append(log, 100);
    log.writeHere();
    assertTimeoutPreemptively(Duration.ofSeconds(10), log::stop);
    assertThat(durable).isEqualTo(2);
    assertThat(fates).hasSize(1);
  }
}
