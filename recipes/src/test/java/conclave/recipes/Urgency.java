package conclave.recipes;

import static java.nio.charset.StandardCharsets.UTF_8;

import conclave.client.ConclaveClient;
import conclave.simulator.Guest;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * What is judged of a {@link PriorityQueue} besides what {@link Passing} judges: nobody takes an
 * item and leaves a more urgent one lying that was there when its process began.
 */
final class Urgency {
  /** The recipe under test: how to offer. */
  interface Offer {
    CompletableFuture<Void> offer(PriorityQueue queue, byte[] item, int priority);
  }

  private final Offer offer;
  private final Map<String, Long> acknowledged = new HashMap<>();
  private final Set<String> taken = new HashSet<>();

  /** When an item was first left lying for a less urgent one. */
  private final Map<String, Long> leftLying = new HashMap<>();

  private long now;

  Urgency(Offer offer) {
    this.offer = offer;
  }

  private static int priority(String item) {
    return Math.floorMod(item.hashCode(), 5) - 2;
  }

  Passing.Ends open(ConclaveClient client) {
    PriorityQueue queue = new PriorityQueue(client, Passing.PATH);
    long began = ++now;
    return new Passing.Ends() {
      @Override
      public CompletableFuture<Void> offer(byte[] bytes) {
        String item = new String(bytes, UTF_8);
        return offer
            .offer(queue, bytes, priority(item))
            .thenAccept(done -> acknowledged.put(item, ++now));
      }

      @Override
      public CompletableFuture<Passing.Taken> take(Guest machine) {
        long asked = ++now;
        return queue
            .take()
            .thenApply(
                item -> {
                  took(machine, new String(item, UTF_8), began, asked);
                  return new Passing.Taken(item, true);
                });
      }
    };
  }

  private void took(Guest machine, String item, long began, long asked) {
    taken.add(item);
    Long left = leftLying.get(item);
    if (left != null && left < asked) {
      machine.fail("the most urgent comes first", item + " was left lying");
    }
    long at = ++now;
    acknowledged.forEach(
        (other, since) -> {
          if (since < began && priority(other) < priority(item) && !taken.contains(other)) {
            leftLying.putIfAbsent(other, at);
          }
        });
  }
}
