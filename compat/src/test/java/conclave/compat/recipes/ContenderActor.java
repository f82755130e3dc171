package conclave.compat.recipes;

import conclave.client.ClientOptions;
import conclave.client.ConclaveClient;
import conclave.recipes.Held;
import conclave.recipes.Lock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.retry.RetryOneTime;

/**
 * A process with several clients, each with a session of its own, that take and release one lock as
 * often as they can: {@code ready}, and when told {@code go}, {@code did N MS} after so many
 * milliseconds.
 */
public final class ContenderActor {
  private static final int SESSION_MS = 30_000;

  private ContenderActor() {}

  /**
   * @param arguments servers, path, ignored, {@code conclave} or {@code curator}, how many clients,
   *     for how many milliseconds
   */
  public static void main(String[] arguments) throws Exception {
    String servers = arguments[0];
    String path = arguments[1];
    int clients = Integer.parseInt(arguments[4]);
    long forNanos = Long.parseLong(arguments[5]) * 1_000_000;
    List<Contender> contenders = new ArrayList<>();
    for (int i = 0; i < clients; i++) {
      contenders.add(
          arguments[3].equals("conclave")
              ? new OfConclave(servers, path)
              : new OfCurator(servers, path));
    }
    say("ready");
    if (System.in.read() < 0) {
      return;
    }
    AtomicLong done = new AtomicLong();
    AtomicLong longestGapNanos = new AtomicLong();
    long began = System.nanoTime();
    CountDownLatch ended = new CountDownLatch(clients);
    for (Contender contender : contenders) {
      Thread thread =
          new Thread(
              () -> {
                long last = System.nanoTime();
                while (System.nanoTime() - began < forNanos) {
                  contender.takeAndRelease();
                  long now = System.nanoTime();
                  longestGapNanos.accumulateAndGet(now - last, Math::max);
                  last = now;
                  done.incrementAndGet();
                }
                ended.countDown();
              });
      thread.start();
    }
    ended.await();
    say("did " + done + " " + longestGapNanos.get() / 1_000_000);
    for (Contender contender : contenders) {
      contender.close();
    }
    System.exit(0);
  }

  private static void say(String line) {
    System.out.println(line);
    System.out.flush();
  }

  private interface Contender {
    void takeAndRelease();

    void close();
  }

  private static final class OfConclave implements Contender {
    private final ConclaveClient client;
    private final Lock lock;

    OfConclave(String servers, String path) {
      client =
          ConclaveClient.connect(servers, ClientOptions.defaults().withSessionTimeoutMs(SESSION_MS))
              .join();
      lock = new Lock(client, path);
    }

    @Override
    public void takeAndRelease() {
      lock.acquire().thenCompose(Held::release).join();
    }

    @Override
    public void close() {
      client.close();
    }
  }

  private static final class OfCurator implements Contender {
    private final CuratorFramework client;
    private final InterProcessMutex lock;

    OfCurator(String servers, String path) {
      client =
          CuratorFrameworkFactory.builder()
              .connectString(servers)
              .sessionTimeoutMs(SESSION_MS)
              .retryPolicy(new RetryOneTime(100))
              .ensembleTracker(false)
              .build();
      client.start();
      lock = new InterProcessMutex(client, path);
    }

    @Override
    public void takeAndRelease() {
      try {
        lock.acquire();
        lock.release();
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }

    @Override
    public void close() {
      client.close();
    }
  }
}
