package conclave.bench;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.zookeeper.AsyncCallback;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.jspecify.annotations.Nullable;

/** Apache's client, by its asynchronous calls. Its jars are on the class path of a peer only. */
final class ApachePipelinedClient implements PipelinedClient {
  private static final int SESSION_TIMEOUT_MS = 30_000;

  private final ZooKeeper client;

  ApachePipelinedClient(String servers) throws IOException, InterruptedException {
    CountDownLatch connected = new CountDownLatch(1);
    client =
        new ZooKeeper(
            servers,
            SESSION_TIMEOUT_MS,
            event -> {
              if (event.getState() == KeeperState.SyncConnected) {
                connected.countDown();
              }
            });
    if (!connected.await(SESSION_TIMEOUT_MS, TimeUnit.MILLISECONDS)) {
      throw new IOException("no connection to " + servers);
    }
  }

  @Override
  public void create(List<String> paths, byte[] data) throws Exception {
    for (String path : paths) {
      client.create(path, data, ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
    }
  }

  @Override
  public void get(String path, Consumer<@Nullable Throwable> done) {
    AsyncCallback.DataCallback callback =
        (code, asked, context, data, stat) -> done.accept(problem(code, asked));
    client.getData(path, false, callback, null);
  }

  @Override
  public void set(String path, byte[] data, Consumer<@Nullable Throwable> done) {
    AsyncCallback.StatCallback callback =
        (code, asked, context, stat) -> done.accept(problem(code, asked));
    client.setData(path, data, -1, callback, null);
  }

  private static @Nullable Throwable problem(int code, String path) {
    return code == KeeperException.Code.OK.intValue()
        ? null
        : KeeperException.create(KeeperException.Code.get(code), path);
  }

  @Override
  public void close() throws InterruptedException {
    client.close();
  }
}
