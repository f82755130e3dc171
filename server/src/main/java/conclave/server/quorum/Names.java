package conclave.server.quorum;

import io.netty.channel.EventLoop;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * Looks hosts up, anew each time that one is needed: where names move with the machines behind
 * them, an address is only good for one attempt (ZOOKEEPER-2982). Looking up blocks, so it is done
 * on threads of its own; an address in digits needs none.
 */
final class Names implements AutoCloseable {
  /** More hosts than this that are being waited for at a time are as good as unknown. */
  private static final int MOST_THREADS = 32;

  private final AtomicInteger threads = new AtomicInteger();
  private final ExecutorService lookups =
      new ThreadPoolExecutor(
          0, MOST_THREADS, 10, TimeUnit.SECONDS, new SynchronousQueue<>(), this::newThread);

  private Thread newThread(Runnable task) {
    Thread thread = new Thread(task, "conclave-names-" + threads.incrementAndGet());
    thread.setDaemon(true);
    return thread;
  }

  /** Answers on the event loop; with nothing for a host that nobody knows. */
  void find(String host, EventLoop loop, Consumer<List<InetAddress>> answer) {
    byte[] digits = NetUtil.createByteArrayFromIpAddressString(host);
    if (digits != null) {
      List<InetAddress> addresses = lookUp(host);
      loop.execute(() -> answer.accept(addresses));
      return;
    }
    try {
      lookups.execute(
          () -> {
            List<InetAddress> addresses = lookUp(host);
            loop.execute(() -> answer.accept(addresses));
          });
    } catch (RejectedExecutionException e) {
      loop.execute(() -> answer.accept(List.of()));
    }
  }

  private static List<InetAddress> lookUp(String host) {
    try {
      return List.of(InetAddress.getAllByName(host));
    } catch (UnknownHostException e) {
      return List.of();
    }
  }

  @Override
  public void close() {
    lookups.shutdownNow();
  }
}
