package conclave.recipes;

import conclave.client.ConclaveClient;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * A queue of byte arrays: first in, first out.
 *
 * <pre>{@code
 * Queue queue = new Queue(client, "/jobs");
 * queue.offer("resize 17".getBytes(UTF_8)).join();
 * Optional<byte[]> first = queue.peek().join(); // stays
 * byte[] mine = queue.take().join(); // mine alone; waits for one
 * Optional<byte[]> none = queue.poll().join(); // empty: nothing is left
 * Optional<byte[]> soon = queue.poll(Duration.ofMillis(100)).join();
 * queue.close().join();
 * }</pre>
 *
 * <p><b>Guarantee.</b> Each item is handed to exactly one call of {@link #take} or {@link #poll},
 * whichever connections and sessions are lost meanwhile: items belong to no session, and a change
 * whose answer was lost is looked up before it is made again. The calls then take longer; they fail
 * only when the server refuses or the client is closed, and an {@link #offer} that failed for the
 * latter reason may have been done. A process that dies after it has taken an item takes it with
 * it: {@link ReliableQueue} is for items that must not be lost so. One consumer is given the items
 * in the order in which the server was given them, and one producer's are in the order of its
 * calls; several consumers take each what it can get, roughly in order.
 *
 * <p><b>Layout.</b> As Curator's SimpleDistributedQueue and the queue that ZooKeeper brings: a
 * persistent sequential child {@code qn-} for each item, whose data is the item, so both can use
 * one queue. What is needed to do everything once is beside it, in {@code PATH.journal}: a small
 * znode for each object that has changed the queue and is not closed.
 *
 * <p>Listing the queue is done once for each connection, not once for each item; a consumer is told
 * of each item by its name. Thread-safe. Futures complete on the client's thread.
 */
public final class Queue extends ItemQueue {
  private static final String PREFIX = "qn-";
  private static final byte[] EMPTY = new byte[0];

  public Queue(ConclaveClient client, String path) {
    super(
        client,
        path,
        PREFIX,
        Comparator.naturalOrder(),
        data -> List.of(data == null ? EMPTY : data),
        name -> 0,
        name -> "");
  }

  /** Adds an item at the end; completes when it is there. */
  public CompletableFuture<Void> offer(byte[] item) {
    return add(PREFIX, item);
  }

  @Override
  CompletableFuture<Void> putBack(byte[] item) {
    return offer(item);
  }
}
