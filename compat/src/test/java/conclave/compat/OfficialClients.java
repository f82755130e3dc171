package conclave.compat;

import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooKeeper;

/** Makes connected official clients. */
final class OfficialClients {
  private static final int SESSION_TIMEOUT_MS = 30_000;

  private OfficialClients() {}

  static ZooKeeper connect(String connectString) throws IOException, InterruptedException {
    return connect(connectString, SESSION_TIMEOUT_MS);
  }

  static ZooKeeper connect(String connectString, int sessionTimeoutMs)
      throws IOException, InterruptedException {
    CountDownLatch connected = new CountDownLatch(1);
    ZooKeeper client =
        new ZooKeeper(
            connectString,
            sessionTimeoutMs,
            event -> {
              if (event.getState() == Watcher.Event.KeeperState.SyncConnected) {
                connected.countDown();
              }
            });
    if (!connected.await(60, TimeUnit.SECONDS)) {
      client.close();
      throw new IOException("not connected to " + connectString);
    }
    return client;
  }
}
