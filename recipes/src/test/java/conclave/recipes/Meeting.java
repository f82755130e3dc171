package conclave.recipes;

import conclave.client.ConclaveClient;
import conclave.client.SessionState;
import conclave.simulator.Guest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * Users who begin and end their work together, a few at a time, round after round. Nobody begins
 * before so many were there, and nobody has left while another one, who is certain to live, has not
 * begun to.
 */
final class Meeting extends SimulatedUsers {
  static final int NEEDED = 3;
  private static final String PATH = "/meetings";
  private static final int WANTED_AT_PEACE = 2;
  private static final Duration CLOCK_MARGIN = Duration.ofMillis(10);

  /** The recipe under test. */
  interface Recipe {
    Member open(ConclaveClient client, String path);
  }

  /** One user in one round. */
  interface Member {
    CompletableFuture<Void> enter();

    CompletableFuture<Void> leave();

    static Member of(DoubleBarrier barrier) {
      return new Member() {
        @Override
        public CompletableFuture<Void> enter() {
          return barrier.enter();
        }

        @Override
        public CompletableFuture<Void> leave() {
          return barrier.leave();
        }
      };
    }
  }

  /** What the judge knows of a member; times are the judge's own. */
  private static final class Attempt {
    final int round;
    final ConclaveClient client;
    final long session;
    final long begun;
    long entered = Long.MAX_VALUE;
    long leaving = Long.MAX_VALUE;
    long gone = Long.MAX_VALUE;
    boolean processEnded;

    Attempt(int round, ConclaveClient client, long begun) {
      this.round = round;
      this.client = client;
      this.session = client.sessionId();
      this.begun = begun;
    }

    boolean isCertainToBeThere() {
      return !processEnded
          && entered != Long.MAX_VALUE
          && leaving == Long.MAX_VALUE
          && client.state() == SessionState.CONNECTED
          && client.sessionId() == session
          && client.certainFor().compareTo(CLOCK_MARGIN) > 0;
    }
  }

  private final Recipe recipe;
  private final List<Attempt> attempts = new ArrayList<>();
  private final Map<Integer, Attempt> current = new HashMap<>();
  private long now;
  private int newestRound;
  private int meetings;

  Meeting(int machines, int members, Recipe recipe) {
    super(machines, members);
    this.recipe = recipe;
  }

  @Override
  void work(Guest machine, ConclaveClient client) {
    meetLater(machine, client, newestRound + 1);
  }

  private void meetLater(Guest machine, ConclaveClient client, int round) {
    later(
        machine,
        300,
        () -> {
          if (!client.isEnded()) {
            meet(machine, client, round);
          }
        });
  }

  private void meet(Guest machine, ConclaveClient client, int round) {
    Attempt own = new Attempt(round, client, ++now);
    attempts.add(own);
    current.put(machine.number(), own);
    Member member = recipe.open(client, PATH + "/round-" + round);
    Duration patience = Duration.ofMillis(1_000 + machine.random().nextInt(4_000));
    CompletableFuture<Void> entering = member.enter();
    Gone.limit(client, entering, patience)
        .whenComplete(
            (entered, failure) ->
                guarded(
                    machine,
                    () -> {
                      if (failure != null) {
                        if (!client.isEnded()) {
                          failed(machine, "to enter does not fail", failure);
                        }
                      } else if (entered) {
                        entered(machine, own, member);
                      } else {
                        own.leaving = ++now;
                        meetLater(machine, client, newestRound + 1);
                      }
                    }));
  }

  private void entered(Guest machine, Attempt own, Member member) {
    own.entered = ++now;
    newestRound = Math.max(newestRound, own.round);
    meetings++;
    machine.say(() -> "has entered round " + own.round);
    int most = attempts.stream().mapToInt(at -> thereWith(own.round, at.begun)).max().orElse(0);
    if (most < NEEDED) {
      machine.fail("nobody begins before all are there", "round=" + own.round + " there=" + most);
    }
    later(machine, 1_000, () -> leave(machine, own, member));
  }

  private int thereWith(int round, long at) {
    return (int)
        attempts.stream()
            .filter(each -> each.round == round && each.begun <= at && each.gone > at)
            .count();
  }

  private void leave(Guest machine, Attempt own, Member member) {
    own.leaving = ++now;
    machine.say(() -> "leaves round " + own.round);
    member
        .leave()
        .whenComplete(
            (left, failure) ->
                guarded(
                    machine,
                    () -> {
                      if (failure == null) {
                        left(machine, own);
                      } else if (!own.client.isEnded()) {
                        failed(machine, "to leave does not fail", failure);
                      }
                    }));
  }

  private void left(Guest machine, Attempt own) {
    own.gone = ++now;
    for (Attempt other : attempts) {
      if (other.round == own.round && other.entered < own.leaving && other.isCertainToBeThere()) {
        machine.fail(
            "nobody has left while others have not begun to", machine + " round=" + own.round);
      }
    }
    if (isHealed()) {
      user(machine).doneAtPeace++;
    }
    meetLater(machine, own.client, own.round + 1);
  }

  @Override
  public void ended(Guest machine) {
    super.ended(machine);
    Attempt last = current.remove(machine.number());
    if (last != null) {
      last.processEnded = true;
    }
  }

  @Override
  public String missing() {
    boolean all = users.stream().allMatch(user -> user.doneAtPeace >= WANTED_AT_PEACE);
    return all ? "" : "somebody has met others too rarely";
  }

  @Override
  public String toString() {
    return "meetings=" + meetings;
  }
}
