package conclave.compat;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** SIGKILL in the middle of writes: what was acknowledged is there, sessions live on. */
@Timeout(300)
final class CrashTest extends OneServer {
  private static final int WRITERS = 4;

  CrashTest() {
    super(ServerSpec.standard());
  }

  @Test
  void everyAcknowledgedWriteIsThere() throws Exception {
    for (int round = 0; round < 3; round++) {
      String folder = root + "/round" + round;
      try (Wire wire = Wire.session(server)) {
        wire.ok(Requests.create(folder));
        wire.ok(Requests.create(folder + "/counter"));
        wire.endSession();
      }
      Acknowledged acknowledged = writeUntilKilled(folder, 300);
      server.restart();
      try (Wire wire = Wire.session(server)) {
        Set<String> there =
            Set.copyOf(wire.ok(Requests.getChildren(folder, false)).read().strings());
        assertThat(there).containsAll(acknowledged.names);
        int version = wire.ok(Requests.exists(folder + "/counter", false)).stat().version();
        assertThat(version).isGreaterThanOrEqualTo(acknowledged.version.get());
        long zxid = wire.ok(Requests.create(folder + "/after")).zxid();
        assertThat(zxid).as("no transaction id is used twice").isGreaterThan(acknowledged.zxid());
        wire.endSession();
      }
    }
  }

  /** What the server said yes to. */
  private static final class Acknowledged {
    final Set<String> names = ConcurrentHashMap.newKeySet();
    final AtomicInteger version = new AtomicInteger();
    private final Set<Long> zxids = ConcurrentHashMap.newKeySet();

    long zxid() {
      return zxids.stream().mapToLong(Long::longValue).max().orElse(0);
    }
  }

  private Acknowledged writeUntilKilled(String folder, int enough) throws Exception {
    Acknowledged acknowledged = new Acknowledged();
    CountDownLatch underWay = new CountDownLatch(enough);
    ExecutorService threads = Executors.newFixedThreadPool(WRITERS);
    for (int writer = 0; writer < WRITERS; writer++) {
      int number = writer;
      threads.submit(() -> write(folder, number, acknowledged, underWay));
    }
    assertThat(underWay.await(60, TimeUnit.SECONDS)).isTrue();
    server.kill();
    threads.shutdown();
    assertThat(threads.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
    return acknowledged;
  }

  /** Keeps sixteen requests in flight, creations and changes of one shared node in turn. */
  private Void write(String folder, int writer, Acknowledged acknowledged, CountDownLatch underWay)
      throws IOException {
    try (Wire wire = Wire.session(server)) {
      int sent = 0;
      int answered = 0;
      while (true) {
        while (sent < answered + 16) {
          wire.send(
              sent % 4 == 3
                  ? Requests.setData(folder + "/counter", number(sent), -1)
                  : Requests.create(folder + "/w" + writer + "-" + sent, number(sent), 0));
          sent++;
        }
        Incoming.Reply reply = wire.reply();
        if (reply.err() == 0) {
          if (answered % 4 == 3) {
            acknowledged.version.accumulateAndGet(reply.stat().version(), Math::max);
          } else {
            acknowledged.names.add("w" + writer + "-" + answered);
          }
          acknowledged.zxids.add(reply.zxid());
          underWay.countDown();
        }
        answered++;
      }
    }
  }

  private static byte[] number(int value) {
    return ByteBuffer.allocate(4).putInt(value).array();
  }

  @Test
  void officialClientKeepsItsSessionAndWatches() throws Exception {
    CountDownLatch changed = new CountDownLatch(1);
    List<Watcher.Event.KeeperState> states = new ArrayList<>();
    try (ZooKeeper client = OfficialClients.connect(server.connectString() + root)) {
      client.register(event -> states.add(event.getState()));
      long session = client.getSessionId();
      client.create("/e", new byte[0], ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL);
      client.create("/w", new byte[0], ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
      client.exists(
          "/w",
          (WatchedEvent event) -> {
            if (event.getType() == Watcher.Event.EventType.NodeDataChanged) {
              changed.countDown();
            }
          });
      server.kill();
      server.restart();
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .ignoreExceptions()
          .until(() -> client.exists("/e", false) != null);
      assertThat(client.getSessionId()).isEqualTo(session);
      assertThat(client.exists("/e", false).getEphemeralOwner()).isEqualTo(session);
      try (ZooKeeper other = OfficialClients.connect(server.connectString() + root)) {
        other.setData("/w", new byte[1], -1);
      }
      assertThat(changed.await(60, TimeUnit.SECONDS)).isTrue();
      assertThat(states).doesNotContain(Watcher.Event.KeeperState.Expired);
    }
  }

  @Test
  void ephemeralsOfSessionsThatDoNotComeBackGo() throws Exception {
    Wire mortal = Wire.session(server, Handshake.fresh().withTimeoutMs(3000));
    mortal.ok(Requests.create(root + "/e", new byte[0], 1));
    server.kill();
    mortal.close();
    server.restart();
    Wire watcher = session();
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> watcher.call(Requests.exists(root + "/e", false)).err() == -101);
  }

  @Test
  void closedSessionsStayClosed() throws IOException {
    Wire wire = session();
    wire.ok(Requests.create(root + "/e", new byte[0], 1));
    wire.endSession();
    server.kill();
    server.restart();
    Wire again = connection();
    assertThat(again.shake(Handshake.resume(wire.session())).id()).isZero();
    assertThat(session().call(Requests.exists(root + "/e", false)).err()).isEqualTo(-101);
  }

  @Test
  void sigtermEndsItAndNothingIsLost() throws IOException {
    Wire wire = session();
    wire.ok(Requests.create(root + "/a"));
    server.stop();
    server.restart();
    session().ok(Requests.exists(root + "/a", false));
  }
}
