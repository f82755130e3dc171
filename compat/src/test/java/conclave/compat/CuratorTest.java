package conclave.compat;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.atomic.AtomicValue;
import org.apache.curator.framework.recipes.atomic.DistributedAtomicLong;
import org.apache.curator.framework.recipes.barriers.DistributedBarrier;
import org.apache.curator.framework.recipes.barriers.DistributedDoubleBarrier;
import org.apache.curator.framework.recipes.cache.CuratorCache;
import org.apache.curator.framework.recipes.cache.CuratorCacheListener;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.curator.framework.recipes.leader.LeaderSelector;
import org.apache.curator.framework.recipes.leader.LeaderSelectorListenerAdapter;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.framework.recipes.locks.InterProcessReadWriteLock;
import org.apache.curator.framework.recipes.locks.InterProcessSemaphoreV2;
import org.apache.curator.framework.recipes.locks.Lease;
import org.apache.curator.framework.recipes.nodes.GroupMember;
import org.apache.curator.framework.recipes.nodes.PersistentNode;
import org.apache.curator.framework.recipes.queue.SimpleDistributedQueue;
import org.apache.curator.framework.recipes.shared.SharedCount;
import org.apache.curator.framework.recipes.watch.PersistentWatcher;
import org.apache.curator.retry.RetryOneTime;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.WatchedEvent;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Curator's recipes, two clients against each other. */
@Timeout(300)
final class CuratorTest extends OneServer {
  private static final int WAIT_SECONDS = 60;

  private final Deque<CuratorFramework> clients = new ArrayDeque<>();
  private ExecutorService threads;
  private CuratorFramework one;
  private CuratorFramework two;

  @BeforeEach
  void connect() {
    threads = Executors.newCachedThreadPool();
    one = client();
    two = client();
  }

  @AfterEach
  void disconnect() {
    while (!clients.isEmpty()) {
      clients.pop().close();
    }
    threads.shutdownNow();
  }

  private CuratorFramework client() {
    CuratorFramework client =
        CuratorFrameworkFactory.builder()
            .connectString(server.connectString())
            .namespace(root.substring(1))
            .sessionTimeoutMs(20_000)
            .retryPolicy(new RetryOneTime(100))
            .build();
    client.start();
    clients.push(client);
    return client;
  }

  @Test
  void mutexLetsOneInAtATime() throws Exception {
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    Future<?> first = threads.submit(() -> enterOften(one, inside, most));
    Future<?> second = threads.submit(() -> enterOften(two, inside, most));
    first.get(WAIT_SECONDS, TimeUnit.SECONDS);
    second.get(WAIT_SECONDS, TimeUnit.SECONDS);
    assertThat(most.get()).isEqualTo(1);
  }

  private static Void enterOften(CuratorFramework client, AtomicInteger inside, AtomicInteger most)
      throws Exception {
    InterProcessMutex mutex = new InterProcessMutex(client, "/mutex");
    for (int i = 0; i < 25; i++) {
      assertThat(mutex.acquire(WAIT_SECONDS, TimeUnit.SECONDS)).isTrue();
      most.accumulateAndGet(inside.incrementAndGet(), Math::max);
      inside.decrementAndGet();
      mutex.release();
    }
    return null;
  }

  @Test
  void mutexOfADeadClientIsFree() throws Exception {
    InterProcessMutex mutex = new InterProcessMutex(one, "/mutex");
    mutex.acquire();
    InterProcessMutex other = new InterProcessMutex(two, "/mutex");
    assertThat(other.acquire(200, TimeUnit.MILLISECONDS)).isFalse();
    Future<Boolean> waits = threads.submit(() -> other.acquire(WAIT_SECONDS, TimeUnit.SECONDS));
    one.close();
    assertThat(waits.get(WAIT_SECONDS, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void readersShareAndAWriterDoesNot() throws Exception {
    InterProcessReadWriteLock mine = new InterProcessReadWriteLock(one, "/rw");
    InterProcessReadWriteLock others = new InterProcessReadWriteLock(two, "/rw");
    mine.readLock().acquire();
    assertThat(others.readLock().acquire(60, TimeUnit.SECONDS)).isTrue();
    others.readLock().release();
    assertThat(others.writeLock().acquire(200, TimeUnit.MILLISECONDS)).isFalse();
    mine.readLock().release();
    assertThat(others.writeLock().acquire(60, TimeUnit.SECONDS)).isTrue();
    assertThat(mine.readLock().acquire(200, TimeUnit.MILLISECONDS)).isFalse();
    others.writeLock().release();
  }

  @Test
  void semaphoreHasItsNumberOfLeases() throws Exception {
    InterProcessSemaphoreV2 mine = new InterProcessSemaphoreV2(one, "/semaphore", 2);
    InterProcessSemaphoreV2 others = new InterProcessSemaphoreV2(two, "/semaphore", 2);
    Lease first = mine.acquire();
    Lease second = others.acquire();
    assertThat(others.acquire(200, TimeUnit.MILLISECONDS)).isNull();
    mine.returnLease(first);
    Lease third = others.acquire(WAIT_SECONDS, TimeUnit.SECONDS);
    assertThat(third).isNotNull();
    others.returnLease(second);
    others.returnLease(third);
  }

  @Test
  void latchHandsLeadershipOver() throws Exception {
    LeaderLatch first = new LeaderLatch(one, "/latch", "one");
    first.start();
    assertThat(first.await(WAIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    try (LeaderLatch second = new LeaderLatch(two, "/latch", "two")) {
      second.start();
      until(() -> second.getParticipants().size() == 2);
      assertThat(second.hasLeadership()).isFalse();
      assertThat(second.getLeader().getId()).isEqualTo("one");
      first.close();
      assertThat(second.await(WAIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void selectorGivesEveryoneATurn() throws Exception {
    BlockingQueue<String> turns = new LinkedBlockingQueue<>();
    try (LeaderSelector first = selector(one, "one", turns);
        LeaderSelector second = selector(two, "two", turns)) {
      first.start();
      second.start();
      Set<String> seen =
          Set.of(
              String.valueOf(turns.poll(WAIT_SECONDS, TimeUnit.SECONDS)),
              String.valueOf(turns.poll(WAIT_SECONDS, TimeUnit.SECONDS)));
      assertThat(seen).containsExactlyInAnyOrder("one", "two");
    }
  }

  private static LeaderSelector selector(
      CuratorFramework client, String name, BlockingQueue<String> turns) {
    return new LeaderSelector(
        client,
        "/selector",
        new LeaderSelectorListenerAdapter() {
          @Override
          public void takeLeadership(CuratorFramework leader) {
            turns.add(name);
          }
        });
  }

  @Test
  void cacheFollowsTheTree() throws Exception {
    try (CuratorCache cache = CuratorCache.build(one, "/cached")) {
      CountDownLatch ready = new CountDownLatch(1);
      cache
          .listenable()
          .addListener(CuratorCacheListener.builder().forInitialized(ready::countDown).build());
      two.create().creatingParentsIfNeeded().forPath("/cached/a", bytes("1"));
      cache.start();
      assertThat(ready.await(WAIT_SECONDS, TimeUnit.SECONDS)).isTrue();
      assertThat(cache.get("/cached/a")).isPresent();
      two.setData().forPath("/cached/a", bytes("2"));
      two.create().creatingParentsIfNeeded().forPath("/cached/b/deep", bytes("3"));
      until(
          () ->
              cache.get("/cached/a").filter(node -> node.getData()[0] == '2').isPresent()
                  && cache.get("/cached/b/deep").isPresent());
      two.delete().deletingChildrenIfNeeded().forPath("/cached/b");
      until(() -> cache.get("/cached/b/deep").isEmpty() && cache.get("/cached/b").isEmpty());
    }
  }

  @Test
  @SuppressWarnings("deprecation") // Still what many applications use.
  void olderCachesFollowTheTree() throws Exception {
    two.create().forPath("/old", bytes("1"));
    try (var node = new org.apache.curator.framework.recipes.cache.NodeCache(one, "/old");
        var children =
            new org.apache.curator.framework.recipes.cache.PathChildrenCache(one, "/old", true);
        var tree = new org.apache.curator.framework.recipes.cache.TreeCache(one, "/old")) {
      node.start(true);
      children.start(
          org.apache.curator.framework.recipes.cache.PathChildrenCache.StartMode
              .BUILD_INITIAL_CACHE);
      tree.start();
      assertThat(node.getCurrentData().getData()).isEqualTo(bytes("1"));
      two.setData().forPath("/old", bytes("2"));
      two.create().forPath("/old/child", bytes("c"));
      until(() -> node.getCurrentData().getData()[0] == '2');
      until(() -> children.getCurrentData().size() == 1);
      until(() -> tree.getCurrentData("/old/child") != null);
      two.delete().forPath("/old/child");
      until(() -> children.getCurrentData().isEmpty());
      until(() -> tree.getCurrentData("/old/child") == null);
    }
  }

  @Test
  void barriers() throws Exception {
    DistributedBarrier barrier = new DistributedBarrier(one, "/barrier");
    barrier.setBarrier();
    Future<Boolean> passed =
        threads.submit(
            () ->
                new DistributedBarrier(two, "/barrier")
                    .waitOnBarrier(WAIT_SECONDS, TimeUnit.SECONDS));
    until(() -> two.checkExists().forPath("/barrier") != null);
    barrier.removeBarrier();
    assertThat(passed.get(WAIT_SECONDS, TimeUnit.SECONDS)).isTrue();

    DistributedDoubleBarrier mine = new DistributedDoubleBarrier(one, "/double", 2);
    DistributedDoubleBarrier others = new DistributedDoubleBarrier(two, "/double", 2);
    Future<Boolean> met =
        threads.submit(
            () ->
                others.enter(WAIT_SECONDS, TimeUnit.SECONDS)
                    && others.leave(WAIT_SECONDS, TimeUnit.SECONDS));
    assertThat(mine.enter(WAIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    assertThat(mine.leave(WAIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    assertThat(met.get(WAIT_SECONDS, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void queueKeepsItsOrder() throws Exception {
    SimpleDistributedQueue writer = new SimpleDistributedQueue(one, "/queue");
    SimpleDistributedQueue reader = new SimpleDistributedQueue(two, "/queue");
    for (int i = 0; i < 20; i++) {
      writer.offer(new byte[] {(byte) i});
    }
    for (int i = 0; i < 20; i++) {
      assertThat(reader.take()).containsExactly(i);
    }
    assertThat(reader.poll()).isNull();
  }

  @Test
  void persistentWatcherSeesEveryChange() throws Exception {
    BlockingQueue<WatchedEvent> events = new LinkedBlockingQueue<>();
    try (PersistentWatcher watcher = new PersistentWatcher(one, "/watched", true)) {
      CountDownLatch set = new CountDownLatch(1);
      watcher.getResetListenable().addListener(set::countDown);
      watcher.getListenable().addListener(events::add);
      watcher.start();
      assertThat(set.await(WAIT_SECONDS, TimeUnit.SECONDS)).isTrue();
      two.create().creatingParentsIfNeeded().forPath("/watched/a/b");
      two.setData().forPath("/watched/a", bytes("x"));
      two.delete().forPath("/watched/a/b");
      for (String expected :
          List.of(
              "NodeCreated /watched",
              "NodeCreated /watched/a",
              "NodeCreated /watched/a/b",
              "NodeDataChanged /watched/a",
              "NodeDeleted /watched/a/b")) {
        WatchedEvent event = events.poll(WAIT_SECONDS, TimeUnit.SECONDS);
        assertThat(event).isNotNull();
        assertThat(event.getType() + " " + event.getPath()).isEqualTo(expected);
      }
    }
  }

  @Test
  void sharedCounters() throws Exception {
    try (SharedCount mine = new SharedCount(one, "/count", 7);
        SharedCount others = new SharedCount(two, "/count", 0)) {
      mine.start();
      others.start();
      mine.setCount(8);
      until(() -> others.getCount() == 8);
      assertThat(others.trySetCount(others.getVersionedValue(), 9)).isTrue();
      until(() -> mine.getCount() == 9);
    }
    DistributedAtomicLong number = new DistributedAtomicLong(one, "/atomic", new RetryOneTime(10));
    DistributedAtomicLong same = new DistributedAtomicLong(two, "/atomic", new RetryOneTime(10));
    for (int i = 0; i < 10; i++) {
      assertThat(number.increment().succeeded()).isTrue();
      AtomicValue<Long> after = same.add(2L);
      assertThat(after.succeeded()).isTrue();
      assertThat(after.postValue()).isEqualTo(3L * (i + 1));
    }
  }

  @Test
  void groupMembersSeeEachOther() {
    try (GroupMember mine = new GroupMember(one, "/group", "one");
        GroupMember others = new GroupMember(two, "/group", "two")) {
      mine.start();
      others.start();
      until(() -> mine.getCurrentMembers().keySet().equals(Set.of("one", "two")));
      others.close();
      until(() -> mine.getCurrentMembers().keySet().equals(Set.of("one")));
    }
  }

  @Test
  void persistentNodeComesBack() throws Exception {
    try (PersistentNode node =
        new PersistentNode(one, CreateMode.EPHEMERAL, false, "/lasting", bytes("x"))) {
      node.start();
      assertThat(node.waitForInitialCreate(WAIT_SECONDS, TimeUnit.SECONDS)).isTrue();
      two.delete().forPath("/lasting");
      until(() -> two.checkExists().forPath("/lasting") != null);
    }
    until(() -> two.checkExists().forPath("/lasting") == null);
  }

  @Test
  void transactionsAndProtectedCreates() throws Exception {
    one.transaction()
        .forOperations(
            one.transactionOp().create().forPath("/t", bytes("1")),
            one.transactionOp().create().forPath("/t/a"),
            one.transactionOp().setData().withVersion(0).forPath("/t", bytes("2")),
            one.transactionOp().delete().forPath("/t/a"));
    assertThat(two.getData().forPath("/t")).isEqualTo(bytes("2"));
    String made =
        one.create()
            .creatingParentContainersIfNeeded()
            .withProtection()
            .withMode(CreateMode.EPHEMERAL_SEQUENTIAL)
            .forPath("/box/item");
    assertThat(made).matches("/box/_c_[0-9a-f-]{36}-item0000000000");
    Set<String> names = ConcurrentHashMap.newKeySet();
    for (int i = 0; i < 10; i++) {
      names.add(one.create().withMode(CreateMode.PERSISTENT_SEQUENTIAL).forPath("/box/s"));
    }
    assertThat(names).hasSize(10);
  }

  private static void until(java.util.concurrent.Callable<Boolean> condition) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(WAIT_SECONDS))
        .pollInterval(Duration.ofMillis(20))
        .until(condition);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }
}
