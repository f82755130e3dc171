package conclave.recipes;

import conclave.client.ConclaveClient;
import java.time.Instant;
import java.util.Comparator;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;

/**
 * A queue whose items can be taken from a certain time on, those that are due first coming first.
 *
 * <pre>{@code
 * DelayQueue queue = new DelayQueue(client, "/reminders");
 * queue.offer("call back".getBytes(UTF_8), Instant.now().plusSeconds(1)).join();
 * Optional<byte[]> tooEarly = queue.poll().join(); // empty
 * byte[] due = queue.take().join(); // a second later
 * queue.close().join();
 * }</pre>
 *
 * <p><b>Guarantee.</b> Each item is handed to exactly one call, as {@link Queue} says in more
 * words: lost connections and sessions cost time, a process that dies takes with it what it had
 * taken. No item is handed out before its time by the consumer's clock, which has to agree with the
 * producer's as well as the times are meant.
 *
 * <p><b>Layout.</b> As Curator's DistributedDelayQueue without a lock path, so both can use one
 * queue: persistent sequential children {@code queue-|TIME|}, where TIME is in hexadecimal
 * milliseconds since 1970; the data as its DistributedQueue writes it. A znode in which Curator has
 * put several items is taken as a whole.
 *
 * <p>Thread-safe. Futures complete on the client's thread.
 */
public final class DelayQueue extends ItemQueue {
  private static final char SEPARATOR = '|';

  private final ConclaveClient client;

  public DelayQueue(ConclaveClient client, String path) {
    super(
        client,
        path,
        ItemCodec.PREFIX,
        Comparator.comparingLong(DelayQueue::dueMs).thenComparing(Comparator.naturalOrder()),
        ItemCodec::decode,
        name -> dueMs(name) - client.runtime().currentTimeMs(),
        name -> "");
    this.client = client;
  }

  /** Adds an item that can be taken from then on; completes when it is there. */
  public CompletableFuture<Void> offer(byte[] item, Instant due) {
    long ms = due.toEpochMilli();
    if (ms <= 0) {
      throw new IllegalArgumentException("due=" + due + ", but 1970 is long over");
    }
    return add(prefix(ms), ItemCodec.encode(item));
  }

  @Override
  CompletableFuture<Void> putBack(byte[] item) {
    return offer(item, Instant.ofEpochMilli(client.runtime().currentTimeMs()));
  }

  static String prefix(long dueMs) {
    return ItemCodec.PREFIX + SEPARATOR + String.format(Locale.ROOT, "%08X", dueMs) + SEPARATOR;
  }

  /** 0 for a name without a time, which Curator takes at once too. */
  static long dueMs(String name) {
    int end = name.lastIndexOf(SEPARATOR);
    int begin = end <= 0 ? -1 : name.lastIndexOf(SEPARATOR, end - 1);
    if (begin <= 0) {
      return 0;
    }
    try {
      return Long.parseLong(name.substring(begin + 1, end), 16);
    } catch (NumberFormatException e) {
      return 0;
    }
  }
}
