package conclave.recipes.snippets;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import conclave.recipes.GatheringQueue;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class GatheringQueueSnippetTest extends SnippetTest {
  @Test
  void gatheringQueue() throws Exception {
    // tag::gathering-queue
    GatheringQueue game = new GatheringQueue(client, "/games/17", 2);
    CompletableFuture<GatheringQueue.Start> alice = game.join("alice".getBytes(UTF_8));
    CompletableFuture<GatheringQueue.Start> bob = game.join("bob".getBytes(UTF_8));
    GatheringQueue.Start start = alice.join(); // when bob is there too
    start.members().forEach(member -> System.out.println(new String(member, UTF_8)));
    System.out.println("I am number " + start.position());
    // end::gathering-queue
    assertThat(start.position() + soon(bob).position()).isEqualTo(1);
  }
}
