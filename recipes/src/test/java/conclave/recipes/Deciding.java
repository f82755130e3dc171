package conclave.recipes;

import static java.nio.charset.StandardCharsets.UTF_8;

import conclave.client.ConclaveClient;
import conclave.simulator.Guest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/**
 * Users who propose things to each other and do them together or not at all. Nobody ever sees
 * another decision than others, nothing is done that somebody has not prepared, and who has
 * prepared something hears what has become of it, in this process or in a later one.
 */
final class Deciding extends SimulatedUsers {
  private static final String PATH = "/decided";
  private static final int WANTED_AT_PEACE = 2;

  /** The recipe under test. */
  interface Recipe {
    void participate(
        ConclaveClient client, Guest machine, String name, TwoPhaseCommit.Participant participant);

    CompletableFuture<TwoPhaseCommit.Decision> propose(
        ConclaveClient client, byte[] proposal, Set<String> participants, Duration within);
  }

  static Recipe plain() {
    return new Recipe() {
      @Override
      public void participate(
          ConclaveClient client,
          Guest machine,
          String name,
          TwoPhaseCommit.Participant participant) {
        new TwoPhaseCommit(client, PATH).participate(name, participant);
      }

      @Override
      public CompletableFuture<TwoPhaseCommit.Decision> propose(
          ConclaveClient client, byte[] proposal, Set<String> participants, Duration within) {
        return new TwoPhaseCommit(client, PATH).propose(proposal, participants, within);
      }
    };
  }

  private record Part(int machine, String id) {}

  private final Recipe recipe;
  private final Map<String, Boolean> decisions = new HashMap<>();

  /** What is on the disk of a machine. */
  private final Set<Part> prepared = new HashSet<>();

  private final Set<Part> settled = new HashSet<>();
  private int proposed;

  Deciding(int machines, int members, Recipe recipe) {
    super(machines, members);
    this.recipe = recipe;
  }

  @Override
  void work(Guest machine, ConclaveClient client) {
    recipe.participate(client, machine, name(machine.number()), new Side(machine));
    propose(machine, client);
  }

  private static String name(int machine) {
    return "user-" + machine;
  }

  private void propose(Guest machine, ConclaveClient client) {
    if (client.isEnded() || user(machine).doneAtPeace >= WANTED_AT_PEACE) {
      return;
    }
    Set<String> names = new TreeSet<>();
    for (int i = 0; i < users.size(); i++) {
      if (machine.random().nextInt(2) == 0) {
        names.add(name(i));
      }
    }
    names.add(name(machine.random().nextInt(users.size())));
    Duration within = Duration.ofMillis(500 + machine.random().nextInt(4_000));
    recipe
        .propose(client, String.join(",", names).getBytes(UTF_8), names, within)
        .whenComplete(
            (decision, failure) ->
                guarded(
                    machine,
                    () -> {
                      if (decision != null) {
                        proposed++;
                        sees(machine, decision.id(), decision.isCommitted(), names);
                        if (isHealed()) {
                          user(machine).doneAtPeace++;
                        }
                      } else if (!client.isEnded()) {
                        failed(machine, "to propose does not fail", failure);
                      }
                    }));
    if (machine.random().nextInt(4) == 0) {
      new TwoPhaseCommit(client, PATH)
          .recover()
          .thenAccept(
              all -> all.forEach(each -> sees(machine, each.id(), each.isCommitted(), Set.of())));
    }
    later(machine, 10_000, () -> propose(machine, client));
  }

  private void sees(Guest machine, String id, boolean committed, Set<String> names) {
    machine.say(() -> "sees " + id + (committed ? " committed" : " aborted"));
    Boolean before = decisions.putIfAbsent(id, committed);
    if (before != null && before != committed) {
      machine.fail("nobody sees another decision", machine + " id=" + id);
    }
    List<String> unprepared = new ArrayList<>();
    for (int i = 0; i < users.size(); i++) {
      if (committed && names.contains(name(i)) && !prepared.contains(new Part(i, id))) {
        unprepared.add(name(i));
      }
    }
    if (!unprepared.isEmpty()) {
      machine.fail("what is done was prepared by all", "id=" + id + " by=" + unprepared);
    }
  }

  /** What one machine does when it is asked. */
  private final class Side implements TwoPhaseCommit.Participant {
    private final Guest machine;

    Side(Guest machine) {
      this.machine = machine;
    }

    @Override
    public CompletionStage<Boolean> prepare(String id, byte[] proposal) {
      CompletableFuture<Boolean> answer = new CompletableFuture<>();
      later(
          machine,
          300,
          () -> {
            boolean yes = machine.random().nextInt(6) > 0;
            if (yes) {
              prepared.add(new Part(machine.number(), id));
            }
            answer.complete(yes);
          });
      return answer;
    }

    @Override
    public CompletionStage<?> commit(String id, byte[] proposal) {
      return settle(id, true, proposal);
    }

    @Override
    public CompletionStage<?> abort(String id, byte[] proposal) {
      return settle(id, false, proposal);
    }

    private CompletionStage<?> settle(String id, boolean committed, byte[] proposal) {
      sees(machine, id, committed, Set.of(new String(proposal, UTF_8).split(",")));
      if (machine.random().nextInt(8) == 0) {
        return CompletableFuture.failedFuture(new NotNow());
      }
      CompletableFuture<Void> done = new CompletableFuture<>();
      machine.after(
          TimeUnit.MILLISECONDS.toNanos(machine.random().nextInt(200)),
          () -> {
            settled.add(new Part(machine.number(), id));
            done.complete(null);
          });
      return done;
    }
  }

  @Override
  public String missing() {
    if (users.stream().anyMatch(user -> user.doneAtPeace < WANTED_AT_PEACE)) {
      return "somebody has no decision";
    }
    Set<Part> left = new HashSet<>(prepared);
    left.removeAll(settled);
    return left.isEmpty() ? "" : "never told: " + left;
  }

  @Override
  public String toString() {
    return "proposed=" + proposed + " decisions=" + decisions;
  }
}
