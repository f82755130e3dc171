package conclave.recipes;

import conclave.client.ConclaveClient;
import conclave.simulator.Guest;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Users who count up one number. Each sum may be answered once only, and in the end the number must
 * be that of the increments that were acknowledged, and perhaps of those whose process has ended
 * before it could hear.
 */
final class Counting extends SimulatedUsers {
  static final String PATH = "/counted";
  private static final int WANTED_AT_PEACE = 3;

  /** The recipe under test: a way to add 1, which answers the sum. */
  interface Recipe {
    Supplier<CompletableFuture<Long>> open(ConclaveClient client);
  }

  private final Recipe recipe;
  private final Set<Long> sums = new HashSet<>();
  private final Map<Integer, Integer> pending = new HashMap<>();
  private int acknowledged;
  private int unknown;
  private boolean reading;
  private @Nullable Long last;

  Counting(int machines, int members, Recipe recipe) {
    super(machines, members);
    this.recipe = recipe;
  }

  @Override
  void work(Guest machine, ConclaveClient client) {
    count(machine, client, recipe.open(client));
  }

  private void count(Guest machine, ConclaveClient client, Supplier<CompletableFuture<Long>> add) {
    if (client.isEnded() || user(machine).doneAtPeace >= WANTED_AT_PEACE) {
      return;
    }
    int burst = 1 + machine.random().nextInt(3);
    for (int i = 0; i < burst; i++) {
      pending.merge(machine.number(), 1, Integer::sum);
      add.get().whenComplete((sum, failure) -> added(machine, client, sum, failure));
    }
    later(machine, 500, () -> count(machine, client, add));
  }

  private void added(
      Guest machine, ConclaveClient client, @Nullable Long sum, @Nullable Throwable failure) {
    pending.merge(machine.number(), -1, Integer::sum);
    if (sum == null) {
      if (!client.isEnded()) {
        failed(machine, "an increment does not fail", failure);
      }
      unknown++;
      return;
    }
    acknowledged++;
    machine.say(() -> "counts " + sum);
    if (!sums.add(sum)) {
      machine.fail("every sum is answered once", "sum=" + sum);
    }
    if (isHealed()) {
      user(machine).doneAtPeace++;
    }
  }

  @Override
  public void ended(Guest machine) {
    super.ended(machine);
    Integer lost = pending.remove(machine.number());
    unknown += lost == null ? 0 : lost;
  }

  @Override
  public String missing() {
    for (User user : users) {
      if (user.doneAtPeace < WANTED_AT_PEACE) {
        return "somebody can't count";
      }
    }
    if (pending.values().stream().anyMatch(count -> count > 0)) {
      return "somebody has no answer: " + pending;
    }
    ConclaveClient reader = users.get(0).client;
    Long sum = last;
    if (sum == null) {
      if (!reading && reader != null) {
        reading = true;
        reader
            .sync(PATH)
            .thenCompose(synced -> new Counter(reader, PATH).get())
            .whenComplete(
                (value, failure) -> {
                  reading = false;
                  last = value;
                });
      }
      return "the number was not read";
    }
    return sum < acknowledged || sum > acknowledged + unknown ? toString() : "";
  }

  @Override
  public String toString() {
    return "sum=" + last + " acknowledged=" + acknowledged + " unknown=" + unknown;
  }
}
