package conclave.cli.failover;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Writes tokens into one server, as fast as it takes them, whenever it takes any. There is one for
 * each server, so that nobody relies on somebody else to know who is active.
 */
final class TokenWriter implements AutoCloseable {
  /** In one step: who it is, and the write. */
  private static final String SCRIPT =
      "local i = redis.call('INFO', 'replication')"
          + " redis.call('RPUSH', 'tokens', ARGV[1])"
          + " return string.match(i, 'master_replid:(%x+)')";

  private static final int TIMEOUT_MS = 400;
  private static final int REPLICA_MS = 50;

  /** Waiting for the replica takes longer than writing, and gaps would hide what is looked for. */
  private static final int WAIT_EVERY = 8;

  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(3);

  private final String server;
  private final int port;
  private final AtomicLong tokens;
  private final Writes writes;
  private final Thread thread = new Thread(this::run, "writer");
  private volatile boolean over;

  TokenWriter(String server, int port, AtomicLong tokens, Writes writes) {
    this.server = server;
    this.port = port;
    this.tokens = tokens;
    this.writes = writes;
    thread.setDaemon(true);
    thread.start();
  }

  private void run() {
    while (!over) {
      try (Redis redis = new Redis(port, TIMEOUT_MS)) {
        while (!over) {
          write(redis);
          LockSupport.parkNanos(PAUSE_NANOS);
        }
      } catch (IOException e) {
        // Dead, stopped or cut off. What was asked for last may have been done: nobody counts it.
        LockSupport.parkNanos(PAUSE_NANOS);
      }
    }
  }

  private void write(Redis redis) throws IOException {
    long token = tokens.incrementAndGet();
    long beganNanos = System.nanoTime();
    String reign;
    try {
      reign = (String) redis.call("EVAL", SCRIPT, "0", Long.toString(token));
    } catch (Redis.Refused e) {
      return;
    }
    long endedNanos = System.nanoTime();
    boolean safe = false;
    try {
      safe =
          token % WAIT_EVERY == 0
              && (Long) redis.call("WAIT", "1", Integer.toString(REPLICA_MS)) >= 1;
    } catch (Redis.Refused e) {
      // It has become a replica meanwhile.
      safe = false;
    } finally {
      writes.add(new Writes.Accepted(token, server, reign, beganNanos, endedNanos, safe));
    }
  }

  /** All tokens that a server has. */
  static List<Long> readBack(int port) throws IOException {
    try (Redis redis = new Redis(port, 5_000)) {
      return ((List<?>) redis.call("LRANGE", "tokens", "0", "-1"))
          .stream().map(token -> Long.valueOf((String) token)).toList();
    }
  }

  @Override
  public void close() throws InterruptedException {
    over = true;
    thread.join();
  }
}
