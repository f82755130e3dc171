package conclave.compat.recipes;

import static java.nio.charset.StandardCharsets.UTF_8;

import conclave.client.ConclaveClient;
import conclave.recipes.Barrier;
import conclave.recipes.DoubleBarrier;
import conclave.recipes.GatheringQueue;
import conclave.recipes.ServiceDiscovery;
import conclave.recipes.ServiceInstance;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * A process that meets others, or lets itself be found. It says {@code ready}, and obeys lines
 * without waiting for what comes of them. What it is, its fourth argument says:
 *
 * <ul>
 *   <li>at a {@code barrier}: {@code raise}, answered by {@code raised}, and {@code await}, by
 *       {@code passed};
 *   <li>at a {@code double} barrier for as many as the fifth argument says: {@code enter} and
 *       {@code leave}, answered by {@code entered} and {@code left};
 *   <li>in a queue that can {@code gather} as many as the fifth argument says, by the name of the
 *       sixth: {@code join}, answered by {@code started POSITION NAME,NAME,...};
 *   <li>one that can {@code provide} {@code orders}, by the id of the fifth argument: {@code
 *       register}, answered by {@code offered}.
 * </ul>
 */
public final class TogetherActor {
  private TogetherActor() {}

  /**
   * @param arguments servers, path, port of the resource, what it is, more of that
   */
  public static void main(String[] arguments) throws IOException {
    ConclaveClient client = ActorHost.connect(arguments[0]);
    Map<String, Supplier<CompletableFuture<String>>> commands = commands(client, arguments);
    say("ready");
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, UTF_8));
    for (String line = in.readLine(); line != null && !line.equals("end"); line = in.readLine()) {
      commands
          .get(line)
          .get()
          .handle((answer, failure) -> failure == null ? answer : "failed " + failure)
          .thenAccept(TogetherActor::say);
    }
    client.close();
  }

  private static Map<String, Supplier<CompletableFuture<String>>> commands(
      ConclaveClient client, String[] arguments) {
    String path = arguments[1];
    switch (arguments[3]) {
      case "barrier" -> {
        Barrier barrier = new Barrier(client, path);
        return Map.of(
            "raise", () -> barrier.raise().thenApply(done -> "raised"),
            "await", () -> barrier.awaitRemoval().thenApply(done -> "passed"));
      }
      case "double" -> {
        DoubleBarrier barrier = new DoubleBarrier(client, path, Integer.parseInt(arguments[4]));
        return Map.of(
            "enter", () -> barrier.enter().thenApply(done -> "entered"),
            "leave", () -> barrier.leave().thenApply(done -> "left"));
      }
      case "gather" -> {
        GatheringQueue queue = new GatheringQueue(client, path, Integer.parseInt(arguments[4]));
        byte[] name = arguments[5].getBytes(UTF_8);
        return Map.of("join", () -> queue.join(name).thenApply(TogetherActor::inWords));
      }
      case "provide" -> {
        ServiceInstance instance =
            ServiceInstance.of("orders", "127.0.0.1", 80)
                .withId(arguments[4])
                .withMetadata(Map.of("process", Long.toString(ProcessHandle.current().pid())));
        ServiceDiscovery discovery = new ServiceDiscovery(client, path);
        return Map.of("register", () -> discovery.register(instance).thenApply(in -> "offered"));
      }
      default -> throw new IllegalArgumentException(arguments[3]);
    }
  }

  private static String inWords(GatheringQueue.Start start) {
    return "started " + start.position() + " " + names(start);
  }

  static String names(GatheringQueue.Start start) {
    return start.members().stream()
        .map(member -> new String(member, UTF_8))
        .collect(Collectors.joining(","));
  }

  private static synchronized void say(String line) {
    System.out.println(line);
    System.out.flush();
  }
}
