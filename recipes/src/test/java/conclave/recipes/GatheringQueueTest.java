package conclave.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import conclave.client.ConclaveClient;
import conclave.client.SessionEndedException;
import conclave.recipes.GatheringQueue.Start;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GatheringQueueTest extends CutTest {
  @Test
  void startsWhenItsMembersAreComplete() throws Exception {
    String at = path + "/queue";
    List<ConclaveClient> clients = new ArrayList<>();
    List<CompletableFuture<Start>> starts = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      ConclaveClient mine = ConclaveClient.connect(server().connectString()).join();
      clients.add(mine);
      assertThat(starts).noneMatch(CompletableFuture::isDone);
      starts.add(new GatheringQueue(mine, at, 3).join(bytes("member " + i)));
      int joined = i + 1;
      await()
          .atMost(Duration.ofMinutes(1))
          .until(
              () ->
                  direct.find(at).isPresent()
                      && direct.getChildren(at).stream().filter(n -> n.contains("member")).count()
                          == joined);
    }
    for (int i = 0; i < 3; i++) {
      Start start = starts.get(i).get(60, TimeUnit.SECONDS);
      assertThat(start.members().stream().map(CutTest::text))
          .containsExactly("member 0", "member 1", "member 2");
      assertThat(start.position()).isEqualTo(i);
    }
    Start late = new GatheringQueue(client, at, 3).join(bytes("late")).join();
    assertThat(late.position()).isEqualTo(-1);
    assertThat(late.members()).hasSize(3);
    assertThat(direct.getChildren(at)).hasSize(4).contains("start");
    clients.forEach(ConclaveClient::close);
  }

  @Test
  void whoDiesBeforeTheStartIsNotCounted() throws Exception {
    String at = path + "/queue";
    try (ConclaveClient dying = ConclaveClient.connect(server().connectString()).join()) {
      CompletableFuture<Start> never = new GatheringQueue(dying, at, 2).join(bytes("dying"));
      await()
          .atMost(Duration.ofMinutes(1))
          .until(() -> direct.find(at).isPresent() && !direct.getChildren(at).isEmpty());
      dying.close();
      assertThatThrownBy(() -> never.get(60, TimeUnit.SECONDS))
          .hasCauseInstanceOf(SessionEndedException.class);
    }
    GatheringQueue queue = new GatheringQueue(client, at, 2);
    CompletableFuture<Start> first = queue.join(bytes("a"));
    CompletableFuture<Start> second = queue.join(bytes("b"));
    assertThat(first.get(60, TimeUnit.SECONDS).members().stream().map(CutTest::text))
        .containsExactly("a", "b");
    assertThat(second.get(60, TimeUnit.SECONDS).position()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void allAreToldTheSameWhereverTheConnectionBreaks(boolean loseSession) throws Exception {
    Cuts.everywhere(
        server(),
        loseSession,
        (fragile, name) -> {
          String at = path + "/" + name;
          CompletableFuture<Start> sturdy = new GatheringQueue(client, at, 2).join(bytes("sturdy"));
          Start mine =
              new GatheringQueue(fragile, at, 2).join(bytes("fragile")).get(60, TimeUnit.SECONDS);
          Start theirs = sturdy.get(60, TimeUnit.SECONDS);
          assertThat(mine.members().stream().map(CutTest::text))
              .containsExactlyInAnyOrder("fragile", "sturdy")
              .containsExactlyElementsOf(theirs.members().stream().map(CutTest::text).toList());
          assertThat(mine.position() + theirs.position()).isEqualTo(1);
        });
  }
}
