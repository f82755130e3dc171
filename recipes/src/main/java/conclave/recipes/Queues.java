package conclave.recipes;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/** What the queues have in common. */
final class Queues {
  /** The beginning of the names of items in Curator's DistributedQueue and all made of it. */
  static final String PREFIX = "queue-";

  private Queues() {}

  /** Puts all items back. */
  static Function<List<byte[]>, CompletableFuture<Void>> putBack(
      Function<byte[], CompletableFuture<Void>> offer) {
    return items ->
        CompletableFuture.allOf(items.stream().map(offer).toArray(CompletableFuture<?>[]::new));
  }
}
