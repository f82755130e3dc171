package conclave.compat.recipes;

import static java.nio.charset.StandardCharsets.UTF_8;

import conclave.client.ClientOptions;
import conclave.client.ConclaveClient;
import conclave.recipes.Lock;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.retry.RetryOneTime;

/**
 * A process with clients, each with a session of its own, that take and release one lock as often
 * as they can: {@code ready}, and for each line {@code KIND MS}, {@code did N LONGEST_MS} after so
 * many milliseconds. The clients of the other kind only ping meanwhile.
 */
public final class ContenderActor {
  private static final int SESSION_MS = 30_000;

  private ContenderActor() {}

  /**
   * @param arguments servers, path, ignored, how many clients of each kind, and the kinds: {@code
   *     conclave}, {@code curator}
   */
  public static void main(String[] arguments) throws Exception {
    String servers = arguments[0];
    Map<String, List<Contender>> contenders = new HashMap<>();
    for (String kind : List.of(arguments).subList(4, arguments.length)) {
      List<Contender> ofKind = new ArrayList<>();
      for (int i = 0; i < Integer.parseInt(arguments[3]); i++) {
        String path = arguments[1] + "/" + kind;
        ofKind.add(
            kind.equals("conclave") ? new OfConclave(servers, path) : new OfCurator(servers, path));
      }
      contenders.put(kind, ofKind);
    }
    say("ready");
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, UTF_8));
    for (String line = in.readLine(); line != null && !line.equals("end"); line = in.readLine()) {
      String[] words = line.split(" ");
      say("did " + contend(contenders.get(words[0]), Long.parseLong(words[1]) * 1_000_000));
    }
    contenders.values().forEach(ofKind -> ofKind.forEach(Contender::close));
  }

  private static String contend(List<Contender> contenders, long forNanos)
      throws InterruptedException {
    AtomicLong done = new AtomicLong();
    AtomicLong longestGapNanos = new AtomicLong();
    long began = System.nanoTime();
    CountDownLatch ended = new CountDownLatch(contenders.size());
    for (Contender contender : contenders) {
      Thread thread =
          new Thread(
              () -> {
                long last = System.nanoTime();
                // Once at the least, however late the machine comes to it.
                do {
                  contender.takeAndRelease();
                  long now = System.nanoTime();
                  longestGapNanos.accumulateAndGet(now - last, Math::max);
                  last = now;
                  done.incrementAndGet();
                } while (last - began < forNanos);
                ended.countDown();
              });
      thread.start();
    }
    ended.await();
    return done + " " + longestGapNanos.get() / 1_000_000;
  }

  private static void say(String line) {
    System.out.println(line);
    System.out.flush();
  }

  /** One client and its lock. */
  interface Contender extends AutoCloseable {
    void takeAndRelease();

    @Override
    void close();
  }

  /** A contender with our lock. */
  static final class OfConclave implements Contender {
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
      try {
        // It could be taken and released on the client's own thread, which costs less, but
        // Curator's
        // cannot: here both wait on a thread of their own.
        lock.lock().close();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }

    @Override
    public void close() {
      client.close();
    }
  }

  /** A contender with Curator's. */
  static final class OfCurator implements Contender {
    private final CuratorFramework client;
    private final InterProcessMutex lock;

    OfCurator(String servers, String path) {
      client =
          CuratorFrameworkFactory.builder()
              .connectString(servers)
              .sessionTimeoutMs(SESSION_MS)
              .retryPolicy(new RetryOneTime(100))
              // Which would ask for the ensemble's configuration and watch it.
              .ensembleTracker(false)
              .build();
      client.start();
      try {
        client.blockUntilConnected();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      lock = new InterProcessMutex(client, path);
    }

    @Override
    public void takeAndRelease() {
      try {
        lock.acquire();
        lock.release();
      } catch (Exception e) {
        // Curator's methods throw the class itself.
        throw new IllegalStateException(e);
      }
    }

    @Override
    public void close() {
      client.close();
    }
  }
}
