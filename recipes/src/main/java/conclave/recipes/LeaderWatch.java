package conclave.recipes;

import static java.nio.charset.StandardCharsets.UTF_8;

import conclave.client.Children;
import conclave.client.ConclaveClient;
import conclave.client.ConclaveException;
import conclave.client.Node;
import conclave.client.Outcome;
import conclave.client.Registration;
import conclave.client.SessionEndedException;
import conclave.client.WatchEvent;
import conclave.client.Watched;
import conclave.protocol.Paths;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at an election from outside. Whoever follows it watches the leader's znode only: candidates
 * that come and go wake nobody.
 */
final class LeaderWatch {
  private static final Logger LOG = LoggerFactory.getLogger(LeaderWatch.class);

  private final ConclaveClient client;
  private final ContenderQueue queue;
  private final Consumer<Optional<Leader>> listener;

  /** All that follows belongs to the client's thread. */
  private @Nullable CompletableFuture<WatchEvent> awaited;

  private @Nullable Optional<Leader> told;
  private boolean closed;

  private LeaderWatch(
      ConclaveClient client, ContenderQueue queue, Consumer<Optional<Leader>> listener) {
    this.client = client;
    this.queue = queue;
    this.listener = listener;
  }

  /** Tells who leads now, and every change, on the client's thread; empty while nobody does. */
  static Registration follow(
      ConclaveClient client, ContenderQueue queue, Consumer<Optional<Leader>> listener) {
    LeaderWatch watch = new LeaderWatch(client, queue, listener);
    client.executor().execute(watch::look);
    return () -> client.executor().execute(watch::close);
  }

  /** All candidates of now, the leader first. */
  static CompletableFuture<List<Leader>> candidates(ConclaveClient client, ContenderQueue queue) {
    return client
        .getChildren(queue.path())
        .thenCompose(
            outcome -> {
              List<CompletableFuture<Optional<Leader>>> found = new ArrayList<>();
              List<String> names = outcome.value().map(Children::names).orElse(List.of());
              for (String name : queue.inOrder(names)) {
                found.add(
                    client
                        .getData(Paths.child(queue.path(), name))
                        .thenApply(read -> read.value().map(LeaderWatch::leader)));
              }
              return CompletableFuture.allOf(found.toArray(CompletableFuture<?>[]::new))
                  .thenApply(all -> found.stream().flatMap(one -> one.join().stream()).toList());
            });
  }

  private static Leader leader(Node node) {
    byte[] id = node.data();
    return new Leader(id == null ? "" : new String(id, UTF_8), node.stat().czxid());
  }

  private void look() {
    if (closed) {
      return;
    }
    ConclaveClient session = Await.inOneSession(client);
    session
        .getChildren(queue.path())
        .whenComplete(
            (outcome, failure) -> {
              if (outcome == null) {
                failed(failure);
              } else {
                List<String> names = outcome.value().map(Children::names).orElse(List.of());
                List<String> candidates = queue.inOrder(names);
                if (candidates.isEmpty()) {
                  tell(Optional.empty());
                  awaitCandidates(session, outcome.isDone());
                } else {
                  awaitEndOf(session, candidates.get(0));
                }
              }
            });
  }

  private void awaitEndOf(ConclaveClient session, String first) {
    session
        .getDataAndWatch(Paths.child(queue.path(), first))
        .whenComplete(
            (outcome, failure) -> {
              if (outcome instanceof Outcome.Done<Watched<Node>> done) {
                await(done.result().event());
                tell(Optional.of(leader(done.result().value())));
              } else if (outcome != null) {
                look();
              } else {
                failed(failure);
              }
            });
  }

  private void awaitCandidates(ConclaveClient session, boolean thereIsAContainer) {
    if (thereIsAContainer) {
      session
          .getChildrenAndWatch(queue.path())
          .whenComplete(
              (outcome, failure) -> {
                if (outcome instanceof Outcome.Done<Watched<Children>> done) {
                  await(done.result().event());
                  if (!queue.inOrder(done.result().value().names()).isEmpty()) {
                    again();
                  }
                } else if (outcome != null) {
                  look();
                } else {
                  failed(failure);
                }
              });
      return;
    }
    session
        .existsAndWatch(queue.path())
        .whenComplete(
            (found, failure) -> {
              if (found == null) {
                failed(failure);
                return;
              }
              await(found.event());
              if (found.value().isPresent()) {
                again();
              }
            });
  }

  /** Something came in between: what is awaited is of no use. */
  private void again() {
    CompletableFuture<WatchEvent> event = awaited;
    awaited = null;
    if (event != null) {
      event.cancel(false);
    }
    look();
  }

  private void await(CompletableFuture<WatchEvent> event) {
    if (closed) {
      event.cancel(false);
      return;
    }
    awaited = event;
    event.whenComplete(
        (happened, failure) -> {
          if (awaited != event) {
            return;
          }
          awaited = null;
          if (happened == null) {
            failed(failure);
          } else {
            look();
          }
        });
  }

  private void failed(@Nullable Throwable failure) {
    if (closed) {
      return;
    }
    Throwable cause = ConclaveException.causeOf(failure);
    if (Await.isOnlyTheSession(client, cause)) {
      look();
      return;
    }
    if (cause instanceof SessionEndedException) {
      return;
    }
    LOG.warn("nobody can be seen to lead at {}", queue.path(), cause);
    closed = true;
    tell(Optional.empty());
  }

  private void tell(Optional<Leader> leader) {
    if (leader.equals(told)) {
      return;
    }
    told = leader;
    try {
      listener.accept(leader);
    } catch (RuntimeException e) {
      LOG.error("a listener failed", e);
    }
  }

  private void close() {
    closed = true;
    CompletableFuture<WatchEvent> event = awaited;
    awaited = null;
    if (event != null) {
      event.cancel(false);
    }
  }
}
