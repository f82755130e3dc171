package conclave.recipes.snippets;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import conclave.client.Registration;
import conclave.recipes.PublishSubscribe;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;

class PublishSubscribeSnippetTest extends SnippetTest {
  private final Queue<byte[]> booked = new ConcurrentLinkedQueue<>();

  private CompletableFuture<Boolean> book(byte[] price) {
    return CompletableFuture.completedFuture(booked.add(price));
  }

  @Test
  void publishSubscribe() throws Exception {
    // tag::publish-subscribe
    PublishSubscribe topic = new PublishSubscribe(client, "/topics/prices");
    Registration live = topic.subscribe(message -> System.out.println(message.number())).join();
    Registration books =
        topic.subscribe("books", PublishSubscribe.From.EARLIEST, m -> book(m.data())).join();
    topic.publish("apples 3.20".getBytes(UTF_8)).join();
    books.close(); // goes on where it was when it subscribes again
    topic.forget("books").join(); // or never
    live.close();
    topic.close().join();
    // end::publish-subscribe
    assertThat(booked).hasSizeLessThan(2);
  }
}
