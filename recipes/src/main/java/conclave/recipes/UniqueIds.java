package conclave.recipes;

import conclave.client.ConclaveClient;
import conclave.client.ConclaveException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Numbers that nobody else has, for rows, files, orders.
 *
 * <pre>{@code
 * UniqueIds ids = new UniqueIds(client, "/ids/orders", 1_000);
 * long order = ids.next().join();
 * long another = ids.nextBlocking();
 * System.out.println(another > order); // true: one object's numbers grow
 * ids.close().join();
 * }</pre>
 *
 * <p><b>Guarantee.</b> No number is ever given twice, by any object on any machine, whichever
 * connections and sessions are lost and whichever processes die: numbers are reserved in blocks, a
 * block once and for good, and a reservation belongs to no session. One object's numbers grow;
 * those of several lie among each other by blocks. The part of a block that was not given when its
 * process ended is never given: there are gaps. With a block in hand, numbers come without the
 * server, so also while no connection is to be had; then {@link #next} waits.
 *
 * <p><b>Layout.</b> The znode is a {@link Counter}: the first number that is not reserved. It must
 * never be deleted or set back, which this object notices when its own numbers would come again.
 *
 * <p>Thread-safe. Futures complete on the caller's or the client's thread.
 */
public final class UniqueIds {
  private final Counter reserved;
  private final String path;
  private final int blockSize;
  private final Deque<CompletableFuture<Long>> waiting = new ArrayDeque<>();

  private long next;
  private long end;

  /** A block that was fetched before it is needed. */
  private long spareNext;

  private long spareEnd;
  private boolean fetching;

  /** Why no number is safe to give any more. */
  private @Nullable Throwable broken;

  /**
   * Prepares a series of numbers, beginning at 0.
   *
   * @param blockSize how many are reserved at a time: more need the server less often, and leave
   *     longer gaps
   */
  public UniqueIds(ConclaveClient client, String path, int blockSize) {
    if (blockSize < 1) {
      throw new IllegalArgumentException("blockSize=" + blockSize + ", but 1 is the least");
    }
    this.reserved = new Counter(client, path);
    this.path = path;
    this.blockSize = blockSize;
  }

  /** The next number. */
  public CompletableFuture<Long> next() {
    CompletableFuture<Long> future = new CompletableFuture<>();
    Long ready = null;
    boolean fetch;
    synchronized (this) {
      if (broken != null) {
        return CompletableFuture.failedFuture(broken);
      }
      if (waiting.isEmpty() && hasNumber()) {
        ready = next++;
      } else {
        waiting.add(future);
      }
      fetch = startFetching();
    }
    if (ready != null) {
      future.complete(ready);
    }
    if (fetch) {
      fetch();
    }
    return future;
  }

  /** {@link #next} for code that rather waits. */
  public long nextBlocking() throws InterruptedException {
    return Waiting.forResult(next());
  }

  /** Ends what this object does at the server. */
  public CompletableFuture<Void> close() {
    return reserved.close();
  }

  private boolean hasNumber() {
    if (next == end && spareEnd != 0) {
      next = spareNext;
      end = spareEnd;
      spareNext = 0;
      spareEnd = 0;
    }
    return next < end;
  }

  /** Half a block in hand, and the next one is fetched. */
  private boolean startFetching() {
    boolean low = spareEnd == 0 && end - next <= blockSize / 2;
    if (fetching || !low) {
      return false;
    }
    fetching = true;
    return true;
  }

  private void fetch() {
    reserved.add(blockSize).whenComplete(this::fetched);
  }

  private void fetched(@Nullable Long newEnd, @Nullable Throwable failure) {
    Deque<CompletableFuture<Long>> served = new ArrayDeque<>();
    Deque<Long> numbers = new ArrayDeque<>();
    Throwable cause = null;
    boolean fetchMore;
    synchronized (this) {
      fetching = false;
      if (newEnd == null) {
        cause = ConclaveException.causeOf(failure);
      } else if (newEnd - blockSize < Math.max(end, spareEnd)) {
        cause =
            new IllegalStateException(
                path + " was set back: it reserves numbers that were given before");
        broken = cause;
      } else {
        spareNext = newEnd - blockSize;
        spareEnd = newEnd;
      }
      while (!waiting.isEmpty() && (cause != null || hasNumber())) {
        served.add(waiting.remove());
        if (cause == null) {
          numbers.add(next++);
        }
      }
      fetchMore = cause == null && startFetching();
    }
    for (CompletableFuture<Long> future : served) {
      if (cause == null) {
        future.complete(numbers.remove());
      } else {
        future.completeExceptionally(cause);
      }
    }
    if (fetchMore) {
      fetch();
    }
  }
}
