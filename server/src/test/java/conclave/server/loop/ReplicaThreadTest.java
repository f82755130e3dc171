package conclave.server.loop;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.protocol.Notification;
import conclave.protocol.QuorumPacket;
import conclave.protocol.Request;
import conclave.replica.ReplicaConfig;
import conclave.replica.Serving;
import conclave.replica.Submission;
import conclave.server.admin.ServerMetrics;
import conclave.state.Caller;
import conclave.state.Notices;
import conclave.state.StateConfig;
import conclave.storage.EpochFiles;
import conclave.storage.SnapshotCadence;
import conclave.storage.SnapshotStreamWriter;
import conclave.storage.Storage;
import conclave.storage.StorageOptions;
import conclave.storage.simulated.Faults;
import conclave.storage.simulated.SimulatedDisk;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.Lock;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who runs the replica while the disk hangs. */
@Timeout(60)
class ReplicaThreadTest {
  private final SimulatedDisk disk = new SimulatedDisk(Faults.NONE);
  private final Storage storage = Storage.open(StorageOptions.in(Path.of("/data")), disk);
  private final List<String> failures = new CopyOnWriteArrayList<>();

  private SharedTree tree;
  private ReplicaThread replica;

  private void start(Peers peers) {
    tree = new SharedTree(storage.recover(StateConfig.DEFAULT, Notices.NONE).state());
    ServerMetrics metrics = new ServerMetrics();
    replica =
        new ReplicaThread(
            new ReplicaThread.Parts(
                new ReplicaConfig(1, 2000, 60_000, 1, 0, null),
                new LogOptions(1000, 0, 0, 0, 1000),
                tree,
                storage,
                StateConfig.DEFAULT,
                Notices.NONE,
                true,
                new SnapshotCadence(Long.MAX_VALUE, 0, bound -> 0),
                new SnapshotKeeper(tree, storage, 3, metrics, Clock.SYSTEM),
                peers,
                new NoClients(),
                new EpochFiles.Epochs(0, 0),
                metrics,
                null,
                Clock.SYSTEM,
                (code, what, cause) -> failures.add(what + " " + cause)));
    replica.start();
  }

  private String runner() {
    CompletableFuture<String> name = new CompletableFuture<>();
    replica.submitNow((Input) there -> name.complete(Thread.currentThread().getName()));
    return name.orTimeout(20, TimeUnit.SECONDS).join();
  }

  private void write(long sessionId) {
    replica.submit(
        new Submission(
            null, new Caller(sessionId, 0, List.of()), new Request.CreateSession(30_000), 0));
    replica.flush();
  }

  @Test
  void whileTheDiskHangsTheReplicaGoesOnElsewhere() throws InterruptedException {
    start(new NoPeers());
    write(1);
    Awaitility.await().until(() -> tree.lastAppliedZxid() == 1);
    AtomicReference<String> stuck = new AtomicReference<>();
    CountDownLatch hangs = new CountDownLatch(1);
    CountDownLatch over = new CountDownLatch(1);
    disk.faults(
        (operation, path, call) -> {
          stuck.compareAndSet(null, Thread.currentThread().getName());
          hangs.countDown();
          try {
            over.await();
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
          return Faults.Fault.NONE;
        });
    write(2);
    hangs.await();
    String other = stuck.get().equals("conclave-standby") ? "conclave-replica" : "conclave-standby";
    assertThat(runner()).isEqualTo(other);
    write(3);
    assertThat(runner()).isEqualTo(other);
    assertThat(tree.lastAppliedZxid()).isEqualTo(1);
    over.countDown();
    Awaitility.await().until(() -> tree.lastAppliedZxid() == 3);
    disk.faults(Faults.NONE);
    for (int i = 4; i < 500; i++) {
      write(i);
    }
    Awaitility.await().until(() -> tree.lastAppliedZxid() == 499);
    stop();
  }

  @Test
  void standingAloneThereIsOneThread() throws InterruptedException {
    start(Peers.NONE);
    write(1);
    Awaitility.await().until(() -> tree.lastAppliedZxid() == 1);
    assertThat(Thread.getAllStackTraces().keySet())
        .extracting(Thread::getName)
        .contains("conclave-replica")
        .doesNotContain("conclave-standby");
    stop();
  }

  private void stop() throws InterruptedException {
    replica.stop();
    storage.close();
    assertThat(failures).isEmpty();
    Awaitility.await()
        .until(
            () ->
                Thread.getAllStackTraces().keySet().stream()
                    .noneMatch(thread -> thread.getName().equals("conclave-standby")));
  }

  private static final class NoClients implements Clients {
    @Override
    public void serve(Serving whom) {}

    @Override
    public Collection<Outbox> outboxes() {
      return List.of();
    }
  }

  /** A server that stands alone talks to nobody, and here it doesn't know that it stands alone. */
  private static final class NoPeers implements Peers {
    @Override
    public Waiting waiting() {
      return Waiting.asleep();
    }

    @Override
    public void sendNotification(long sid, Notification notification) {}

    @Override
    public void connect(long link, long sid) {}

    @Override
    public void send(long link, QuorumPacket packet) {}

    @Override
    public void sendSnapshot(
        long link, SnapshotStreamWriter snapshot, Lock shared, Runnable done) {}

    @Override
    public void flush() {}

    @Override
    public void close(long link, String why) {}
  }
}
