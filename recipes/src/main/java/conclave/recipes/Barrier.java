package conclave.recipes;

import conclave.client.ConclaveClient;
import conclave.client.ConclaveException;
import conclave.client.Refusal;
import conclave.protocol.CreateMode;
import conclave.protocol.Paths;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/**
 * A barrier that somebody raises, everybody waits at, and anybody takes away. Curator's {@code
 * DistributedBarrier} is the same one.
 *
 * <pre>{@code
 * Barrier maintenance = new Barrier(client, "/barriers/maintenance");
 * maintenance.pass();
 * }</pre>
 *
 * <p><b>Guarantee.</b> The barrier is a persistent znode: it stays raised when the session of
 * whoever raised it is lost, until it is removed. Who waits goes on waiting through lost
 * connections and sessions, also when it stood still meanwhile, and passes when it hears that the
 * znode is gone, or was gone at some moment since. There is nothing to hold, and so no fencing
 * token.
 *
 * <p>Thread-safe.
 */
public final class Barrier {
  private final ConclaveClient client;
  private final String path;

  public Barrier(ConclaveClient client, String path) {
    this.client = client;
    this.path = path;
  }

  /** Raises the barrier, if it isn't. */
  public CompletableFuture<Void> raise() {
    // Whoever made it: what counts is that it is there.
    return Trouble.untilAnswered(client, () -> client.create(path, null, CreateMode.PERSISTENT))
        .thenCompose(
            outcome -> {
              if (outcome.was(Refusal.NO_NODE)) {
                return Trouble.untilAnswered(
                        client, () -> client.ensureContainer(Paths.parent(path)))
                    .thenCompose(made -> raise());
              }
              outcome.orNullIf(Refusal.NODE_EXISTS);
              return CompletableFuture.completedFuture(null);
            });
  }

  /** Takes the barrier away, if it is there. */
  public CompletableFuture<Void> remove() {
    return client
        .deleteSurely(path)
        .handle((gone, failure) -> failure)
        .thenCompose(
            failure -> {
              if (failure == null) {
                return CompletableFuture.completedFuture(null);
              }
              Throwable cause = ConclaveException.causeOf(failure);
              return Trouble.isPassing(cause) || Await.isOnlyTheSession(client, cause)
                  ? remove()
                  : CompletableFuture.failedFuture(cause);
            });
  }

  /** Completes when the barrier isn't there. Cancelling it leaves no watch behind. */
  public CompletableFuture<Void> awaitRemoval() {
    return Gone.awaitSynced(client, path);
  }

  /** The same for a limited time; false when it is still there. */
  public CompletableFuture<Boolean> awaitRemoval(Duration within) {
    return Gone.limit(client, awaitRemoval(), within);
  }

  /** Waits until the barrier isn't there. */
  public void pass() throws InterruptedException {
    Await.await(client, awaitRemoval(), gone -> {});
  }
}
