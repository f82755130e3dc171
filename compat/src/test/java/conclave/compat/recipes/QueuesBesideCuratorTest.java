package conclave.compat.recipes;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import conclave.client.Registration;
import conclave.recipes.AtomicValue;
import conclave.recipes.Counter;
import conclave.recipes.DelayQueue;
import conclave.recipes.PriorityQueue;
import conclave.recipes.ReliableQueue;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.atomic.DistributedAtomicLong;
import org.apache.curator.framework.recipes.queue.DistributedDelayQueue;
import org.apache.curator.framework.recipes.queue.DistributedPriorityQueue;
import org.apache.curator.framework.recipes.queue.DistributedQueue;
import org.apache.curator.framework.recipes.queue.QueueBuilder;
import org.apache.curator.framework.recipes.queue.QueueConsumer;
import org.apache.curator.framework.recipes.queue.QueueSerializer;
import org.apache.curator.framework.recipes.queue.SimpleDistributedQueue;
import org.apache.curator.framework.recipes.shared.SharedCount;
import org.apache.curator.framework.recipes.shared.SharedValue;
import org.apache.curator.framework.state.ConnectionState;
import org.apache.curator.retry.RetryNTimes;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The queues, the counter and the atomic value, used together with Curator's. */
final class QueuesBesideCuratorTest extends FaultTest {
  private static final int ITEMS = 100;

  private CuratorFramework curator;
  private final Queue<String> seenByCurator = new ConcurrentLinkedQueue<>();
  private final Queue<String> seenByUs = new ConcurrentLinkedQueue<>();

  /** Curator's consumer goes on when it returns. */
  private volatile Runnable onSeenByCurator = () -> {};

  @BeforeEach
  void connectCurator() {
    seenByCurator.clear();
    seenByUs.clear();
    onSeenByCurator = () -> {};
    curator =
        keep(
            CuratorFrameworkFactory.builder()
                .connectString(server.connectString())
                .sessionTimeoutMs(20_000)
                .retryPolicy(new RetryNTimes(3, 100))
                .build());
    curator.start();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, UTF_8);
  }

  private static List<String> named(String prefix) {
    return IntStream.range(0, ITEMS).mapToObj(i -> prefix + i).toList();
  }

  private List<String> seen() {
    return Stream.concat(seenByCurator.stream(), seenByUs.stream()).toList();
  }

  private static List<String> all() {
    return Stream.concat(named("ours ").stream(), named("theirs ").stream()).toList();
  }

  /**
   * Keeps who has taken an item from going on before the other side has one too, or the faster one
   * might take them all.
   */
  private void awaitBothHaveSome() {
    until(() -> !seenByUs.isEmpty() && !seenByCurator.isEmpty());
  }

  /** Curator hands items as objects; here they are texts. */
  private static final class Texts implements QueueSerializer<String> {
    @Override
    public byte[] serialize(String item) {
      return bytes(item);
    }

    @Override
    public String deserialize(byte[] data) {
      return text(data);
    }
  }

  private QueueBuilder<String> builder() {
    QueueConsumer<String> consumer =
        new QueueConsumer<>() {
          @Override
          public void consumeMessage(String message) {
            seenByCurator.add(message);
            onSeenByCurator.run();
          }

          @Override
          public void stateChanged(CuratorFramework client, ConnectionState state) {
            // Nothing that this test breaks.
          }
        };
    return QueueBuilder.builder(curator, consumer, new Texts(), path);
  }

  private QueueBuilder<String> producer() {
    return QueueBuilder.builder(curator, null, new Texts(), path);
  }

  @Test
  void onSimpleQueueBothOfferAndTake() throws Exception {
    conclave.recipes.Queue ours = new conclave.recipes.Queue(client(), path);
    SimpleDistributedQueue theirs = new SimpleDistributedQueue(curator, path);
    for (int i = 0; i < ITEMS; i++) {
      soon(ours.offer(bytes("ours " + i)));
      theirs.offer(bytes("theirs " + i));
    }
    CompletableFuture<Void> taking =
        CompletableFuture.runAsync(
            () -> {
              while (seen().size() < 2 * ITEMS) {
                soonUnchecked(ours.poll(Duration.ofMillis(50)))
                    .ifPresent(
                        item -> {
                          seenByUs.add(text(item));
                          awaitBothHaveSome();
                        });
              }
            });
    while (seen().size() < 2 * ITEMS) {
      byte[] item = theirs.poll(50, TimeUnit.MILLISECONDS);
      if (item != null) {
        seenByCurator.add(text(item));
        awaitBothHaveSome();
      }
    }
    taking.get(120, TimeUnit.SECONDS);
    assertThat(seen()).containsExactlyInAnyOrderElementsOf(all());
    assertThat(children(path)).isEmpty();
  }

  private static <T> T soonUnchecked(CompletableFuture<T> future) {
    return future.orTimeout(60, TimeUnit.SECONDS).join();
  }

  @Test
  void theFirstOfOneIsTheFirstOfTheOther() throws Exception {
    conclave.recipes.Queue ours = new conclave.recipes.Queue(client(), path);
    SimpleDistributedQueue theirs = new SimpleDistributedQueue(curator, path);
    soon(ours.offer(bytes("1")));
    theirs.offer(bytes("2"));
    soon(ours.offer(bytes("3")));
    theirs.offer(bytes("4"));
    assertThat(text(theirs.peek())).isEqualTo("1");
    assertThat(text(soon(ours.peek()).orElseThrow())).isEqualTo("1");
    assertThat(text(theirs.take())).isEqualTo("1");
    awaitFirst(ours, "2");
    assertThat(text(soon(ours.take()))).isEqualTo("2");
    assertThat(text(theirs.take())).isEqualTo("3");
    awaitFirst(ours, "4");
    assertThat(text(soon(ours.take()))).isEqualTo("4");
  }

  /** Who comes too late for the first goes for any of the next few: until it knows better. */
  private static void awaitFirst(conclave.recipes.Queue queue, String item) {
    until(() -> soonUnchecked(queue.peek()).map(first -> text(first).equals(item)).orElse(false));
  }

  @Test
  void onQueueWithLocksEachItemIsDealtWithOnce() throws Exception {
    String locks = path + "-locks";
    ReliableQueue ours = new ReliableQueue(client(), path, locks);
    onSeenByCurator = this::awaitBothHaveSome;
    CompletableFuture<Void> curatorHasSome = new CompletableFuture<>();
    try (DistributedQueue<String> theirs = builder().lockPath(locks).buildQueue()) {
      theirs.start();
      Registration worker =
          ours.consume(
              2,
              delivery -> {
                seenByUs.add(text(delivery.item()));
                return curatorHasSome;
              });
      for (int i = 0; i < ITEMS; i++) {
        soon(ours.offer(bytes("ours " + i)));
        theirs.put("theirs " + i);
      }
      until(() -> !seenByCurator.isEmpty());
      curatorHasSome.complete(null);
      until(() -> seen().size() >= 2 * ITEMS && children(path).isEmpty());
      worker.close();
      assertThat(seen()).containsExactlyInAnyOrderElementsOf(all());
    }
  }

  @Test
  void prioritiesAreTheSame() throws Exception {
    PriorityQueue ours = new PriorityQueue(client(), path);
    try (DistributedPriorityQueue<String> theirs = producer().buildPriorityQueue(0)) {
      theirs.start();
      theirs.put("their 10", 10);
      theirs.put("their -10", -10);
      theirs.put("their 0", 0);
      assertThat(theirs.flushPuts(60, TimeUnit.SECONDS)).isTrue();
      soon(ours.offer(bytes("our 5"), 5));
      soon(ours.offer(bytes("our -50"), -50));
      soon(ours.offer(bytes("our 11"), 11));
      List<String> taken = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        taken.add(text(soon(ours.take())));
      }
      assertThat(taken)
          .containsExactly("our -50", "their -10", "their 0", "our 5", "their 10", "our 11");
    }
    soon(ours.offer(bytes("later"), 7));
    soon(ours.offer(bytes("sooner"), -7));
    try (DistributedPriorityQueue<String> theirs =
        builder().executor(Runnable::run).buildPriorityQueue(0)) {
      theirs.start();
      until(() -> seenByCurator.size() == 2);
      assertThat(seenByCurator).containsExactly("sooner", "later");
    }
  }

  @Test
  void delaysAreTheSame() throws Exception {
    DelayQueue ours = new DelayQueue(client(), path);
    long due = System.currentTimeMillis() + 500;
    try (DistributedDelayQueue<String> theirs = producer().buildDelayQueue()) {
      theirs.start();
      theirs.put("theirs", due);
      assertThat(theirs.flushPuts(60, TimeUnit.SECONDS)).isTrue();
      // Nothing before its time, which on a slow machine may have come by now.
      Optional<byte[]> early = soon(ours.poll());
      byte[] item = early.isPresent() ? early.get() : soon(ours.take());
      assertThat(text(item)).isEqualTo("theirs");
      assertThat(System.currentTimeMillis()).isGreaterThanOrEqualTo(due);
    }
    Instant later = Instant.now().plusMillis(500);
    soon(ours.offer(bytes("ours, later"), later.plusMillis(200)));
    soon(ours.offer(bytes("ours"), later));
    try (DistributedDelayQueue<String> theirs =
        builder().executor(Runnable::run).buildDelayQueue()) {
      theirs.start();
      until(() -> seenByCurator.size() == 2);
      assertThat(Instant.now()).isAfter(later);
      assertThat(seenByCurator).containsExactly("ours", "ours, later");
    }
  }

  @Test
  void onCounterBothCount() throws Exception {
    Counter ours = new Counter(client(), path);
    DistributedAtomicLong theirs =
        new DistributedAtomicLong(curator, path, new RetryNTimes(1_000, 1));
    List<CompletableFuture<Long>> counted = new ArrayList<>();
    for (int i = 0; i < ITEMS; i++) {
      counted.add(ours.increment());
      assertThat(theirs.increment().succeeded()).isTrue();
    }
    for (CompletableFuture<Long> count : counted) {
      soon(count);
    }
    assertThat(soon(ours.get())).isEqualTo(2 * ITEMS);
    assertThat(theirs.get().postValue()).isEqualTo(2 * ITEMS);
    assertThat(soon(ours.add(-500))).isEqualTo(-300);
    assertThat(theirs.get().postValue()).isEqualTo(-300);
  }

  @Test
  void valuesAreTheSame() throws Exception {
    AtomicValue<Integer> ours = AtomicValue.ofInt(client(), path, 3);
    try (SharedCount theirs = new SharedCount(curator, path, 3)) {
      theirs.start();
      assertThat(soon(ours.update(value -> value * 5)).value()).isEqualTo(15);
      until(() -> theirs.getCount() == 15);
      assertThat(theirs.trySetCount(theirs.getVersionedValue(), 16)).isTrue();
      assertThat(soon(ours.get()).value()).isEqualTo(16);
      AtomicValue.Versioned<Integer> seen = soon(ours.get());
      theirs.setCount(17);
      assertThat(soon(ours.compareAndSet(seen, 18))).isEmpty();
    }
    try (SharedValue theirs = new SharedValue(curator, path + "-text", bytes("seed"))) {
      theirs.start();
      AtomicValue<String> text = AtomicValue.ofString(client(), path + "-text", "");
      assertThat(soon(text.get()).value()).isEqualTo("seed");
      soon(text.set("grown"));
      until(() -> text(theirs.getValue()).equals("grown"));
    }
  }
}
