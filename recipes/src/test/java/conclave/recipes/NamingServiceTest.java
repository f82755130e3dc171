package conclave.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import conclave.client.Refusal;
import conclave.client.Registration;
import conclave.recipes.NamingService.Binding;
import conclave.testkit.Relay;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;

class NamingServiceTest extends RecipeTest {
  @Test
  void namesHaveValuesThatChangeFromVersionToVersion() throws Exception {
    NamingService names = new NamingService(client(), path);
    assertThat(soon(names.lookup("db/primary"))).isEmpty();
    Binding first = soon(names.bind("db/primary", "host-1")).orThrow();
    assertThat(soon(names.bind("db/primary", "host-2")).was(Refusal.NODE_EXISTS)).isTrue();
    assertThat(soon(names.lookup("db/primary"))).contains(first);

    Binding second = soon(names.rebind(first, "host-2")).orThrow();
    assertThat(second).isEqualTo(new Binding("db/primary", "host-2", 1));
    assertThat(soon(names.rebind(first, "host-3")).was(Refusal.BAD_VERSION)).isTrue();
    assertThat(soon(names.unbind(first)).was(Refusal.BAD_VERSION)).isTrue();

    soon(names.bind("db/replica", "host-9"));
    assertThat(soon(names.list("db"))).containsExactly("primary", "replica");
    assertThat(soon(names.list(""))).containsExactly("db");
    assertThat(soon(names.list("nothing"))).isEmpty();
    soon(names.unbind(second)).orThrow();
    assertThat(soon(names.lookup("db/primary"))).isEmpty();
  }

  @Test
  void aNameIsFollowed() throws Exception {
    NamingService names = new NamingService(client(), path);
    Queue<String> heard = new ConcurrentLinkedQueue<>();
    try (Registration following =
        names.follow("x", found -> heard.add(found.map(Binding::value).orElse("nothing")))) {
      await().atMost(Duration.ofMinutes(1)).until(() -> heard.size() == 1);
      Binding bound = soon(names.bind("x", "1")).orThrow();
      await().atMost(Duration.ofMinutes(1)).until(() -> heard.size() == 2);
      soon(names.rebind(bound, "2"));
      await().atMost(Duration.ofMinutes(1)).until(() -> heard.size() == 3);
    }
    assertThat(heard).containsExactly("nothing", "1", "2");
  }

  /** By several at a time, with the connection of one of them cut all along. */
  @Test
  void uniqueNamesAreUnique() throws Exception {
    Relay relay = relay();
    NamingService steady = new NamingService(client(), path);
    NamingService shaken = new NamingService(steadyBehind(relay), path);
    List<CompletableFuture<String>> asked = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      asked.add(steady.uniqueName("worker-", "a" + i));
      asked.add(shaken.uniqueName("worker-", "b" + i));
      if (i % 40 == 39) {
        relay.cut();
        soon(asked.get(asked.size() - 1));
      }
    }
    List<String> given = new ArrayList<>();
    for (CompletableFuture<String> one : asked) {
      given.add(soon(one));
    }
    assertThat(given).doesNotHaveDuplicates().allMatch(name -> name.matches("worker-\\d{10}"));
    assertThat(soon(steady.lookup(given.get(0))).orElseThrow().value()).isEqualTo("a0");
    assertThat(soon(steady.uniqueName("deep/down-", ""))).isEqualTo("deep/down-0000000000");
  }

  @Test
  void aNameIsNoPath() {
    NamingService names = new NamingService(client(), path);
    assertThatThrownBy(() -> names.lookup("/x")).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> names.lookup("")).isInstanceOf(IllegalArgumentException.class);
  }
}
