package conclave.compat;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;

/**
 * Official clients that write all the time, and what they were told. Each keeps one session for the
 * whole time, holds an ephemeral node with it, makes nodes of its own and takes numbers from a
 * sequence that all share.
 */
final class Load implements AutoCloseable {
  private static final int SESSION_TIMEOUT_MS = 40_000;
  private static final long PAUSE_NANOS = Duration.ofMillis(15).toNanos();
  private static final String FOLDER = "/load";

  private final List<Client> clients = new ArrayList<>();
  private final Queue<String> failures = new ConcurrentLinkedQueue<>();
  private volatile boolean ending;

  private Load() {}

  static Load start(Ensemble ensemble, int count) throws IOException, InterruptedException {
    try (Wire wire = Wire.session(ensemble.server(1))) {
      wire.ok(Requests.create(FOLDER));
      wire.endSession();
    }
    Load load = new Load();
    for (int number = 0; number < count; number++) {
      load.clients.add(load.new Client(number, ensemble.connectString()));
    }
    load.clients.forEach(client -> client.thread.start());
    load.awaitProgress();
    return load;
  }

  /** Waits until every client has had some more of its writes acknowledged. */
  void awaitProgress() {
    List<Integer> before = clients.stream().map(client -> client.acknowledged.size()).toList();
    Ensemble.await(
        "acknowledged writes of every client",
        () -> {
          assertThat(failures).isEmpty();
          for (Client client : clients) {
            if (client.acknowledged.size() < before.get(client.number) + 5) {
              return false;
            }
          }
          return true;
        });
  }

  /** What was acknowledged is in this tree, every session lives, and no name was given twice. */
  void check(Map<String, String> tree) {
    assertThat(failures).isEmpty();
    List<String> acknowledged = new ArrayList<>();
    for (Client client : clients) {
      acknowledged.addAll(client.acknowledged);
      assertThat(tree.get(client.ephemeral()))
          .contains("ephemeralOwner=" + client.zk.getSessionId());
      assertThat(Integer.parseInt(tree.get(client.counter()).split(" ")[0]))
          .isBetween(client.counted, client.tried);
    }
    assertThat(new HashSet<>(acknowledged)).hasSameSizeAs(acknowledged);
    EqualServers.have(tree, acknowledged);
    System.out.printf(
        "%d acknowledged writes, all there, %d times a connection was lost%n",
        acknowledged.size(), clients.stream().mapToInt(client -> client.lost.get()).sum());
  }

  /** Ends the writing; the sessions go on. */
  void end() throws InterruptedException {
    ending = true;
    for (Client client : clients) {
      client.thread.join(Ensemble.LIMIT.toMillis());
      assertThat(client.thread.isAlive()).as("client %d hangs", client.number).isFalse();
    }
  }

  @Override
  public void close() throws InterruptedException {
    ending = true;
    for (Client client : clients) {
      client.thread.interrupt();
      client.thread.join(Ensemble.LIMIT.toMillis());
      // Not waited for by a test whose ensemble is gone already.
      client.zk.close(100);
    }
  }

  private final class Client {
    final int number;
    final ZooKeeper zk;
    final Thread thread;

    /** Only this client's thread adds; others look while it runs. */
    final Queue<String> acknowledged = new ConcurrentLinkedQueue<>();

    volatile int counted;
    volatile int tried;
    final AtomicInteger lost = new AtomicInteger();

    Client(int number, String connectString) throws IOException, InterruptedException {
      this.number = number;
      this.zk = OfficialClients.connect(connectString, SESSION_TIMEOUT_MS);
      this.thread = new Thread(this::work, "load " + number);
      zk.register(
          event -> {
            if (event.getState() == Watcher.Event.KeeperState.Expired) {
              failures.add("session of client " + number + " expired");
            }
          });
    }

    String ephemeral() {
      return FOLDER + "/alive" + number;
    }

    String counter() {
      return FOLDER + "/counter" + number;
    }

    private void work() {
      try {
        create(ephemeral(), CreateMode.EPHEMERAL);
        create(counter(), CreateMode.PERSISTENT);
        count(0);
        for (int i = 1; !ending; i++) {
          create(FOLDER + "/c" + number + "-" + i, CreateMode.PERSISTENT);
          create(FOLDER + "/n", CreateMode.PERSISTENT_SEQUENTIAL);
          count(i);
          LockSupport.parkNanos(PAUSE_NANOS);
        }
      } catch (KeeperException e) {
        failures.add("client " + number + ": " + e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    private void create(String path, CreateMode mode) throws KeeperException, InterruptedException {
      boolean again = false;
      while (!ending) {
        try {
          acknowledged.add(zk.create(path, new byte[] {1}, ZooDefs.Ids.OPEN_ACL_UNSAFE, mode));
          return;
        } catch (KeeperException.ConnectionLossException e) {
          lost.incrementAndGet();
          // Of a number of the sequence nobody knows; a node of our own is asked for again.
          again = true;
        } catch (KeeperException.NodeExistsException e) {
          if (!again) {
            throw e;
          }
          acknowledged.add(path);
          return;
        }
      }
    }

    private void count(int value) throws KeeperException, InterruptedException {
      tried = value;
      while (!ending) {
        try {
          zk.setData(counter(), Integer.toString(value).getBytes(UTF_8), -1);
          counted = value;
          return;
        } catch (KeeperException.ConnectionLossException e) {
          lost.incrementAndGet();
        }
      }
    }
  }
}
