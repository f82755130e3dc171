package conclave.recipes;

import conclave.client.ConclaveClient;
import java.util.Comparator;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;

/**
 * A queue whose items have a priority: lower numbers come first, and among equal ones the older.
 *
 * <pre>{@code
 * PriorityQueue queue = new PriorityQueue(client, "/tickets");
 * queue.offer("slow page".getBytes(UTF_8), 10).join();
 * queue.offer("site is down".getBytes(UTF_8), -5).join();
 * byte[] urgent = queue.take().join(); // "site is down"
 * Optional<byte[]> next = queue.poll().join(); // "slow page"
 * queue.close().join();
 * }</pre>
 *
 * <p><b>Guarantee.</b> Each item is handed to exactly one call, as {@link Queue} says in more
 * words: lost connections and sessions cost time, a process that dies takes with it what it had
 * taken. A consumer takes the most urgent item that it knows of when it asks the server for one,
 * and it is told of new items as they come; so one that came in that very moment may have to wait
 * for the next call. Several consumers take items of one priority only roughly in their order.
 *
 * <p><b>Layout.</b> As Curator's DistributedPriorityQueue without a lock path, so both can use one
 * queue: persistent sequential children {@code queue-} followed by {@code 1}, or {@code 0} for a
 * negative priority, and the priority as 8 hexadecimal digits; the data as its DistributedQueue
 * writes it. A znode in which Curator has put several items is taken as a whole.
 *
 * <p>Unlike there, an item that comes or goes does not make every consumer list the queue again.
 * Thread-safe. Futures complete on the client's thread.
 */
public final class PriorityQueue extends ItemQueue {
  private static final int RANK_LENGTH = ItemCodec.PREFIX.length() + 1 + 8;

  public PriorityQueue(ConclaveClient client, String path) {
    super(
        client,
        path,
        ItemCodec.PREFIX,
        Comparator.naturalOrder(),
        ItemCodec::decode,
        name -> 0,
        PriorityQueue::rank);
  }

  /**
   * Adds an item; completes when it is there.
   *
   * @param priority lower ones come first
   */
  public CompletableFuture<Void> offer(byte[] item, int priority) {
    return add(prefix(priority), ItemCodec.encode(item));
  }

  @Override
  CompletableFuture<Void> putBack(byte[] item) {
    return offer(item, 0);
  }

  /** The priority in an item's name. */
  private static String rank(String name) {
    return name.substring(0, Math.min(RANK_LENGTH, name.length()));
  }

  /** Digits sort as numbers do within one sign; what is in front of them puts negatives first. */
  static String prefix(int priority) {
    String sign = priority >= 0 ? "1" : "0";
    return ItemCodec.PREFIX + sign + String.format(Locale.ROOT, "%08X", priority);
  }
}
