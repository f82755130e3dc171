package conclave.recipes;

import static org.awaitility.Awaitility.await;

import conclave.client.ClientOptions;
import conclave.client.ConclaveClient;
import conclave.client.SessionState;
import conclave.testkit.TestServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * A client whose connection breaks at each request of a scenario in turn, on either side of the
 * server, for a moment or for longer than its session lives.
 */
final class Cuts {
  /** Of sessions whose end is waited for. */
  private static final int SHORT_SESSION_MS = 600;

  /** Of those that are to live, on a slow machine too. */
  private static final int LONG_SESSION_MS = 20_000;

  private static final int PARALLEL = 16;

  /** No scenario has as many requests. */
  private static final int UNCUT = 1_000_000;

  /** What is done and what must hold, on a client that may lose its connection at any request. */
  @FunctionalInterface
  interface Scenario {
    /**
     * @param name another one at each call, for paths
     */
    void run(ConclaveClient fragile, String name) throws Exception;
  }

  private Cuts() {}

  /** Settings of a server on which sessions may be that short. */
  static TestServer startServer() {
    return TestServer.start("tickTime=50", "minSessionTimeout=100", "maxSessionTimeout=40000");
  }

  static ConclaveClient client(String connectString, int sessionTimeoutMs) {
    return ConclaveClient.connect(
            connectString, ClientOptions.defaults().withSessionTimeoutMs(sessionTimeoutMs))
        .join();
  }

  /**
   * Runs the scenario with every cut that there can be, many at a time, since most of it is
   * waiting.
   */
  static void everywhere(TestServer server, boolean loseSession, Scenario scenario)
      throws Exception {
    int requests = run(server, false, scenario, Cutter.Where.BEFORE_THE_SERVER, UNCUT);
    ExecutorService threads = Executors.newFixedThreadPool(PARALLEL);
    try {
      List<Future<Integer>> runs = new ArrayList<>();
      for (Cutter.Where where : Cutter.Where.values()) {
        for (int request = 1; request <= requests; request++) {
          int at = request;
          runs.add(threads.submit(() -> run(server, loseSession, scenario, where, at)));
        }
      }
      for (Future<Integer> run : runs) {
        run.get();
      }
    } finally {
      threads.shutdownNow();
    }
  }

  /** Returns how many requests there were. */
  private static int run(
      TestServer server, boolean loseSession, Scenario scenario, Cutter.Where where, int request)
      throws Exception {
    String name = "at-" + request + "-" + where + (loseSession ? "-lost" : "");
    Queue<SessionState> states = new ConcurrentLinkedQueue<>();
    try (Cutter cutter = new Cutter(server::port);
        ConclaveClient client =
            client(cutter.connectString(), loseSession ? SHORT_SESSION_MS : LONG_SESSION_MS)) {
      client.onSession(event -> states.add(event.state()));
      cutter.cutAt(request, where, loseSession);
      Thread healer = new Thread(() -> heal(cutter, states), "healer");
      healer.setDaemon(true);
      healer.start();
      try {
        scenario.run(client, name);
      } catch (Throwable e) {
        throw new AssertionError("cut " + name + ", states " + states, e);
      } finally {
        healer.interrupt();
      }
      return cutter.requests();
    }
  }

  /** The network comes back when the session is over. */
  private static void heal(Cutter cutter, Queue<SessionState> states) {
    try {
      await().atMost(Duration.ofMinutes(1)).until(() -> states.contains(SessionState.LOST));
      cutter.open();
    } catch (RuntimeException e) {
      // The scenario is over, and there was no cut.
    }
  }
}
