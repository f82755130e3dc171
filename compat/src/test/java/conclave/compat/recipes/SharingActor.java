package conclave.compat.recipes;

import static java.nio.charset.StandardCharsets.UTF_8;

import conclave.client.ConclaveClient;
import conclave.recipes.Group;
import conclave.recipes.Partition;
import conclave.recipes.PartitionConsumer;
import conclave.recipes.PartitionGroup;
import conclave.recipes.TaskDistribution;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A process that shares in something with others: a member of a group, a consumer of partitions, or
 * a worker. It says {@code joined}; as a consumer {@code assigned PARTITION TOKEN}, {@code revoked}
 * and {@code lost PARTITION}, visiting the resource for as long as it has the one partition; as a
 * worker {@code begun TASK}, after which it never ends a task whose payload is {@code hang}.
 */
public final class SharingActor {
  private SharingActor() {}

  /**
   * @param arguments servers, path, port of the resource, the role, and the name in it
   */
  public static void main(String[] arguments) throws Exception {
    ConclaveClient client = ActorHost.connect(arguments[0]);
    String path = arguments[1];
    String name = arguments[4];
    switch (arguments[3]) {
      case "member" -> new Group(client, path).join(name, name.getBytes(UTF_8)).join();
      case "consumer" -> {
        Consuming consuming = new Consuming(name, Integer.parseInt(arguments[2]));
        new PartitionGroup(client, path).join(name, consuming).join();
      }
      case "worker" ->
          new TaskDistribution(client, path)
              .work(
                  name,
                  2,
                  Runnable::run,
                  job -> {
                    say("begun " + job.task());
                    return new String(job.payload(), UTF_8).equals("hang")
                        ? new CompletableFuture<>()
                        : CompletableFuture.completedFuture(name.getBytes(UTF_8));
                  })
              .join();
      default -> throw new IllegalArgumentException(arguments[3]);
    }
    say("joined");
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, UTF_8));
    for (String line = in.readLine(); line != null && !line.equals("end"); line = in.readLine()) {
      // Nothing else is asked of it but to live.
    }
    client.close();
  }

  private static final class Consuming implements PartitionConsumer.Listener {
    private final String name;
    private final int port;
    private final Map<Partition, Resource.Visitor> visitors = new ConcurrentHashMap<>();

    Consuming(String name, int port) {
      this.name = name;
      this.port = port;
    }

    @Override
    public void assigned(Partition partition, long token) {
      try {
        // The resource knows of one partition only, or owners of several would seem to overlap.
        if (partition.number() == 0) {
          Resource.Visitor visitor = new Resource.Visitor(port);
          visitors.put(partition, visitor);
          say(visitor.enter(name, token) ? "in" : "stale");
        }
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
      say("assigned " + partition + " " + token);
    }

    @Override
    public CompletableFuture<Void> revoked(Partition partition) {
      leave(partition);
      say("revoked " + partition);
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public void lost(Partition partition) {
      leave(partition);
      say("lost " + partition);
    }

    private void leave(Partition partition) {
      Resource.Visitor visitor = visitors.remove(partition);
      if (visitor != null) {
        try {
          visitor.leave();
          visitor.close();
        } catch (IOException e) {
          throw new IllegalStateException(e);
        }
      }
    }
  }

  private static synchronized void say(String line) {
    System.out.println(line);
    System.out.flush();
  }
}
