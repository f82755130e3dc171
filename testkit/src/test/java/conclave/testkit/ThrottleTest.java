package conclave.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A server that takes no more requests in for a while forgets none of those who wait for it. */
final class ThrottleTest {
  private static final int CLIENTS = 8;
  private static final int WRITES = 200;

  @Test
  @Timeout(300)
  void allWritesAreAnsweredHoweverFewMayBeInFlight() throws Exception {
    try (TestServer server = TestServer.start("globalOutstandingLimit=4")) {
      List<ZooKeeper> clients = new ArrayList<>();
      CountDownLatch answers = new CountDownLatch(CLIENTS * WRITES);
      for (int i = 0; i < CLIENTS; i++) {
        clients.add(new ZooKeeper(server.connectString(), 30_000, event -> {}));
      }
      clients.get(0).create("/a", new byte[0], ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);

      for (int i = 0; i < WRITES; i++) {
        for (ZooKeeper client : clients) {
          client.setData("/a", new byte[0], -1, (rc, path, ctx, stat) -> answers.countDown(), null);
        }
      }

      assertThat(answers.await(60, TimeUnit.SECONDS)).as("left: %s", answers.getCount()).isTrue();
      for (ZooKeeper client : clients) {
        client.close();
      }
    }
  }
}
