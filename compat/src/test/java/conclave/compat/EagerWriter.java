package conclave.compat;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One session that writes one node after the other and, when its connection is lost, goes to the
 * next server at once: what it sees is how long the ensemble takes no writes.
 */
final class EagerWriter implements AutoCloseable {
  private static final String FOLDER = "/eager";
  private static final int PATIENCE_MS = 300;
  private static final int SESSION_TIMEOUT_MS = 120_000;

  private final List<ServerProcess> servers;
  private final Session session;
  private final Queue<String> acknowledged = new ConcurrentLinkedQueue<>();
  private final Thread thread = new Thread(this::work, "eager writer");
  private volatile long lastNanos = System.nanoTime();
  private volatile long gapNanos;
  private volatile boolean ending;
  private volatile @Nullable String failure;

  private EagerWriter(List<ServerProcess> servers, Session session) {
    this.servers = servers;
    this.session = session;
  }

  static EagerWriter start(Ensemble ensemble) throws IOException {
    Session session;
    try (Wire wire =
        Wire.session(ensemble.server(1), Handshake.fresh().withTimeoutMs(SESSION_TIMEOUT_MS))) {
      wire.ok(Requests.create(FOLDER));
      wire.ok(Requests.create(FOLDER + "/ephemeral", new byte[0], 1));
      session = wire.session();
    }
    EagerWriter writer =
        new EagerWriter(ensemble.sids().stream().map(ensemble::server).toList(), session);
    writer.thread.start();
    writer.awaitProgress();
    return writer;
  }

  /** Forgets the gaps that it has seen, and returns the longest. */
  Duration takeGap() {
    Duration longest = Duration.ofNanos(gapNanos);
    gapNanos = 0;
    return longest;
  }

  void awaitProgress() {
    int before = acknowledged.size();
    Ensemble.await(
        "acknowledged writes",
        () -> {
          if (failure != null) {
            throw new AssertionError(failure);
          }
          return acknowledged.size() >= before + 5;
        });
  }

  /** Ends the writing and returns what was acknowledged, the session's own ephemeral with it. */
  List<String> end() throws InterruptedException {
    close();
    if (failure != null) {
      throw new AssertionError(failure);
    }
    acknowledged.add(FOLDER + "/ephemeral");
    return List.copyOf(acknowledged);
  }

  @Override
  public void close() throws InterruptedException {
    ending = true;
    thread.join(Ensemble.LIMIT.toMillis());
  }

  private void work() {
    int next = 0;
    for (int server = 0; !ending && failure == null; server++) {
      try (Wire wire = Wire.open(servers.get(server % servers.size()))) {
        wire.readLimitMs(PATIENCE_MS);
        if (wire.shake(Handshake.resume(session)).id() != session.id()) {
          failure = "the session is gone";
        }
        while (!ending) {
          String path = FOLDER + "/e" + next++;
          wire.ok(Requests.create(path));
          acknowledged.add(path);
          long now = System.nanoTime();
          gapNanos = Math.max(gapNanos, now - lastNanos);
          lastNanos = now;
          LockSupport.parkNanos(8_000_000);
        }
      } catch (IOException e) {
        // This server is no good now: on to the next, without making a storm of it.
        LockSupport.parkNanos(2_000_000);
      }
    }
  }
}
