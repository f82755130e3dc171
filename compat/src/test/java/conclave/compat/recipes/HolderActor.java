package conclave.compat.recipes;

import static java.nio.charset.StandardCharsets.UTF_8;

import conclave.client.ConclaveClient;
import conclave.client.SessionState;
import conclave.recipes.Held;
import conclave.recipes.LeaderLatch;
import conclave.recipes.LeaderSelector;
import conclave.recipes.Lock;
import conclave.recipes.MultiLock;
import conclave.recipes.ReadWriteLock;
import conclave.recipes.Semaphore;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A process that holds something and visits the resource in its name. Commands, a line each, and
 * what it says:
 *
 * <ul>
 *   <li>{@code acquire}: {@code held TOKEN} when let in, {@code lost REASON} should that end;
 *   <li>{@code held?}: {@code held? true} or {@code false};
 *   <li>{@code enter} the resource: {@code in} or {@code stale}; {@code leave}: {@code out};
 *   <li>{@code release}: {@code released};
 *   <li>{@code loop N}: acquires, enters, leaves and releases so often, then {@code looped STALE},
 *       the number of times that it was turned away;
 *   <li>{@code end}.
 * </ul>
 */
public final class HolderActor {
  private final Supplier<CompletableFuture<Held>> recipe;
  private final Resource.Visitor visitor;
  private final String name = "actor-" + ProcessHandle.current().pid();
  private @Nullable Held held;

  private HolderActor(Supplier<CompletableFuture<Held>> recipe, Resource.Visitor visitor) {
    this.recipe = recipe;
    this.visitor = visitor;
  }

  /**
   * @param arguments servers, path, port of the resource, the recipe
   */
  public static void main(String[] arguments) throws Exception {
    ConclaveClient client = ActorHost.connect(arguments[0]);
    Resource.Visitor visitor = new Resource.Visitor(Integer.parseInt(arguments[2]));
    HolderActor actor = new HolderActor(recipe(client, arguments[1], arguments[3]), visitor);
    client.onSession(
        event -> {
          if (event.state() == SessionState.SUSPENDED) {
            // What a careful holder does when it can't be sure.
            CompletableFuture.runAsync(actor::leave);
          }
        });
    say("ready");
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      if (line.equals("end")) {
        break;
      }
      actor.obey(line.split(" "));
    }
    client.close();
  }

  private static Supplier<CompletableFuture<Held>> recipe(
      ConclaveClient client, String path, String name) {
    return switch (name) {
      case "lock" -> new Lock(client, path)::acquire;
      case "read" -> new ReadWriteLock(client, path).read()::acquire;
      case "write" -> new ReadWriteLock(client, path).write()::acquire;
      case "semaphore" -> new Semaphore(client, path, 1)::acquire;
      case "latch" -> latch(client, path);
      case "selector" -> selector(client, path);
      case "multi" -> () -> several(client, path).acquire().thenApply(held -> held);
      default -> throw new IllegalArgumentException(name);
    };
  }

  /** Where below the path the contenders for this recipe are. */
  static String contenders(String recipe) {
    return switch (recipe) {
      case "semaphore" -> "/leases";
      case "multi" -> "/a";
      default -> "";
    };
  }

  /** Two locks at once. */
  static MultiLock several(ConclaveClient client, String path) {
    return new MultiLock(
        client, List.of(new Lock(client, path + "/a"), new Lock(client, path + "/b")));
  }

  private static Supplier<CompletableFuture<Held>> latch(ConclaveClient client, String path) {
    LeaderLatch latch = new LeaderLatch(client, path, "actor");
    return () -> {
      latch.start();
      return latch.elected();
    };
  }

  private static Supplier<CompletableFuture<Held>> selector(ConclaveClient client, String path) {
    return () -> {
      CompletableFuture<Held> elected = new CompletableFuture<>();
      new LeaderSelector(
              client,
              path,
              "actor",
              term -> {
                elected.complete(term);
                return term.lost();
              })
          .start();
      return elected;
    };
  }

  private void obey(String[] command) throws Exception {
    switch (command[0]) {
      case "acquire" -> acquire();
      case "held?" -> say("held? " + (held != null && held.isHeld()));
      case "enter" -> say(visitor.enter(name, held().token()) ? "in" : "stale");
      case "leave" -> {
        leave();
        say("out");
      }
      case "release" -> {
        held().release().join();
        say("released");
      }
      case "loop" -> say("looped " + loop(Integer.parseInt(command[1])));
      default -> throw new IllegalArgumentException(command[0]);
    }
  }

  private Held held() {
    Held now = held;
    if (now == null) {
      throw new IllegalStateException("nothing was ever held");
    }
    return now;
  }

  private void acquire() {
    Held now = recipe.get().join();
    held = now;
    now.lost().thenAccept(loss -> say("lost " + loss));
    say("held " + now.token());
  }

  private void leave() {
    try {
      visitor.leave();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private int loop(int times) throws IOException {
    int stale = 0;
    for (int i = 0; i < times; i++) {
      Held now = recipe.get().join();
      if (visitor.enter(name, now.token())) {
        visitor.leave();
      } else {
        stale++;
      }
      now.release().join();
    }
    return stale;
  }

  private static synchronized void say(String line) {
    System.out.println(line);
    System.out.flush();
  }
}
