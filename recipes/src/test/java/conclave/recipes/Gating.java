package conclave.recipes;

import conclave.client.ConclaveClient;
import conclave.simulator.Guest;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Users who wait at barriers, one after the other, which the first of them raises and removes.
 * Nobody passes one that was up when it came, and that nobody has begun to remove.
 */
final class Gating extends SimulatedUsers {
  private static final String PATH = "/gates/gate-";
  private static final int WANTED_AT_PEACE = 2;

  /** The recipe under test: how to wait. */
  interface Recipe {
    CompletableFuture<Void> pass(ConclaveClient client, String path);
  }

  private static final class Gate {
    boolean up;
    boolean removing;
  }

  private final Recipe recipe;
  private final List<Gate> gates = new ArrayList<>(List.of(new Gate()));
  private int passed;
  private int waited;

  Gating(int machines, int members, Recipe recipe) {
    super(machines, members);
    this.recipe = recipe;
  }

  @Override
  void work(Guest machine, ConclaveClient client) {
    if (machine.number() == 0) {
      keep(machine, client);
    } else {
      approach(machine, client);
    }
  }

  /** Another process goes on where the one before has ended. */
  private void keep(Guest machine, ConclaveClient client) {
    int number = gates.size() - 1;
    Gate gate = gates.get(number);
    Barrier barrier = new Barrier(client, PATH + number);
    if (gate.removing) {
      remove(machine, client, gate, barrier);
      return;
    }
    barrier
        .raise()
        .whenComplete(
            (done, failure) -> {
              if (failure == null) {
                gate.up = true;
                machine.say(() -> "has raised gate " + number);
                later(machine, 2_000, () -> remove(machine, client, gate, barrier));
              } else if (!client.isEnded()) {
                failed(machine, "to raise a barrier does not fail", failure);
              }
            });
  }

  private void remove(Guest machine, ConclaveClient client, Gate gate, Barrier barrier) {
    gate.removing = true;
    barrier
        .remove()
        .whenComplete(
            (done, failure) -> {
              if (failure == null) {
                machine.say(() -> "has removed gate " + (gates.size() - 1));
                if (isHealed()) {
                  user(machine).doneAtPeace++;
                }
                gates.add(new Gate());
                later(machine, 300, () -> keep(machine, client));
              } else if (!client.isEnded()) {
                failed(machine, "to remove a barrier does not fail", failure);
              }
            });
  }

  private void approach(Guest machine, ConclaveClient client) {
    if (client.isEnded()) {
      return;
    }
    int number = gates.size() - 1;
    Gate gate = gates.get(number);
    boolean wasUp = gate.up && !gate.removing;
    recipe
        .pass(client, PATH + number)
        .whenComplete(
            (done, failure) -> {
              if (failure == null) {
                machine.say(() -> "passes gate " + number);
                passed++;
                if (wasUp) {
                  waited++;
                  if (!gate.removing) {
                    machine.fail("nobody passes a barrier that is up", machine + " gate=" + number);
                  }
                  if (isHealed()) {
                    user(machine).doneAtPeace++;
                  }
                }
                later(machine, 500, () -> approach(machine, client));
              } else if (!client.isEnded()) {
                failed(machine, "to wait does not fail", failure);
              }
            });
  }

  @Override
  public String missing() {
    boolean all = users.stream().allMatch(user -> user.doneAtPeace >= WANTED_AT_PEACE);
    return all ? "" : "somebody has passed too rarely";
  }

  @Override
  public String toString() {
    return "passed=" + passed + " waited=" + waited;
  }
}
