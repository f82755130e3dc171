package conclave.client;

import conclave.protocol.Acl;
import conclave.protocol.CreateMode;
import conclave.protocol.ErrorCode;
import conclave.protocol.Paths;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Requests that take several steps on a path or what is below it. */
final class Subtrees {
  private Subtrees() {}

  /** Tries the znode itself first, since mostly only that is missing, if anything is. */
  static CompletableFuture<Void> ensure(ConclaveClient client, String path, CreateMode mode) {
    if (path.equals(Paths.ROOT)) {
      return CompletableFuture.completedFuture(null);
    }
    return client
        .exists(path)
        .thenCompose(
            stat ->
                stat.isPresent()
                    ? CompletableFuture.completedFuture(null)
                    : make(client, path, mode))
        .thenApply(made -> null);
  }

  private static CompletionStage<@Nullable Void> make(
      ConclaveClient client, String path, CreateMode mode) {
    return client
        .create(path, null, mode, Acl.OPEN)
        .handle(
            (outcome, failure) -> {
              if (outcome != null) {
                return outcome.was(Refusal.NO_NODE)
                    ? ensure(client, Paths.parent(path), CreateMode.PERSISTENT)
                        .thenCompose(made -> ensure(client, path, mode))
                    : done(outcome);
              }
              Throwable cause = ConclaveException.causeOf(failure);
              if (cause instanceof ConnectionLostException) {
                // Whether it was made or not: what counts is that it is there.
                return ensure(client, path, mode);
              }
              boolean noContainers =
                  cause instanceof RefusedException refused
                      && refused.error() == ErrorCode.UNIMPLEMENTED;
              if (mode.isContainer() && noContainers) {
                return ensure(client, path, CreateMode.PERSISTENT);
              }
              return CompletableFuture.<Void>failedFuture(cause);
            })
        .thenCompose(next -> next);
  }

  private static CompletableFuture<Void> done(Outcome<Created> outcome) {
    outcome.orNullIf(Refusal.NODE_EXISTS);
    return CompletableFuture.completedFuture(null);
  }

  static CompletableFuture<Void> deleteSurely(ConclaveClient client, String path) {
    ConclaveClient bound = client.inThisSession();
    return bound
        .delete(path, ConclaveClient.ANY_VERSION)
        .<Void>thenApply(outcome -> outcome.orNullIf(Refusal.NO_NODE))
        .exceptionallyCompose(
            failure -> {
              Throwable cause = ConclaveException.causeOf(failure);
              return cause instanceof ConnectionLostException || cause instanceof DeadlineException
                  ? deleteSurely(bound, path)
                  : CompletableFuture.failedFuture(cause);
            });
  }

  static CompletableFuture<Void> delete(ConclaveClient client, String path) {
    return client
        .delete(path, ConclaveClient.ANY_VERSION)
        .thenCompose(
            outcome -> {
              if (!outcome.was(Refusal.NOT_EMPTY)) {
                outcome.orNullIf(Refusal.NO_NODE);
                return CompletableFuture.<Void>completedFuture(null);
              }
              return client
                  .getChildren(path)
                  .thenCompose(children -> deleteAll(client, path, children))
                  .thenCompose(gone -> delete(client, path));
            });
  }

  private static CompletableFuture<Void> deleteAll(
      ConclaveClient client, String parent, Outcome<Children> children) {
    List<CompletableFuture<Void>> all = new ArrayList<>();
    for (String name : children.value().map(Children::names).orElse(List.of())) {
      all.add(delete(client, Paths.child(parent, name)));
    }
    return CompletableFuture.allOf(all.toArray(CompletableFuture<?>[]::new));
  }
}
