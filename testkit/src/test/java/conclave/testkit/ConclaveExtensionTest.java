package conclave.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher.Event.EventType;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.Stat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The kit, seen by ZooKeeper's own client. */
class ConclaveExtensionTest {
  @RegisterExtension static final ConclaveExtension conclave = new ConclaveExtension();

  @Test
  void aClientWritesReadsAndWatches() throws Exception {
    BlockingQueue<WatchedEvent> events = new LinkedBlockingQueue<>();
    try (ZooKeeper client = new ZooKeeper(conclave.connectString(), 10_000, event -> {})) {
      byte[] one = "one".getBytes(StandardCharsets.UTF_8);
      client.create("/kit", one, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
      Stat stat = new Stat();

      assertThat(client.getData("/kit", events::add, stat)).isEqualTo(one);
      client.setData("/kit", new byte[0], stat.getVersion());

      WatchedEvent event = events.poll(60, TimeUnit.SECONDS);
      assertThat(event).isNotNull();
      assertThat(event.getType()).isEqualTo(EventType.NodeDataChanged);
      assertThat(client.getChildren("/", false)).contains("kit", "zookeeper");
      assertThatThrownBy(() -> client.setData("/kit", one, 0))
          .isInstanceOf(KeeperException.BadVersionException.class);
    }
  }

  @Test
  void ephemeralsGoWithTheirSession() throws Exception {
    try (ZooKeeper watching = new ZooKeeper(conclave.connectString(), 10_000, event -> {})) {
      ZooKeeper owner = new ZooKeeper(conclave.connectString(), 10_000, event -> {});
      owner.create("/gone", new byte[0], Ids.OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL);
      assertThat(watching.exists("/gone", false)).isNotNull();

      owner.close();

      assertThat(watching.exists("/gone", false)).isNull();
    }
  }

  @Test
  void dataAreThereAfterARestart() throws Exception {
    try (TestServer server = TestServer.start()) {
      try (ZooKeeper client = new ZooKeeper(server.connectString(), 10_000, event -> {})) {
        for (int i = 0; i < 100; i++) {
          client.create("/n", new byte[i], Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT_SEQUENTIAL);
        }
      }
      server.restart();
      try (ZooKeeper client = new ZooKeeper(server.connectString(), 10_000, event -> {})) {
        List<String> names = client.getChildren("/", false);
        assertThat(names).hasSize(101).contains("n0000000000", "n0000000099");
      }
    }
  }
}
