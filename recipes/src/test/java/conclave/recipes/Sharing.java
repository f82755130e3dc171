package conclave.recipes;

import conclave.client.ConclaveClient;
import conclave.client.SessionState;
import conclave.simulator.Guest;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/**
 * Users who share the partitions of a topic. No partition is worked on by two who may both be sure
 * of it, and in the end each is worked on by somebody.
 */
final class Sharing extends SimulatedUsers {
  private static final String PATH = "/shared";
  private static final String TOPIC = "orders";
  private static final int PARTITIONS = 7;
  private static final Duration CLOCK_MARGIN = Duration.ofMillis(10);

  /** What each machine's process works on, with the tokens. */
  private final Map<Integer, Map<Partition, Long>> working = new HashMap<>();

  private final Map<Partition, Long> greatest = new HashMap<>();
  private int assignments;

  Sharing(int machines, int members) {
    super(machines, members);
  }

  @Override
  void work(Guest machine, ConclaveClient client) {
    PartitionGroup group = new PartitionGroup(client, PATH);
    String id = "user-" + machine.number() + "-" + machine.process();
    working.put(machine.number(), new TreeMap<>());
    group
        .declareTopic(TOPIC, PARTITIONS)
        .thenCompose(declared -> group.join(id, new Worker(machine, client)))
        .whenComplete(
            (consumer, failure) -> {
              if (failure != null && !client.isEnded()) {
                later(machine, 500, () -> work(machine, client));
              }
            });
  }

  /** Does what it is told, and tells the judge. */
  private final class Worker implements PartitionConsumer.Listener {
    private final Guest machine;
    private final ConclaveClient client;

    Worker(Guest machine, ConclaveClient client) {
      this.machine = machine;
      this.client = client;
    }

    private Map<Partition, Long> own() {
      return working.computeIfAbsent(machine.number(), number -> new TreeMap<>());
    }

    @Override
    public void assigned(Partition partition, long token) {
      machine.say(() -> "works on " + partition + " with " + Long.toHexString(token));
      assignments++;
      own().put(partition, token);
      if (isCertain(client)) {
        judge(machine, partition, token);
      }
    }

    @Override
    public CompletableFuture<Void> revoked(Partition partition) {
      CompletableFuture<Void> finished = new CompletableFuture<>();
      later(
          machine,
          200,
          () -> {
            machine.say(() -> "has done with " + partition);
            own().remove(partition);
            finished.complete(null);
          });
      return finished;
    }

    @Override
    public void lost(Partition partition) {
      machine.say(() -> "has lost " + partition);
      own().remove(partition);
    }
  }

  private static boolean isCertain(ConclaveClient client) {
    return client.state() == SessionState.CONNECTED
        && client.certainFor().compareTo(CLOCK_MARGIN) > 0;
  }

  private void judge(Guest machine, Partition partition, long token) {
    Long before = greatest.put(partition, token);
    if (before != null && before >= token) {
      machine.fail("tokens grow", partition + " token=" + token + " before=" + before);
    }
    working.forEach(
        (other, partitions) -> {
          ConclaveClient client = users.get(other).client;
          if (other != machine.number()
              && partitions.containsKey(partition)
              && client != null
              && isCertain(client)) {
            machine.fail(
                "a partition has one worker",
                partition + " is worked on by " + other + " and " + machine.number());
          }
        });
  }

  @Override
  public void ended(Guest machine) {
    super.ended(machine);
    working.remove(machine.number());
  }

  @Override
  public String missing() {
    Map<Partition, Integer> workers = new TreeMap<>();
    working
        .values()
        .forEach(all -> all.keySet().forEach(one -> workers.merge(one, 1, Integer::sum)));
    boolean each =
        workers.size() == PARTITIONS && workers.values().stream().allMatch(count -> count == 1);
    boolean fair =
        working.values().stream().allMatch(all -> all.size() <= PARTITIONS / users.size() + 1);
    return each && fair && working.size() == users.size() ? "" : "working=" + working;
  }

  @Override
  public String toString() {
    return "assignments=" + assignments;
  }
}
