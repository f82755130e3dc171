package conclave.compat.recipes;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.client.ConclaveClient;
import conclave.recipes.Barrier;
import conclave.recipes.DoubleBarrier;
import conclave.recipes.Held;
import conclave.recipes.LeaderLatch;
import conclave.recipes.LeaderSelector;
import conclave.recipes.Lock;
import conclave.recipes.ReadWriteLock;
import conclave.recipes.Semaphore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.barriers.DistributedBarrier;
import org.apache.curator.framework.recipes.barriers.DistributedDoubleBarrier;
import org.apache.curator.framework.recipes.leader.LeaderSelectorListenerAdapter;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.framework.recipes.locks.InterProcessReadWriteLock;
import org.apache.curator.framework.recipes.locks.InterProcessSemaphoreV2;
import org.apache.curator.framework.recipes.locks.Lease;
import org.apache.curator.retry.RetryOneTime;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The recipes and Curator's, contending for the same things. */
final class CuratorContentionTest extends FaultTest {
  private static final int ROUNDS = 30;
  private static final int WAIT_SECONDS = 60;

  private AtomicInteger inside;
  private AtomicInteger most;
  private ExecutorService threads;
  private CuratorFramework curator;
  private ConclaveClient conclave;

  @BeforeEach
  void connect() {
    inside = new AtomicInteger();
    most = new AtomicInteger();
    threads = Executors.newCachedThreadPool();
    curator =
        CuratorFrameworkFactory.builder()
            .connectString(server.connectString())
            .sessionTimeoutMs(20_000)
            .retryPolicy(new RetryOneTime(100))
            // Which would watch the ensemble's configuration, and be counted.
            .ensembleTracker(false)
            .build();
    curator.start();
    conclave = client();
  }

  @AfterEach
  void disconnect() {
    curator.close();
    threads.shutdownNow();
  }

  private void visit() {
    most.accumulateAndGet(inside.incrementAndGet(), Math::max);
    Thread.onSpinWait();
    inside.decrementAndGet();
  }

  /** Each task again and again, all at the same time. */
  private void allAtOnce(List<Callable<Void>> tasks) throws Exception {
    List<Future<?>> running = new ArrayList<>();
    for (Callable<Void> task : tasks) {
      running.add(
          threads.submit(
              () -> {
                for (int i = 0; i < ROUNDS; i++) {
                  task.call();
                }
                return null;
              }));
    }
    for (Future<?> one : running) {
      one.get(WAIT_SECONDS, TimeUnit.SECONDS);
    }
  }

  @Test
  void lock() throws Exception {
    InterProcessMutex theirs = new InterProcessMutex(curator, path);
    Lock ours = new Lock(conclave, path);
    Callable<Void> curators =
        () -> {
          theirs.acquire();
          visit();
          theirs.release();
          return null;
        };
    Callable<Void> conclaves =
        () -> {
          try (Held held = ours.lock()) {
            visit();
            assertThat(held.isHeld()).isTrue();
          }
          return null;
        };
    allAtOnce(List.of(curators, conclaves, curators, conclaves));
    assertThat(most).hasValue(1);
    awaitChildren(path, 0);
  }

  @Test
  void readWriteLock() throws Exception {
    AtomicInteger writing = new AtomicInteger();
    AtomicInteger wrong = new AtomicInteger();
    Runnable read =
        () -> {
          if (writing.get() != 0) {
            wrong.incrementAndGet();
          }
          visit();
        };
    Runnable write =
        () -> {
          if (writing.incrementAndGet() != 1 || inside.get() != 0) {
            wrong.incrementAndGet();
          }
          writing.decrementAndGet();
        };
    InterProcessReadWriteLock theirs = new InterProcessReadWriteLock(curator, path);
    ReadWriteLock ours = new ReadWriteLock(conclave, path);
    Callable<Void> curatorReads = () -> doIn(theirs.readLock(), read);
    Callable<Void> curatorWrites = () -> doIn(theirs.writeLock(), write);
    Callable<Void> conclaveReads = () -> doIn(ours.read(), read);
    Callable<Void> conclaveWrites = () -> doIn(ours.write(), write);
    allAtOnce(List.of(curatorReads, conclaveReads, curatorWrites, conclaveWrites));
    assertThat(wrong).hasValue(0);
    awaitChildren(path, 0);
  }

  private static Void doIn(InterProcessMutex lock, Runnable task) throws Exception {
    lock.acquire();
    task.run();
    lock.release();
    return null;
  }

  private static Void doIn(Lock lock, Runnable task) throws Exception {
    Held held = lock.lock();
    task.run();
    held.close();
    return null;
  }

  @Test
  void downgradedWriterIsAReaderForCurator() throws Exception {
    ReadWriteLock ours = new ReadWriteLock(conclave, path);
    Held writing = ours.write().lock();
    InterProcessReadWriteLock theirs = new InterProcessReadWriteLock(curator, path);
    assertThat(theirs.readLock().acquire(100, TimeUnit.MILLISECONDS)).isFalse();
    Held reading = soon(ours.downgrade(writing));
    assertThat(theirs.readLock().acquire(60, TimeUnit.SECONDS)).isTrue();
    theirs.readLock().release();
    assertThat(theirs.writeLock().acquire(100, TimeUnit.MILLISECONDS)).isFalse();
    reading.close();
    assertThat(theirs.writeLock().acquire(60, TimeUnit.SECONDS)).isTrue();
    theirs.writeLock().release();
  }

  @Test
  void semaphore() throws Exception {
    InterProcessSemaphoreV2 theirs = new InterProcessSemaphoreV2(curator, path, 2);
    Semaphore ours = new Semaphore(conclave, path, 2);
    Callable<Void> curators =
        () -> {
          Lease lease = theirs.acquire();
          visit();
          theirs.returnLease(lease);
          return null;
        };
    Callable<Void> conclaves =
        () -> {
          try (Held held = ours.lock()) {
            assertThat(held.isHeld()).isTrue();
            visit();
          }
          return null;
        };
    allAtOnce(List.of(curators, conclaves, curators, conclaves));
    assertThat(most.get()).isBetween(1, 2);
    awaitChildren(path + "/leases", 0);
    awaitChildren(path + "/locks", 0);
  }

  @Test
  void leaderLatch() throws Exception {
    var first = new org.apache.curator.framework.recipes.leader.LeaderLatch(curator, path, "first");
    first.start();
    first.await();
    LeaderLatch second = keep(new LeaderLatch(conclave, path, "second"));
    second.start();
    awaitChildren(path, 2);
    var third = new org.apache.curator.framework.recipes.leader.LeaderLatch(curator, path, "third");
    third.start();
    awaitChildren(path, 3);
    assertThat(soon(second.leader()).orElseThrow().id()).isEqualTo("first");
    assertThat(second.isLeader()).isFalse();

    first.close();
    soon(second.elected());
    assertThat(third.getLeader().getId()).isEqualTo("second");
    assertThat(third.hasLeadership()).isFalse();

    second.close();
    assertThat(third.await(60, TimeUnit.SECONDS)).isTrue();
    third.close();
  }

  @Test
  void leaderSelector() throws Exception {
    CountDownLatch theirTurns = new CountDownLatch(5);
    CountDownLatch ourTurns = new CountDownLatch(5);
    var theirs =
        new org.apache.curator.framework.recipes.leader.LeaderSelector(
            curator,
            path,
            new LeaderSelectorListenerAdapter() {
              @Override
              public void takeLeadership(CuratorFramework client) {
                visit();
                theirTurns.countDown();
              }
            });
    theirs.setId("theirs");
    theirs.autoRequeue();
    theirs.start();
    LeaderSelector ours =
        keep(
            new LeaderSelector(
                conclave,
                path,
                "ours",
                LeaderSelector.onThread(
                    term -> {
                      visit();
                      ourTurns.countDown();
                    })));
    ours.start();
    assertThat(theirTurns.await(WAIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    assertThat(ourTurns.await(WAIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    theirs.close();
    assertThat(most).hasValue(1);
  }

  @Test
  void barrier() throws Exception {
    DistributedBarrier theirs = new DistributedBarrier(curator, path);
    Barrier ours = new Barrier(conclave, path);
    theirs.setBarrier();
    CompletableFuture<Void> waiting = ours.awaitRemoval();
    awaitWatches(1);
    theirs.removeBarrier();
    soon(waiting);
    soon(ours.raise());
    Future<?> theyWait =
        threads.submit(
            () -> {
              theirs.waitOnBarrier();
              return null;
            });
    awaitWatches(1);
    assertThat(theyWait.isDone()).isFalse();
    soon(ours.remove());
    theyWait.get(WAIT_SECONDS, TimeUnit.SECONDS);
  }

  @Test
  void doubleBarrier() throws Exception {
    for (int round = 0; round < 3; round++) {
      List<Future<?>> theirs = new ArrayList<>();
      CountDownLatch entered = new CountDownLatch(2);
      CountDownLatch mayLeave = new CountDownLatch(1);
      for (int i = 0; i < 2; i++) {
        DistributedDoubleBarrier member = new DistributedDoubleBarrier(curator, path, 3);
        theirs.add(
            threads.submit(
                () -> {
                  member.enter();
                  entered.countDown();
                  mayLeave.await();
                  member.leave();
                  return null;
                }));
      }
      awaitChildren(path, 2);
      assertThat(entered.getCount()).isEqualTo(2);
      DoubleBarrier ours = new DoubleBarrier(conclave, path, 3);
      soon(ours.enter());
      assertThat(entered.await(WAIT_SECONDS, TimeUnit.SECONDS)).isTrue();
      CompletableFuture<Void> left = ours.leave();
      awaitChildren(path, 3);
      assertThat(left).isNotDone();
      mayLeave.countDown();
      soon(left);
      for (Future<?> one : theirs) {
        one.get(WAIT_SECONDS, TimeUnit.SECONDS);
      }
      Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> children(path).isEmpty());
    }
  }
}
