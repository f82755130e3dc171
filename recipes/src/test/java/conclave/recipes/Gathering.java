package conclave.recipes;

import static java.nio.charset.StandardCharsets.UTF_8;

import conclave.client.ConclaveClient;
import conclave.recipes.GatheringQueue.Start;
import conclave.simulator.Guest;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * Users who join one game after the other, each of which begins when it is complete. All are told
 * the same, which is no more and no fewer than it takes, and of whom all have joined.
 */
final class Gathering extends SimulatedUsers {
  static final int SIZE = 3;
  private static final String PATH = "/games/game-";
  private static final int WANTED_AT_PEACE = 2;

  /** The recipe under test. */
  interface Recipe {
    CompletableFuture<Start> join(ConclaveClient client, String path, byte[] data);
  }

  private final Recipe recipe;
  private final int[] next;
  private final Set<String> joined = new HashSet<>();
  private final Map<Integer, List<String>> started = new HashMap<>();

  Gathering(int machines, int members, Recipe recipe) {
    super(machines, members);
    this.recipe = recipe;
    this.next = new int[machines];
  }

  @Override
  void work(Guest machine, ConclaveClient client) {
    if (client.isEnded()) {
      return;
    }
    int game = next[machine.number()];
    String name = machine.number() + "-" + machine.process() + "-" + game;
    joined.add(name);
    recipe
        .join(client, PATH + game, name.getBytes(UTF_8))
        .whenComplete(
            (start, failure) ->
                guarded(
                    machine,
                    () -> {
                      if (start != null) {
                        judge(machine, game, name, start);
                        next[machine.number()]++;
                        later(machine, 600, () -> work(machine, client));
                      } else if (!client.isEnded()) {
                        failed(machine, "to join does not fail", failure);
                      }
                    }));
  }

  private void judge(Guest machine, int game, String name, Start start) {
    List<String> members =
        start.members().stream().map(member -> new String(member, UTF_8)).toList();
    machine.say(() -> "game " + game + " begins with " + members + " at " + start.position());
    List<String> before = started.putIfAbsent(game, members);
    if (before != null && !before.equals(members)) {
      machine.fail("all are told the same", "game=" + game + " " + members + " and " + before);
    }
    if (members.size() != SIZE || new HashSet<>(members).size() != SIZE) {
      machine.fail("exactly as many are in as it takes", "game=" + game + " " + members);
    }
    if (!joined.containsAll(members)) {
      machine.fail("who is in has joined", "game=" + game + " " + members);
    }
    if (members.indexOf(name) != start.position()) {
      machine.fail(
          "everybody knows its place",
          "game=" + game + " " + members + " " + name + " at " + start.position());
    }
    if (isHealed()) {
      user(machine).doneAtPeace++;
    }
  }

  @Override
  public String missing() {
    boolean all = users.stream().allMatch(user -> user.doneAtPeace >= WANTED_AT_PEACE);
    return all ? "" : "somebody waits for ever";
  }

  @Override
  public String toString() {
    return "started=" + started.size();
  }
}
