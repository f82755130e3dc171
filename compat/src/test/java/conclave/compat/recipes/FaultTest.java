package conclave.compat.recipes;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.client.BlockingClient;
import conclave.client.Children;
import conclave.client.ClientOptions;
import conclave.client.ConclaveClient;
import conclave.client.Refusal;
import conclave.compat.AgainstServer;
import conclave.compat.ServerProcess;
import conclave.compat.ServerSpec;
import conclave.compat.Target;
import conclave.compat.recipes.FrameRelay.Fault;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;

/**
 * A test of recipes under faults: one server process of either kind for the class, with short
 * sessions; a path of its own for each test, at which nothing is; everything that it starts ends
 * with it.
 */
@AgainstServer
@Timeout(120)
public abstract class FaultTest {
  /** The sessions of clients and actors: short, though a busy machine must not break them. */
  public static final int SESSION_MS = 1_000;

  /** That of a client whose network stalls, which is waited for at each step of a story. */
  private static final int UNLUCKY_SESSION_MS = 600;

  /** The servers look so often for who has died. */
  private static final int TICK_MS = 100;

  private static final Duration SOON = Duration.ofSeconds(20);

  private final Deque<AutoCloseable> toClose = new ArrayDeque<>();

  /** Never with a default, which would hide it if this were set too late. */
  @Parameter Target target;

  protected ServerProcess server;

  private ActorPool pool;

  /** A client that nothing ever happens to. */
  protected BlockingClient direct;

  /** A path at which nothing is. */
  protected String path;

  protected Resource resource;

  @BeforeParameterizedClassInvocation
  void startServer(Target runOn) {
    ServerSpec spec =
        ServerSpec.standard()
            .with("tickTime", Integer.toString(TICK_MS))
            .with("minSessionTimeout", "200")
            .with("maxClientCnxns", "0")
            .property("znode.container.checkIntervalMs", "300");
    pool = new ActorPool();
    server = ServerProcess.start(runOn, spec);
  }

  @AfterParameterizedClassInvocation
  void stopServer() {
    pool.close();
    server.close();
  }

  @BeforeEach
  void prepare(TestInfo test) {
    // With a timeout that a busy machine doesn't break.
    direct =
        ConclaveClient.connect(
                server.connectString(), ClientOptions.defaults().withSessionTimeoutMs(20_000))
            .join()
            .blocking();
    path = "/" + test.getTestMethod().orElseThrow().getName() + "-" + System.nanoTime();
    resource = keep(new Resource());
  }

  @AfterEach
  void close() throws Exception {
    while (!toClose.isEmpty()) {
      toClose.pop().close();
    }
    direct.async().close();
  }

  /** Closes it with the test. */
  protected <T extends AutoCloseable> T keep(T closeable) {
    toClose.push(closeable);
    return closeable;
  }

  /** A client with a short session. */
  protected ConclaveClient client() {
    return client(server.connectString());
  }

  protected ConclaveClient client(String connectString) {
    return keep(connect(connectString, SESSION_MS));
  }

  /** The client whose requests a story's relay strikes. */
  protected ConclaveClient unlucky(FrameRelay relay) {
    return keep(connect(relay.connectString(), UNLUCKY_SESSION_MS));
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
    List<String> arguments =
        new ArrayList<>(List.of(connectString, path, Integer.toString(resource.port())));
    arguments.addAll(List.of(more));
    ActorProcess actor = pool.run(main, arguments.toArray(String[]::new));
    toClose.push(() -> end(actor));
    return actor;
  }

  /** What happens in one telling of a story whose connections go through the relay. */
  @FunctionalInterface
  protected interface Story {
    void tell(FrameRelay relay) throws Exception;
  }

  /**
   * Tells the story with its first request struck, then with its second, and so on, until one is
   * told to its end without the fault having happened.
   *
   * @param story makes its clients before {@link FrameRelay#requests} matters: each telling gets a
   *     relay of its own that strikes at the n-th request that is made through it
   * @return how many steps there were
   */
  protected int atEachStep(Fault fault, Story story) throws Exception {
    for (int step = 1; ; step++) {
      try (FrameRelay relay = new FrameRelay(server.port())) {
        relay.strikeAt(step, fault);
        try {
          story.tell(relay);
        } catch (Exception | AssertionError e) {
          throw new AssertionError(fault + " at step " + step, e);
        }
        if (!relay.hasStruck()) {
          return step - 1;
        }
      }
      assertThat(step).as("steps of the story").isLessThan(100);
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
        .atMost(Duration.ofSeconds(40))
        .pollInterval(Duration.ofMillis(10))
        .until(condition::getAsBoolean);
  }

  /** Until it has said so many more lines that begin with this word. */
  protected static void untilMore(ActorProcess actor, String word, int lines) {
    int before = said(word, actor).size();
    until(() -> said(word, actor).size() >= before + lines);
  }

  /** Until every session that nobody keeps alive has ended: servers round up to their ticks. */
  protected static void awaitSessionEnd() {
    long end = System.nanoTime() + Duration.ofMillis(SESSION_MS + 5L * TICK_MS).toNanos();
    until(() -> System.nanoTime() - end > 0);
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

  protected void awaitWatches(int count) {
    Awaitility.await().atMost(SOON).until(() -> watches() == count);
  }
}
