package conclave.recipes;

import conclave.client.ConclaveClient;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What the queues that hand out items have in common: all but which item is the first, how it is
 * offered, and how it is kept in a znode.
 */
abstract sealed class ItemQueue permits Queue, PriorityQueue, DelayQueue {
  private final Offers offers;
  private final Taking taking;
  private final Journal offerJournal;
  private final Journal takeJournal;

  /**
   * @param prefix how the names of items begin
   * @param order of their names
   * @param decode as for {@link Taking}, and so are {@code delayMs} and {@code rank}
   */
  ItemQueue(
      ConclaveClient client,
      String path,
      String prefix,
      Comparator<String> order,
      Function<byte @Nullable [], @Nullable List<byte[]>> decode,
      ToLongFunction<String> delayMs,
      UnaryOperator<String> rank) {
    // Two, so that one who adds does not wait for one who takes.
    this.offerJournal = new Journal(client, path);
    this.takeJournal = new Journal(client, path);
    this.offers = new Offers(client, path, offerJournal);
    this.taking = new Taking(client, path, takeJournal, order, prefix, decode, delayMs, rank);
  }

  /** Makes a znode with a name that begins so. */
  final CompletableFuture<Void> add(String prefix, byte[] data) {
    return offers.add(prefix, data);
  }

  /** Offers an item again that was taken for a call that had just given up. */
  abstract CompletableFuture<Void> putBack(byte[] item);

  /** Removes the first item, and waits for one as long as it takes, or until it is cancelled. */
  public final CompletableFuture<byte[]> take() {
    return taking.take();
  }

  /** Removes the first item; empty when there is none that can be taken. */
  public final CompletableFuture<Optional<byte[]>> poll() {
    return taking.poll();
  }

  /** Removes the first item; empty when there is none that can be taken for so long. */
  public final CompletableFuture<Optional<byte[]>> poll(Duration atMost) {
    return taking.poll(atMost);
  }

  /** The first item, which stays; empty when there is none that can be taken. */
  public final CompletableFuture<Optional<byte[]>> peek() {
    return taking.peek();
  }

  /** {@link #take} for code that rather waits. */
  public final byte[] takeBlocking() throws InterruptedException {
    return Waiting.forResult(take());
  }

  /**
   * Ends what this object does at the server; calls that wait for an item fail. An item that was
   * being taken for a call that had just given up is put back: in a {@link Queue} at the end, in a
   * {@link PriorityQueue} with priority 0, in a {@link DelayQueue} due at once.
   */
  public final CompletableFuture<Void> close() {
    return taking
        .close()
        .thenCompose(this::putBackAll)
        .thenCompose(done -> takeJournal.close())
        .thenCompose(done -> offerJournal.close());
  }

  private CompletableFuture<Void> putBackAll(List<byte[]> items) {
    return CompletableFuture.allOf(
        items.stream().map(this::putBack).toArray(CompletableFuture<?>[]::new));
  }
}
