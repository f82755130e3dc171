package conclave.compat.recipes;

import static java.nio.charset.StandardCharsets.UTF_8;

import conclave.client.ConclaveClient;
import conclave.recipes.Configuration;
import conclave.recipes.Counter;
import conclave.recipes.NamingService;
import conclave.recipes.PublishSubscribe;
import conclave.recipes.Queue;
import conclave.recipes.ReliableQueue;
import conclave.recipes.Setting;
import conclave.recipes.TwoPhaseCommit;
import conclave.recipes.UniqueIds;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/**
 * A process that works without being told anything but to end. What it does is its fourth argument,
 * and what it says:
 *
 * <ul>
 *   <li>{@code take} items of a queue: {@code took ITEM};
 *   <li>{@code reliable}, deals with items, one at a time: {@code got ITEM}, {@code removed ITEM}
 *       or {@code lost ITEM};
 *   <li>{@code count} up: {@code counted SUM};
 *   <li>{@code ids}: {@code id NUMBER};
 *   <li>make up {@code names}, bound to a text of their own: {@code name NAME TEXT};
 *   <li>{@code configure} one setting that all share: {@code set REVISION TEXT};
 *   <li>{@code subscribe} by the name that is its fifth argument: {@code saw MESSAGE};
 *   <li>{@code participate} by the name that is its fifth argument: {@code commit ID}, {@code abort
 *       ID};
 *   <li>{@code coordinate} the participants {@code one} and {@code other}, again and again: {@code
 *       decided ID true} or {@code false}.
 * </ul>
 */
public final class QueueActor {
  /** What {@code configure} changes. */
  static final Setting<String> SHARED = Setting.ofString("shared", "");

  /** What dealing with an item takes, so that kills hit in the middle of it; nothing is awaited. */
  private static final int WORK_MS = 5;

  private static final long LEAST_REST_NANOS = TimeUnit.MILLISECONDS.toNanos(4);

  private final ConclaveClient client;
  private final String path;

  private QueueActor(ConclaveClient client, String path) {
    this.client = client;
    this.path = path;
  }

  /**
   * @param arguments servers, path, port of the resource, what to do, a name
   */
  public static void main(String[] arguments) throws Exception {
    ConclaveClient client = ActorHost.connect(arguments[0]);
    QueueActor actor = new QueueActor(client, arguments[1]);
    say("ready");
    Thread working = new Thread(() -> actor.work(arguments));
    working.setDaemon(true);
    working.start();
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, UTF_8));
    for (String line = in.readLine(); line != null && !line.equals("end"); line = in.readLine()) {
      // Nothing else is asked of it.
    }
    client.close();
    working.join();
  }

  private void work(String[] arguments) {
    try {
      switch (arguments[3]) {
        case "take" -> take();
        case "reliable" -> dealWith();
        case "count" -> count();
        case "ids" -> ids();
        case "names" -> names();
        case "configure" -> configure();
        case "subscribe" -> subscribe(arguments[4]);
        case "participate" -> participate(arguments[4]);
        case "coordinate" -> coordinate();
        default -> throw new IllegalArgumentException(arguments[3]);
      }
    } catch (InterruptedException | RuntimeException e) {
      // At the end it is the client's, and nobody listens any more.
      say("failed " + e);
    }
  }

  private void take() throws InterruptedException {
    Queue queue = new Queue(client, path);
    while (true) {
      say("took " + new String(queue.takeBlocking(), UTF_8));
    }
  }

  private void dealWith() throws InterruptedException {
    ReliableQueue queue = new ReliableQueue(client, path, path + "-locks");
    while (true) {
      ReliableQueue.Delivery delivery = queue.takeBlocking();
      String item = new String(delivery.item(), UTF_8);
      say("got " + item);
      TimeUnit.MILLISECONDS.sleep(WORK_MS);
      say((delivery.done().join() ? "removed " : "lost ") + item);
    }
  }

  private void count() throws InterruptedException {
    Counter counter = new Counter(client, path);
    while (true) {
      long began = System.nanoTime();
      say("counted " + counter.addBlocking(1));
      restSince(began);
    }
  }

  private void ids() throws InterruptedException {
    UniqueIds ids = new UniqueIds(client, path, 10);
    while (true) {
      long began = System.nanoTime();
      say("id " + ids.nextBlocking());
      restSince(began);
    }
  }

  private void names() throws InterruptedException {
    NamingService names = new NamingService(client, path);
    String mine = ProcessHandle.current().pid() + ":";
    for (int i = 0; true; i++) {
      long began = System.nanoTime();
      say("name " + names.uniqueName("some/worker-", mine + i).join() + " " + mine + i);
      restSince(began);
    }
  }

  private void configure() throws InterruptedException {
    String mine = "actor-" + ProcessHandle.current().pid();
    Configuration configuration = new Configuration(client, path, mine, Integer.MAX_VALUE);
    for (int i = 0; true; i++) {
      long began = System.nanoTime();
      Configuration.Revision made = configuration.set(SHARED, mine + ":" + i).join();
      say("set " + made.number() + " " + made.text());
      restSince(began);
    }
  }

  private void subscribe(String name) {
    PublishSubscribe topic = new PublishSubscribe(client, path);
    topic.subscribe(
        name,
        PublishSubscribe.From.EARLIEST,
        message -> {
          say("saw " + new String(message.data(), UTF_8));
          return CompletableFuture.completedFuture(null);
        });
  }

  private void participate(String name) {
    new TwoPhaseCommit(client, path)
        .participate(
            name,
            new TwoPhaseCommit.Participant() {
              @Override
              public CompletionStage<Boolean> prepare(String id, byte[] proposal) {
                return CompletableFuture.completedFuture(true);
              }

              @Override
              public CompletionStage<?> commit(String id, byte[] proposal) {
                say("commit " + id);
                return CompletableFuture.completedFuture(null);
              }

              @Override
              public CompletionStage<?> abort(String id, byte[] proposal) {
                say("abort " + id);
                return CompletableFuture.completedFuture(null);
              }
            });
  }

  private void coordinate() throws InterruptedException {
    TwoPhaseCommit commits = new TwoPhaseCommit(client, path);
    while (true) {
      long began = System.nanoTime();
      TwoPhaseCommit.Decision decision =
          commits
              .propose("x".getBytes(UTF_8), Set.of("one", "other"), Duration.ofSeconds(4))
              .join();
      say("decided " + decision.id() + " " + decision.isCommitted());
      restSince(began);
    }
  }

  /**
   * Waits twice as long as the last change took. Whoever comes first changes what all share, and
   * who has the longer way to the server would never be the first. And a little at least: kills hit
   * in the middle of a change all the same, and what goes on beside this test has to go on too.
   */
  private static void restSince(long beganNanos) throws InterruptedException {
    long tookNanos = System.nanoTime() - beganNanos;
    TimeUnit.NANOSECONDS.sleep(Math.max(LEAST_REST_NANOS, 2 * tookNanos));
  }

  private static synchronized void say(String line) {
    System.out.println(line);
    System.out.flush();
  }
}
