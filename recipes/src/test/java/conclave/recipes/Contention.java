package conclave.recipes;

import conclave.client.ConclaveClient;
import conclave.protocol.EventType;
import conclave.simulator.Guest;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Users who want in where only some may be at a time, and use a resource there that is guarded by
 * fencing tokens. They are careless: they go on writing to it when they have just lost the right
 * to. So it must be either the recipe that says so first, or the resource that refuses.
 */
final class Contention extends SimulatedUsers {
  static final String PATH = "/contended";

  /** Servers' clocks run up to so much faster, in as long as a session lives. */
  private static final Duration CLOCK_MARGIN = Duration.ofMillis(10);

  /** Somebody's way in. */
  interface Door {
    Try next(Guest machine);
  }

  /**
   * One attempt to get in.
   *
   * @param shared whether others who share may be in too
   * @param end how to get out again
   */
  record Try(
      boolean shared, CompletableFuture<Held> granted, Supplier<CompletableFuture<Void>> end) {

    static Try of(boolean shared, CompletableFuture<Held> granted) {
      return new Try(
          shared,
          granted,
          () -> {
            return granted.isDone() && !granted.isCompletedExceptionally()
                ? granted.join().release()
                : CompletableFuture.completedFuture(null);
          });
    }
  }

  /** The recipe under test. */
  interface Recipe {
    Door open(ConclaveClient client, int user);
  }

  private record Claim(Try attempt, Held held) {
    boolean isCertain() {
      return held.isHeld() && held.certainFor().compareTo(CLOCK_MARGIN) > 0;
    }
  }

  private final Recipe recipe;
  private final int places;
  private final boolean wakesOne;
  private final Map<Integer, Claim> claims = new HashMap<>();
  private final Map<Long, Integer> ownerOfToken = new HashMap<>();
  private long greatestHeldToken;
  private long greatestWritten;
  private int grants;
  private int refusedWrites;

  private final Set<String> deleted = new HashSet<>();
  private int toldOfDeletion;

  /**
   * @param places how many may be in at a time
   * @param wakesOne whether who goes out wakes no more than the next one
   */
  Contention(int machines, int members, Recipe recipe, int places, boolean wakesOne) {
    super(machines, members);
    this.recipe = recipe;
    this.places = places;
    this.wakesOne = wakesOne;
  }

  int grants() {
    return grants;
  }

  int refusedWrites() {
    return refusedWrites;
  }

  @Override
  void work(Guest machine, ConclaveClient client) {
    want(machine, client, recipe.open(client, machine.number()));
  }

  @Override
  public void ended(Guest machine) {
    super.ended(machine);
    claims.remove(machine.number());
  }

  private void want(Guest machine, ConclaveClient client, Door door) {
    later(
        machine,
        300,
        () -> {
          if (client.isEnded()) {
            return;
          }
          Try attempt = door.next(machine);
          if (!isHealed() && machine.random().nextInt(4) == 0) {
            later(machine, 3_000, () -> attempt.granted().cancel(false));
          }
          attempt
              .granted()
              .whenComplete(
                  (held, failure) ->
                      guarded(machine, () -> decided(machine, client, door, attempt, failure)));
        });
  }

  private void decided(
      Guest machine, ConclaveClient client, Door door, Try attempt, @Nullable Throwable failure) {
    if (failure != null) {
      if (!attempt.granted().isCancelled() && !client.isEnded()) {
        failed(machine, "who asks to be let in is not turned away", failure);
      }
      attempt.end().get().whenComplete((left, why) -> want(machine, client, door));
      return;
    }
    Held held = attempt.granted().join();
    machine.say(() -> "is in with " + Long.toHexString(held.token()));
    grants++;
    if (isHealed()) {
      user(machine).doneAtPeace++;
    }
    Integer before = ownerOfToken.putIfAbsent(held.token(), machine.number());
    if (before != null) {
      machine.fail("a token is given out once", "token=" + held.token() + " to=" + before);
    }
    claims.put(machine.number(), new Claim(attempt, held));
    if (places == 1 && !attempt.shared() && held.isHeld()) {
      if (held.token() < greatestHeldToken) {
        machine.fail("tokens grow", "token=" + held.token() + " greatest=" + greatestHeldToken);
      }
    }
    if (held.isHeld()) {
      greatestHeldToken = Math.max(greatestHeldToken, held.token());
    }
    int steps = machine.random().nextInt(machine.random().nextInt(4) == 0 ? 80 : 12);
    stay(machine, client, door, attempt, held, 1 + steps);
  }

  private void stay(
      Guest machine, ConclaveClient client, Door door, Try attempt, Held held, int steps) {
    look(machine);
    if (held.isHeld() || machine.random().nextInt(3) == 0) {
      // What is sent now may leave when its sender wakes up.
      later(machine, 20, () -> write(held.token()));
    }
    boolean over = steps == 0 || held.lost().isDone();
    if (!over) {
      later(machine, 150, () -> stay(machine, client, door, attempt, held, steps - 1));
      return;
    }
    claims.remove(machine.number());
    machine.say(() -> "goes with " + Long.toHexString(held.token()));
    CompletableFuture<Void> out = attempt.end().get();
    if (machine.random().nextBoolean()) {
      want(machine, client, door);
    } else {
      out.whenComplete((left, failure) -> want(machine, client, door));
    }
  }

  /** Nobody else may be sure to be in, at this very moment. */
  private void look(Guest machine) {
    Claim own = claims.get(machine.number());
    if (own == null || !own.isCertain()) {
      return;
    }
    int inside = 0;
    for (Claim claim : claims.values()) {
      boolean counts = claim.equals(own) || !(claim.attempt().shared() && own.attempt().shared());
      if (counts && claim.isCertain()) {
        inside++;
      }
    }
    if (inside > places) {
      machine.fail("no more are in than may be", "inside=" + inside + " claims=" + claims);
    }
  }

  /** The resource is elsewhere: what is sent to it arrives when its sender may be long gone. */
  private void write(long token) {
    if (places > 1) {
      return;
    }
    if (token < greatestWritten) {
      refusedWrites++;
    } else {
      greatestWritten = token;
    }
  }

  @Override
  public String toString() {
    return "grants=" + grants + " refusedWrites=" + refusedWrites;
  }

  @Override
  public void told(Guest machine, EventType type, String path) {
    if (type == EventType.NODE_DELETED && path.startsWith(PATH + "/")) {
      deleted.add(path);
      toldOfDeletion++;
      // Its owner is told of the end of a znode, and whoever is next.
      if (wakesOne && toldOfDeletion > 2.2 * deleted.size() + 20) {
        machine.fail(
            "a release wakes one", "told=" + toldOfDeletion + " deleted=" + deleted.size());
      }
    }
  }

  @Override
  public String missing() {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < users.size(); i++) {
      if (users.get(i).doneAtPeace < 2) {
        text.append("user ").append(i).append(" was let in too rarely; ");
      }
    }
    return text.toString();
  }
}
