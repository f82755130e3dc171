package conclave.recipes.snippets;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import conclave.client.Registration;
import conclave.recipes.ReliableQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ReliableQueueSnippetTest extends SnippetTest {
  private final AtomicInteger sent = new AtomicInteger();

  private CompletableFuture<Integer> send(byte[] mail) {
    return CompletableFuture.completedFuture(sent.addAndGet(mail.length));
  }

  @Test
  void reliableQueue() throws Exception {
    // tag::reliable-queue
    ReliableQueue queue = new ReliableQueue(client, "/mails", "/mails-locks");
    queue.offer("to alice".getBytes(UTF_8)).join();
    ReliableQueue.Delivery mail = queue.take().join();
    send(mail.item()).join(); // nobody else is given it meanwhile
    boolean removed = mail.done().join();
    Registration worker = queue.consume(4, delivery -> send(delivery.item()));
    queue.offer("to bob".getBytes(UTF_8)).join();
    worker.close(); // what is in work is finished
    queue.close().join();
    // end::reliable-queue
    assertThat(removed).isTrue();
    assertThat(sent.get()).isPositive();
  }
}
