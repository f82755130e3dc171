package conclave.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import conclave.protocol.CreateMode;
import conclave.protocol.Paths;
import conclave.testkit.Relay;
import conclave.testkit.TestServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The copy against the server's own answers. */
@Timeout(300)
class CacheTest {
  private static TestServer server;

  private Relay relay;
  private ConclaveClient client;
  private BlockingClient direct;
  private String root;

  @BeforeAll
  static void startServer() {
    server = TestServer.start("tickTime=100", "minSessionTimeout=200");
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  @BeforeEach
  void connect() {
    relay = Relay.to(server::port);
    client =
        ConclaveClient.connect(
                relay.connectString(), ClientOptions.defaults().withSessionTimeoutMs(1_000))
            .join();
    direct = ConclaveClient.connect(server.connectString()).join().blocking();
    root = direct.create("/cache-", null, CreateMode.PERSISTENT_SEQUENTIAL).path();
  }

  @AfterEach
  void close() {
    client.close();
    relay.close();
    direct.async().close();
  }

  /** Changes of any kind, with cuts of the connection and whole sessions lost in between. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void theCopyOfATreeComesToAgreeWhateverHappens(long seed) {
    Random random = new Random(seed);
    try (Cache cache = client.cache(root, Cache.Depth.TREE)) {
      Map<String, Long> heard = new ConcurrentHashMap<>();
      cache.onChange(
          change -> {
            if (change.now() == null) {
              heard.remove(change.path());
            } else {
              heard.put(change.path(), change.now().stat().mzxid());
            }
          });
      cache.start().join();
      for (int i = 0; i < 400; i++) {
        changeSomething(random);
        if (i % 100 == 50) {
          relay.cut();
        }
        if (i == 250) {
          relay.refuse();
          await().atMost(Duration.ofMinutes(1)).until(() -> client.state() == SessionState.LOST);
        }
        if (i == 300) {
          relay.open();
        }
      }
      Map<String, Long> truth = truth();
      await()
          .atMost(Duration.ofMinutes(1))
          .untilAsserted(
              () -> {
                Map<String, Long> copied = new TreeMap<>();
                cache.nodes().forEach((path, node) -> copied.put(path, node.stat().mzxid()));
                assertThat(copied).isEqualTo(truth);
                assertThat(new TreeMap<>(heard)).isEqualTo(truth);
              });
    }
  }

  private void changeSomething(Random random) {
    List<String> all = new ArrayList<>(truth().keySet());
    String some = all.get(random.nextInt(all.size()));
    switch (random.nextInt(4)) {
      case 0, 1 -> {
        if (some.length() < root.length() + 8) {
          String child = Paths.child(some, "n" + random.nextInt(4));
          direct.await(direct.async().create(child, null, CreateMode.PERSISTENT));
        }
      }
      case 2 -> direct.setData(some, new byte[] {(byte) random.nextInt()}, -1);
      default -> {
        if (!some.equals(root)) {
          direct.deleteTree(some);
        }
      }
    }
  }

  private Map<String, Long> truth() {
    Map<String, Long> all = new TreeMap<>();
    collect(root, all);
    return all;
  }

  private void collect(String path, Map<String, Long> into) {
    into.put(path, direct.getData(path).stat().mzxid());
    for (String name : direct.getChildren(path)) {
      collect(Paths.child(path, name), into);
    }
  }

  @Test
  void theCopyOfChildrenLeavesOutWhatIsBelowThem() {
    direct.create(root + "/a", new byte[] {1}, CreateMode.PERSISTENT);
    direct.create(root + "/a/deep", null, CreateMode.PERSISTENT);
    try (Cache cache = client.cache(root, Cache.Depth.CHILDREN)) {
      cache.start().join();
      assertThat(cache.nodes().keySet()).containsExactly(root, root + "/a");
      direct.create(root + "/b", null, CreateMode.PERSISTENT);
      direct.create(root + "/b/deep", null, CreateMode.PERSISTENT);
      direct.create(root + "/c", null, CreateMode.PERSISTENT);
      await()
          .atMost(Duration.ofMinutes(1))
          .until(() -> cache.children(root).equals(List.of("a", "b", "c")));
      assertThat(cache.get(root + "/b/deep")).isEmpty();
      assertThat(cache.get(root + "/a").orElseThrow().data()).containsExactly(1);
    }
  }

  @Test
  void aZnodeThatIsNotThereYetIsCopiedWhenItComes() {
    String later = root + "/later";
    try (Cache cache = client.cache(later, Cache.Depth.NODE)) {
      cache.start().join();
      assertThat(cache.get(later)).isEmpty();
      direct.create(later, new byte[] {7}, CreateMode.PERSISTENT);
      await().atMost(Duration.ofMinutes(1)).until(() -> cache.get(later).isPresent());
      direct.delete(later, -1);
      await().atMost(Duration.ofMinutes(1)).until(() -> cache.get(later).isEmpty());
    }
  }
}
