package conclave.recipes;

import conclave.client.ConclaveClient;
import conclave.client.ConclaveException;
import conclave.client.Refusal;
import conclave.client.TransactionOutcome;
import conclave.protocol.CreateMode;
import conclave.protocol.Paths;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Puts items into a queue, each exactly once, in the order of the calls. What is offered while a
 * transaction is on its way goes together with the next one.
 */
final class Offers {
  /** A server takes requests of 1 MB, unless told otherwise. */
  private static final int MAX_BATCH_BYTES = 512 * 1024;

  private static final int MAX_BATCH_ITEMS = 200;

  private record Offer(String prefix, byte[] data, CompletableFuture<Void> future) {}

  private final ConclaveClient client;
  private final String path;
  private final Journal journal;
  private final Deque<Offer> waiting = new ArrayDeque<>();
  private boolean busy;

  Offers(ConclaveClient client, String path, Journal journal) {
    this.client = client;
    this.path = path;
    this.journal = journal;
  }

  /** Adds a persistent sequential child. */
  CompletableFuture<Void> add(String prefix, byte[] data) {
    CompletableFuture<Void> future = new CompletableFuture<>();
    Trouble.onItsThread(
        client,
        future,
        () -> {
          waiting.add(new Offer(Paths.child(path, prefix), data, future));
          send();
        });
    return future;
  }

  private void send() {
    if (busy || waiting.isEmpty()) {
      return;
    }
    busy = true;
    List<Offer> batch = new ArrayList<>();
    int bytes = 0;
    while (!waiting.isEmpty() && batch.size() < MAX_BATCH_ITEMS) {
      Offer first = waiting.element();
      bytes += first.prefix().length() + first.data().length;
      if (bytes > MAX_BATCH_BYTES && !batch.isEmpty()) {
        break;
      }
      batch.add(waiting.remove());
    }
    send(batch);
  }

  private void send(List<Offer> batch) {
    journal
        .make(
            transaction ->
                batch.forEach(
                    offer ->
                        transaction.create(
                            offer.prefix(), offer.data(), CreateMode.PERSISTENT_SEQUENTIAL)))
        .whenComplete((outcome, failure) -> answered(batch, outcome, failure));
  }

  private void answered(
      List<Offer> batch, @Nullable TransactionOutcome outcome, @Nullable Throwable failure) {
    if (outcome instanceof TransactionOutcome.RolledBack refused
        && refused.because(Refusal.NO_NODE)) {
      Trouble.untilAnswered(client, () -> client.ensurePath(path))
          .whenComplete(
              (made, trouble) -> {
                if (trouble == null) {
                  send(batch);
                } else {
                  fail(batch, ConclaveException.causeOf(trouble));
                }
              });
    } else if (outcome instanceof TransactionOutcome.Committed) {
      busy = false;
      batch.forEach(offer -> offer.future().complete(null));
      send();
    } else if (outcome instanceof TransactionOutcome.RolledBack refused) {
      fail(batch, refusal(refused));
    } else {
      fail(batch, ConclaveException.causeOf(failure));
    }
  }

  private static Throwable refusal(TransactionOutcome.RolledBack refused) {
    return new IllegalStateException(
        "the server refused to make " + refused.path() + ": " + refused.error());
  }

  /** One that is refused, for its size for instance, must not fail those it travelled with. */
  private void fail(List<Offer> batch, Throwable cause) {
    busy = false;
    if (batch.size() > 1) {
      batch.forEach(offer -> resend(offer));
      return;
    }
    batch.forEach(offer -> offer.future().completeExceptionally(cause));
    send();
  }

  private void resend(Offer offer) {
    journal
        .make(
            transaction ->
                transaction.create(offer.prefix(), offer.data(), CreateMode.PERSISTENT_SEQUENTIAL))
        .whenComplete(
            (outcome, failure) -> {
              if (outcome instanceof TransactionOutcome.Committed) {
                offer.future().complete(null);
              } else if (outcome instanceof TransactionOutcome.RolledBack refused) {
                offer.future().completeExceptionally(refusal(refused));
              } else {
                offer.future().completeExceptionally(ConclaveException.causeOf(failure));
              }
              send();
            });
  }
}
