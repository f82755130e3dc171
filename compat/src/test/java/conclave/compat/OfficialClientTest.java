package conclave.compat;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.AsyncCallback;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.Stat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The official client of 3.9.5, every method of it that talks to a server. */
final class OfficialClientTest extends OneServer {
  private ZooKeeper client;
  private final BlockingQueue<WatchedEvent> events = new LinkedBlockingQueue<>();

  @BeforeEach
  void connect() throws Exception {
    events.clear();
    client = OfficialClients.connect(server.connectString() + root);
  }

  @AfterEach
  void disconnect() throws InterruptedException {
    client.close();
  }

  @Test
  void nodesOfEveryMode() throws Exception {
    for (CreateMode mode :
        List.of(
            CreateMode.PERSISTENT,
            CreateMode.EPHEMERAL,
            CreateMode.CONTAINER,
            CreateMode.PERSISTENT_SEQUENTIAL,
            CreateMode.EPHEMERAL_SEQUENTIAL)) {
      Stat stat = new Stat();
      String path = client.create("/" + mode, new byte[2], ZooDefs.Ids.OPEN_ACL_UNSAFE, mode, stat);
      assertThat(path).startsWith("/" + mode);
      assertThat(client.exists(path, false)).isEqualTo(stat);
      assertThat(stat.getEphemeralOwner())
          .isEqualTo(mode.isEphemeral() ? client.getSessionId() : 0);
    }
    for (CreateMode mode :
        List.of(CreateMode.PERSISTENT_WITH_TTL, CreateMode.PERSISTENT_SEQUENTIAL_WITH_TTL)) {
      Stat stat = new Stat();
      String path =
          client.create(
              "/" + mode, new byte[2], ZooDefs.Ids.OPEN_ACL_UNSAFE, mode, stat, 1_000_000);
      assertThat(client.exists(path, false)).isEqualTo(stat);
    }
  }

  @Test
  void readsAndWrites() throws Exception {
    create("/a", "one");
    Stat stat = new Stat();
    assertThat(client.getData("/a", false, stat)).isEqualTo("one".getBytes(UTF_8));
    assertThat(client.setData("/a", "two".getBytes(UTF_8), 0).getVersion()).isEqualTo(1);
    assertThatThrownBy(() -> client.setData("/a", new byte[0], 0))
        .isInstanceOf(KeeperException.BadVersionException.class);
    create("/a/b", "");
    assertThat(client.getChildren("/a", false, stat)).containsExactly("b");
    assertThat(stat.getNumChildren()).isEqualTo(1);
    assertThat(client.getAllChildrenNumber("/")).isEqualTo(2);
    assertThatThrownBy(() -> client.delete("/a", -1))
        .isInstanceOf(KeeperException.NotEmptyException.class);
    client.delete("/a/b", 0);
    client.delete("/a", -1);
    assertThat(client.exists("/a", false)).isNull();
    client.create("/e", null, ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL);
    // The client does not take its root off these paths.
    assertThat(client.getEphemerals()).containsExactly(root + "/e");
    client.sync("/");
  }

  @Test
  void accessControl() throws Exception {
    client.addAuthInfo("digest", "alice:pw".getBytes(UTF_8));
    client.create("/mine", null, ZooDefs.Ids.CREATOR_ALL_ACL, CreateMode.PERSISTENT);
    assertThat(client.getACL("/mine", new Stat())).hasSize(1);
    assertThat(client.whoAmI()).extracting("user").contains("alice");
    try (ZooKeeper other = OfficialClients.connect(server.connectString() + root)) {
      assertThatThrownBy(() -> other.getData("/mine", false, null))
          .isInstanceOf(KeeperException.NoAuthException.class);
    }
    client.setACL("/mine", ZooDefs.Ids.READ_ACL_UNSAFE, 0);
  }

  @Test
  void transactions() throws Exception {
    List<OpResult> results =
        client.multi(
            List.of(
                Op.create("/a", null, ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT),
                Op.setData("/a", new byte[1], 0),
                Op.check("/a", 1),
                Op.delete("/a", 1)));
    assertThat(results).hasSize(4);
    assertThatThrownBy(() -> client.multi(List.of(Op.check("/none", 0))))
        .isInstanceOf(KeeperException.NoNodeException.class);
    create("/r", "data");
    List<OpResult> reads = client.multi(List.of(Op.getData("/r"), Op.getChildren("/none")));
    assertThat(reads.get(0)).isInstanceOf(OpResult.GetDataResult.class);
    assertThat(reads.get(1)).isInstanceOf(OpResult.ErrorResult.class);
  }

  @Test
  void watchesOfEveryKind() throws Exception {
    Watcher watcher = events::add;
    client.exists("/a", watcher);
    create("/a", "");
    expect("/a", Watcher.Event.EventType.NodeCreated);
    client.getData("/a", watcher, null);
    client.setData("/a", new byte[1], -1);
    expect("/a", Watcher.Event.EventType.NodeDataChanged);
    client.getChildren("/a", watcher);
    create("/a/b", "");
    expect("/a", Watcher.Event.EventType.NodeChildrenChanged);
    client.addWatch("/a", watcher, AddWatchMode.PERSISTENT_RECURSIVE);
    create("/a/b/c", "");
    expect("/a/b/c", Watcher.Event.EventType.NodeCreated);
    client.removeWatches("/a", watcher, Watcher.WatcherType.Any, false);
    expect("/a", Watcher.Event.EventType.PersistentWatchRemoved);
    assertThatThrownBy(() -> client.removeWatches("/a", watcher, Watcher.WatcherType.Any, false))
        .isInstanceOf(KeeperException.NoWatcherException.class);
  }

  @Test
  void manyRequestsInFlightAreAnsweredInOrder() throws Exception {
    create("/counter", "");
    List<CompletableFuture<Integer>> versions = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      CompletableFuture<Integer> version = new CompletableFuture<>();
      versions.add(version);
      AsyncCallback.StatCallback done =
          (code, path, context, stat) -> version.complete(code == 0 ? stat.getVersion() : code);
      client.setData("/counter", new byte[0], -1, done, null);
    }
    for (int i = 0; i < versions.size(); i++) {
      assertThat(versions.get(i).get(60, TimeUnit.SECONDS)).isEqualTo(i + 1);
    }
  }

  @Test
  void aDuplicateConnectionTakesTheSessionOver() throws Exception {
    try (ZooKeeper twin =
        new ZooKeeper(
            server.connectString() + root,
            30_000,
            event -> {},
            client.getSessionId(),
            client.getSessionPasswd())) {
      twin.create("/twin", null, ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL);
      assertThat(twin.getSessionId()).isEqualTo(client.getSessionId());
    }
  }

  private void create(String path, String data) throws KeeperException, InterruptedException {
    client.create(path, data.getBytes(UTF_8), ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
  }

  private void expect(String path, Watcher.Event.EventType type) throws InterruptedException {
    WatchedEvent event = events.poll(60, TimeUnit.SECONDS);
    assertThat(event).isNotNull();
    assertThat(event.getPath()).isEqualTo(path);
    assertThat(event.getType()).isEqualTo(type);
  }

  @Test
  void theConfigurationNodeIsReadable() throws Exception {
    try (ZooKeeper plain = OfficialClients.connect(server.connectString())) {
      assertThat(plain.exists("/zookeeper/config", false)).isNotNull();
      plain.getData("/zookeeper/config", false, new Stat());
    }
  }
}
