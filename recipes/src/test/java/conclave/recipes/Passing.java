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
 * Users who put items into one queue and take them out again. Nothing is handed out twice, and
 * nothing is lost but what was in the hands of a process that ended.
 */
final class Passing extends SimulatedUsers {
  static final String PATH = "/passed";
  private static final int WANTED_AT_PEACE = 3;

  /** The recipe under test. */
  interface Recipe {
    Ends open(ConclaveClient client);
  }

  /** Both ends of a queue. */
  interface Ends {
    CompletableFuture<Void> offer(byte[] item);

    /** Completes when an item is taken and dealt with. */
    CompletableFuture<Taken> take(Guest machine);
  }

  /**
   * An item that was taken.
   *
   * @param certain false where it may as well be that it will be taken again
   */
  record Taken(byte[] item, boolean certain) {}

  /** What one process was in the middle of. */
  private static final class Hands {
    int offering;
    boolean taking;
    int offered;
  }

  private final Recipe recipe;
  private final Map<Integer, Hands> hands = new HashMap<>();
  private final Set<String> offered = new HashSet<>();
  private final Set<String> acknowledged = new HashSet<>();
  private final Set<String> taken = new HashSet<>();
  private final Set<String> perhapsDone = new HashSet<>();
  private int perhapsTaken;

  Passing(int machines, int members, Recipe recipe) {
    super(machines, members);
    this.recipe = recipe;
  }

  static Ends ends(Queue queue) {
    return new Ends() {
      @Override
      public CompletableFuture<Void> offer(byte[] item) {
        return queue.offer(item);
      }

      @Override
      public CompletableFuture<Taken> take(Guest machine) {
        return queue.take().thenApply(item -> new Taken(item, true));
      }
    };
  }

  @Override
  void work(Guest machine, ConclaveClient client) {
    Ends ends = recipe.open(client);
    hands.put(machine.number(), new Hands());
    offer(machine, client, ends);
    take(machine, client, ends);
  }

  private void offer(Guest machine, ConclaveClient client, Ends ends) {
    if (client.isEnded() || user(machine).doneAtPeace >= WANTED_AT_PEACE) {
      return;
    }
    Hands own = hands.get(machine.number());
    String item = machine.number() + "-" + machine.process() + "-" + own.offered++;
    offered.add(item);
    own.offering++;
    ends.offer(item.getBytes(UTF_8))
        .whenComplete(
            (done, failure) -> {
              own.offering--;
              if (failure != null && !client.isEnded()) {
                failed(machine, "an offer does not fail", failure);
              } else if (failure == null) {
                machine.say(() -> "has offered " + item);
                acknowledged.add(item);
                if (isHealed()) {
                  user(machine).doneAtPeace++;
                }
              }
            });
    later(machine, 1_000, () -> offer(machine, client, ends));
  }

  private void take(Guest machine, ConclaveClient client, Ends ends) {
    if (client.isEnded()) {
      return;
    }
    Hands own = hands.get(machine.number());
    own.taking = true;
    ends.take(machine)
        .whenComplete(
            (got, failure) -> {
              own.taking = false;
              if (got != null) {
                took(machine, new String(got.item(), UTF_8), got.certain());
              } else if (failure != null && !client.isEnded()) {
                failed(machine, "to take does not fail", failure);
              }
              later(machine, 600, () -> take(machine, client, ends));
            });
  }

  private void took(Guest machine, String item, boolean certain) {
    machine.say(() -> "has taken " + item);
    if (!offered.contains(item)) {
      machine.fail("nobody is given what nobody has offered", item);
    }
    if (!certain) {
      perhapsDone.add(item);
    } else if (!taken.add(item)) {
      machine.fail("nothing is handed out twice", item);
    }
  }

  @Override
  public void ended(Guest machine) {
    super.ended(machine);
    Hands last = hands.remove(machine.number());
    if (last != null && last.taking) {
      perhapsTaken++;
    }
  }

  @Override
  public String missing() {
    for (User user : users) {
      if (user.doneAtPeace < WANTED_AT_PEACE) {
        return "somebody can't offer";
      }
    }
    Set<String> lost = new HashSet<>(acknowledged);
    lost.removeAll(taken);
    lost.removeAll(perhapsDone);
    return lost.size() > perhapsTaken ? "lost=" + lost + " of " + this : "";
  }

  @Override
  public String toString() {
    return "acknowledged="
        + acknowledged.size()
        + " taken="
        + taken.size()
        + " perhapsTaken="
        + perhapsTaken;
  }
}
