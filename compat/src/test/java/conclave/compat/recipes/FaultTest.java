package conclave.compat.recipes;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.client.BlockingClient;
import conclave.client.Children;
import conclave.client.ClientOptions;
import conclave.client.ConclaveClient;
import conclave.client.Refusal;
import conclave.compat.AgainstServer;
import conclave.compat.ServerProcess;
import conclave.compat.Target;
import conclave.compat.recipes.FrameRelay.Fault;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;

/**
 * A test of recipes under faults: a server process of either kind, which it shares with others; a
 * path of its own for each test, at which nothing is; everything that it starts ends with it.
 *
 * <p>Sessions are long, so that no machine is slow enough to end one that is to live. One that is
 * to end, because its process was killed or stands still, is ended by {@link #expire}.
 */
@AgainstServer
@Timeout(300)
public abstract class FaultTest {
  /** The sessions of clients and actors: a busy machine must not break them. */
  static final int SESSION_MS = 20_000;

  /** Of those whose end by itself is waited for; the machine may stand still for less than this. */
  static final int SHORT_SESSION_MS = 4_000;

  /** A client leaves a server that has said nothing for a third of this. */
  private static final int STALLED_SESSION_MS = 6_000;

  /** So many steps of a story are told at a time: most of it is waiting. */
  private static final int AT_ONCE = 8;

  private static final Duration SOON = Duration.ofSeconds(120);

  private final Deque<AutoCloseable> toClose = new ConcurrentLinkedDeque<>();

  /** Never with a default, which would hide it if this were set too late. */
  @Parameter Target target;

  protected ServerProcess server;

  private ActorPool pool;

  /** A client that nothing ever happens to. */
  protected BlockingClient direct;

  /** A path at which nothing is. */
  protected String path;

  protected Resource resource;

  @BeforeEach
  void prepare(TestInfo test) {
    pool = SharedProcesses.actors();
    server = serverOf(target);
    direct = client().blocking();
    path = "/" + test.getTestMethod().orElseThrow().getName() + "-" + System.nanoTime();
    resource = keep(new Resource());
  }

  @AfterEach
  void close() throws Exception {
    while (!toClose.isEmpty()) {
      toClose.pop().close();
    }
  }

  /** The server that the next test works on. */
  protected ServerProcess serverOf(Target kind) {
    return SharedProcesses.server(kind);
  }

  /** Closes it with the test. */
  protected <T extends AutoCloseable> T keep(T closeable) {
    toClose.push(closeable);
    return closeable;
  }

  protected ConclaveClient client() {
    return client(server.connectString());
  }

  protected ConclaveClient client(String connectString) {
    return keep(connect(connectString, SESSION_MS));
  }

  /** The client whose requests a story's relay strikes. */
  protected ConclaveClient unlucky(FrameRelay relay) {
    return keep(connect(relay.connectString(), relay.stalls() ? STALLED_SESSION_MS : SESSION_MS));
  }

  private static ConclaveClient connect(String connectString, int sessionTimeoutMs) {
    return ConclaveClient.connect(
            connectString, ClientOptions.defaults().withSessionTimeoutMs(sessionTimeoutMs))
        .join();
  }

  protected FrameRelay relay() {
    return keep(new FrameRelay(server.port()));
  }

  /**
   * A process that runs a {@code main} with these arguments: the server, the path, the resource's
   * port, and what else it wants.
   */
  protected ActorProcess actor(Class<?> main, String... more) {
    return actorVia(server.connectString(), main, more);
  }

  /** The same by another way to the server, such as a {@link FrameRelay}. */
  protected ActorProcess actorVia(String connectString, Class<?> main, String... more) {
    return actorWith(SESSION_MS, connectString, main, more);
  }

  /** The same with sessions that end {@link #SHORT_SESSION_MS} after they were last heard of. */
  protected ActorProcess shortLived(String connectString, Class<?> main, String... more) {
    return actorWith(SHORT_SESSION_MS, connectString, main, more);
  }

  private ActorProcess actorWith(
      int sessionMs, String connectString, Class<?> main, String... more) {
    List<String> arguments =
        new ArrayList<>(List.of(connectString, path, Integer.toString(resource.port())));
    arguments.addAll(List.of(more));
    ActorProcess actor = pool.run(main, sessionMs, arguments.toArray(String[]::new));
    toClose.push(() -> end(actor));
    return actor;
  }

  /**
   * Has the server end the newest session of an actor that was killed or stands still, as it would
   * by itself after the session's timeout.
   */
  protected void expire(ActorProcess actor) {
    List<String> sessions = said("session", actor);
    server.endSession(Long.parseLong(sessions.get(sessions.size() - 1)));
  }

  /** What happens in one telling of a story whose connections go through the relay. */
  @FunctionalInterface
  protected interface Story {
    /**
     * Tells it once.
     *
     * @param path where nothing is; other tellings have others
     */
    void tell(FrameRelay relay, String path) throws Exception;
  }

  /**
   * Tells the story with its first request struck, with its second, and so on, several at a time,
   * until one is told to its end without the fault having happened.
   *
   * @param story makes its clients before {@link FrameRelay#requests} matters: each telling gets a
   *     relay of its own that strikes at the n-th request that is made through it
   * @return how many steps there were
   */
  protected int atEachStep(Fault fault, Story story) throws Exception {
    ExecutorService tellers = Executors.newFixedThreadPool(AT_ONCE);
    try {
      for (int first = 1; first < 100; first += AT_ONCE) {
        List<Future<Boolean>> told = new ArrayList<>();
        for (int step = first; step < first + AT_ONCE; step++) {
          int struck = step;
          told.add(tellers.submit(() -> isStruck(fault, struck, story)));
        }
        int steps = first - 1;
        boolean all = true;
        for (Future<Boolean> one : told) {
          all &= one.get();
          steps += all ? 1 : 0;
        }
        if (!all) {
          return steps;
        }
      }
    } finally {
      tellers.shutdownNow();
    }
    throw new AssertionError("a story of 100 steps");
  }

  /** Tells the story once; whether it has come so far as to be struck. */
  private boolean isStruck(Fault fault, int step, Story story) {
    try (FrameRelay relay = new FrameRelay(server.port())) {
      relay.strikeAt(step, fault);
      try {
        story.tell(relay, path + "-" + step);
      } catch (Exception | AssertionError e) {
        throw new AssertionError(fault + " at step " + step, e);
      }
      return relay.hasStruck();
    }
  }

  /** The result of something that is to happen soon. */
  protected static <T> T soon(CompletableFuture<T> future) throws Exception {
    return future.get(SOON.toSeconds(), TimeUnit.SECONDS);
  }

  /** The names below a znode; none when it does not exist. */
  protected List<String> children(String of) {
    Children found = direct.await(direct.async().getChildren(of)).orNullIf(Refusal.NO_NODE);
    return found == null ? List.of() : found.names();
  }

  protected void awaitChildren(String of, int count) {
    Awaitility.await()
        .atMost(SOON)
        .pollInterval(Duration.ofMillis(10))
        .untilAsserted(() -> assertThat(children(of)).hasSize(count));
  }

  /** Ends an actor before the test does. */
  protected void end(ActorProcess actor) throws InterruptedException {
    pool.giveBack(actor);
  }

  /** Until they have connected: they start at the same time. */
  protected static void awaitReady(ActorProcess... actors) throws InterruptedException {
    for (ActorProcess actor : actors) {
      actor.await("ready");
    }
  }

  /** What the actors have said so far in lines that begin with a word. */
  protected static List<String> said(String word, ActorProcess... actors) {
    return said(word, List.of(actors));
  }

  protected static List<String> said(String word, List<ActorProcess> actors) {
    List<String> all = new ArrayList<>();
    for (ActorProcess actor : actors) {
      for (String line : actor.said()) {
        if (line.startsWith(word + " ")) {
          all.add(line.substring(word.length() + 1));
        }
      }
    }
    return all;
  }

  protected static void until(BooleanSupplier condition) {
    Awaitility.await()
        .atMost(Duration.ofMinutes(3))
        .pollInterval(Duration.ofMillis(10))
        .until(condition::getAsBoolean);
  }

  /** Until it has said so many more lines that begin with this word. */
  protected static void untilMore(ActorProcess actor, String word, int lines) {
    int before = said(word, actor).size();
    until(() -> said(word, actor).size() >= before + lines);
  }

  /** How many watches all clients have at the server. */
  protected int watches() throws Exception {
    // Unlike wchs, which leaves those on children out.
    return server
        .word("mntr")
        .lines()
        .filter(line -> line.startsWith("zk_watch_count"))
        .mapToInt(line -> Integer.parseInt(line.split("\t")[1]))
        .findFirst()
        .orElseThrow();
  }

  protected void awaitAnyWatch() {
    Awaitility.await().atMost(SOON).until(() -> watches() > 0);
  }

  /** Until so many znodes below this one are watched, other than for their children. */
  protected void awaitWatchedBelow(String of, int count) {
    Awaitility.await()
        .atMost(SOON)
        .until(
            () ->
                server.word("wchp").lines().filter(line -> line.startsWith(of + "/")).count()
                    == count);
  }

  protected void awaitWatches(int count) {
    Awaitility.await().atMost(SOON).until(() -> watches() == count);
  }
}
