package conclave.recipes;

import conclave.client.ClientOptions;
import conclave.client.ConclaveClient;
import conclave.client.ConclaveException;
import conclave.client.GuestClient;
import conclave.protocol.EventType;
import conclave.simulator.Guest;
import conclave.simulator.Guests;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Processes in a simulated world, each with the client of production and a recipe on it, and the
 * judge of what they see. The judge stands outside of the world: it sees all processes at the same
 * moment.
 */
abstract class SimulatedUsers implements Guests {
  final int members;
  final List<User> users = new ArrayList<>();
  private boolean healed;

  /**
   * @param machines how many users there are
   * @param members how many members the ensemble has
   */
  SimulatedUsers(int machines, int members) {
    this.members = members;
    for (int i = 0; i < machines; i++) {
      users.add(new User());
    }
  }

  /** What the judge knows of one machine. */
  static final class User {
    @Nullable ConclaveClient client;

    /** What it has done since nothing goes wrong any more. */
    int doneAtPeace;
  }

  /** One process begins to work. */
  abstract void work(Guest machine, ConclaveClient client);

  @Override
  public int machines() {
    return users.size();
  }

  boolean isHealed() {
    return healed;
  }

  User user(Guest machine) {
    return users.get(machine.number());
  }

  /**
   * Sessions live longer than a member takes to notice that it has lost its leader: until then it
   * goes on to answer its clients, while the leader, which hears of them through it alone, may let
   * their sessions expire. So who reaches another member learns of it in time; who reaches nobody
   * else for that long may be wrong, see docs/decisions/certainty.md.
   */
  ClientOptions options(SplittableRandom random) {
    return ClientOptions.defaults()
        .withSessionTimeoutMs(6_000 << random.nextInt(2))
        .withConnectTimeoutMs(1_000)
        .withRequestTimeoutMs(3_000 + random.nextInt(5_000))
        .withFirstConnectWithinMs(10_000);
  }

  @Override
  public void start(Guest machine) {
    GuestClient.connect(machine, members, options(machine.random()))
        .whenComplete(
            (client, failure) -> {
              if (client == null) {
                later(machine, 1_000, () -> start(machine));
                return;
              }
              user(machine).client = client;
              machine.say(() -> "has session " + Long.toHexString(client.sessionId()));
              client.onSession(
                  event ->
                      machine.say(() -> event.state() + " " + Long.toHexString(event.sessionId())));
              later(machine, 10, () -> work(machine, client));
            });
  }

  @Override
  public void ended(Guest machine) {
    user(machine).client = null;
  }

  @Override
  public void told(Guest machine, EventType type, String path) {}

  @Override
  public void healed() {
    healed = true;
  }

  @Override
  public void leave(Guest machine) {
    ConclaveClient client = user(machine).client;
    if (client != null) {
      client.closeAsync();
    }
  }

  /** Lets a process do something within about that time. Mistakes in it are told. */
  void later(Guest machine, int aboutMs, Runnable task) {
    machine.after(
        Duration.ofMillis(1 + machine.random().nextInt(aboutMs)).toNanos(),
        () -> guarded(machine, task));
  }

  /** Futures keep what is thrown behind them to themselves. */
  static void guarded(Guest machine, Runnable task) {
    try {
      task.run();
    } catch (RuntimeException e) {
      StackTraceElement[] where = e.getStackTrace();
      machine.fail(
          "a recipe does not throw at its user", e + (where.length == 0 ? "" : " at " + where[0]));
    }
  }

  /** What a user's own code may fail with; many times, so it does not say where. */
  static final class NotNow extends RuntimeException {
    private static final long serialVersionUID = 1;

    NotNow() {
      super("not now", null, false, false);
    }
  }

  /** A future has failed that may not. */
  static void failed(Guest machine, String promise, @Nullable Throwable failure) {
    machine.fail(promise, machine + ": " + ConclaveException.causeOf(failure));
  }
}
