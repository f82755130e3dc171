package conclave.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import conclave.client.ConclaveClient;
import conclave.client.Registration;
import conclave.recipes.PublishSubscribe.From;
import conclave.recipes.PublishSubscribe.Message;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PublishSubscribeTest extends CutTest {
  private final Queue<String> seen = new ConcurrentLinkedQueue<>();

  private static Function<Message, CompletionStage<?>> into(Queue<String> seen) {
    return message -> {
      seen.add(text(message.data()));
      return CompletableFuture.completedFuture(null);
    };
  }

  private static List<String> numbered(int from, int to) {
    return IntStream.range(from, to).mapToObj(i -> "message " + i).toList();
  }

  private static void publish(PublishSubscribe topic, int from, int to) {
    CompletableFuture.allOf(
            numbered(from, to).stream()
                .map(message -> topic.publish(bytes(message)))
                .toArray(CompletableFuture<?>[]::new))
        .join();
  }

  @Test
  void aLiveSubscriberSeesWhatComesAfterIt() {
    PublishSubscribe topic = new PublishSubscribe(client, path);
    publish(topic, 0, 3);
    Registration subscription = topic.subscribe(message -> seen.add(text(message.data()))).join();
    publish(topic, 3, 200);
    await().atMost(Duration.ofMinutes(1)).until(() -> seen.contains("message 199"));
    assertThat(seen).containsExactlyElementsOf(numbered(3, 200));
    subscription.close();
    topic.close().join();
  }

  @Test
  void aNamedSubscriberGoesOnWhereItWas() {
    PublishSubscribe topic = new PublishSubscribe(client, path);
    publish(topic, 0, 5);
    Registration first = topic.subscribe("books", From.EARLIEST, into(seen)).join();
    await().atMost(Duration.ofMinutes(1)).until(() -> seen.size() == 5);
    await()
        .atMost(Duration.ofMinutes(1))
        .until(() -> text(direct.getData(path + "/subscribers/books").data()).equals("4"));
    first.close();
    publish(topic, 5, 10);
    try (ConclaveClient other = ConclaveClient.connect(server().connectString()).join()) {
      new PublishSubscribe(other, path).subscribe("books", From.EARLIEST, into(seen));
      await().atMost(Duration.ofMinutes(1)).until(() -> seen.size() >= 10);
      assertThat(seen).containsExactlyElementsOf(numbered(0, 10));
    }
  }

  @Test
  void aNewNamedSubscriberMayBeginNow() {
    PublishSubscribe topic = new PublishSubscribe(client, path);
    publish(topic, 0, 5);
    topic.subscribe("late", From.NOW, into(seen)).join();
    publish(topic, 5, 8);
    await().atMost(Duration.ofMinutes(1)).until(() -> seen.size() >= 3);
    assertThat(seen).containsExactlyElementsOf(numbered(5, 8));
  }

  @Test
  void anotherProcessGoesOnForTheDead() {
    PublishSubscribe topic = new PublishSubscribe(client, path);
    ConclaveClient dying = ConclaveClient.connect(server().connectString()).join();
    new PublishSubscribe(dying, path).subscribe("books", From.EARLIEST, into(seen));
    publish(topic, 0, 3);
    await().atMost(Duration.ofMinutes(1)).until(() -> seen.size() == 3);
    Queue<String> heir = new ConcurrentLinkedQueue<>();
    topic.subscribe("books", From.EARLIEST, into(heir));
    publish(topic, 3, 6);
    await().atMost(Duration.ofMinutes(1)).until(() -> seen.size() == 6);
    assertThat(heir).isEmpty();
    dying.close();
    publish(topic, 6, 9);
    await().atMost(Duration.ofMinutes(1)).until(() -> heir.contains("message 8"));
    assertThat(heir).endsWith("message 6", "message 7", "message 8");
  }

  @Test
  void aMessageThatASubscriberFailsWithComesAgain() {
    PublishSubscribe topic = new PublishSubscribe(client, path);
    List<String> attempts = new ArrayList<>();
    topic.subscribe(
        "books",
        From.EARLIEST,
        message -> {
          attempts.add(text(message.data()));
          if (attempts.size() < 3) {
            throw new IllegalStateException("not yet");
          }
          return into(seen).apply(message);
        });
    publish(topic, 0, 2);
    await().atMost(Duration.ofMinutes(1)).until(() -> seen.size() == 2);
    assertThat(attempts).containsExactly("message 0", "message 0", "message 0", "message 1");
  }

  @Test
  void whatAllHaveDealtWithGoesAndWhatNobodyFetchesEndsThePublishing() {
    PublishSubscribe topic = new PublishSubscribe(client, path, 10, 150);
    Registration books = topic.subscribe("books", From.EARLIEST, into(seen)).join();
    publish(topic, 0, 100);
    await().atMost(Duration.ofMinutes(1)).until(() -> seen.size() == 100);
    await()
        .atMost(Duration.ofMinutes(1))
        .until(
            () -> {
              topic.publish(bytes("more")).join();
              return direct.getChildren(path + "/messages").size() <= 60;
            });
    books.close();
    await()
        .atMost(Duration.ofMinutes(1))
        .until(() -> direct.find(path + "/subscribers/books/active").isEmpty());
    assertThatThrownBy(
            () -> {
              for (int i = 0; i < 300; i++) {
                topic.publish(bytes("unseen")).join();
              }
            })
        .hasMessageContaining("is full")
        .hasMessageContaining("subscriber books");
    topic.forget("books").join();
    topic.publish(bytes("goes again")).join();
    assertThat(direct.getChildren(path + "/messages").size()).isLessThan(100);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void everySubscriberSeesAllInOrderWhereverTheConnectionBreaks(boolean loseSession)
      throws Exception {
    Cuts.everywhere(
        server(),
        loseSession,
        (fragile, name) -> {
          PublishSubscribe topic = new PublishSubscribe(fragile, path + "/" + name);
          Queue<String> durable = new ConcurrentLinkedQueue<>();
          Queue<String> witness = new ConcurrentLinkedQueue<>();
          topic.subscribe("books", From.EARLIEST, into(durable));
          new PublishSubscribe(client, path + "/" + name)
              .subscribe("witness", From.EARLIEST, into(witness));
          publish(topic, 0, 2);
          publish(topic, 2, 4);
          await()
              .atMost(Duration.ofMinutes(1))
              .until(() -> durable.contains("message 3") && witness.contains("message 3"));
          assertThat(witness).containsExactlyElementsOf(numbered(0, 4));
          assertThat(new LinkedHashSet<>(durable)).containsExactlyElementsOf(numbered(0, 4));
          topic.close().join();
        });
  }
}
