package conclave.client;

import conclave.protocol.Acl;
import conclave.protocol.CreateMode;
import conclave.protocol.Paths;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * One creation that happens exactly once: when the answer to a creation is lost, the parent's
 * children are looked through for its mark before another one is tried.
 */
final class GuardedCreate {
  private final ConclaveClient client;
  private final String parent;
  private final String name;
  private final String mark;
  private final byte @Nullable [] data;
  private final CreateMode mode;
  private final List<Acl> acl;

  GuardedCreate(
      ConclaveClient client, String path, byte @Nullable [] data, CreateMode mode, List<Acl> acl) {
    // A znode of the session before would be found, and vanish under its finder.
    this.client = mode.isEphemeral() ? client.inThisSession() : client;
    this.mark = "_c_" + client.runtime().newUuid() + "-";
    int slash = path.lastIndexOf('/');
    this.parent = slash <= 0 ? Paths.ROOT : path.substring(0, slash);
    this.name = path.substring(slash + 1);
    this.data = data;
    this.mode = mode;
    this.acl = acl;
  }

  CompletableFuture<Outcome<Created>> run() {
    return client
        .create(Paths.child(parent, mark + name), data, mode, acl)
        .exceptionallyCompose(this::lookForIt);
  }

  private CompletionStage<Outcome<Created>> lookForIt(Throwable failure) {
    Throwable cause = ConclaveException.causeOf(failure);
    if (!(cause instanceof ConnectionLostException)) {
      return CompletableFuture.failedFuture(cause);
    }
    // The server that is asked may not have caught up with the one that did it.
    return client
        .sync(parent)
        .thenCompose(synced -> client.getChildren(parent))
        .thenCompose(this::foundOrAgain);
  }

  private CompletionStage<Outcome<Created>> foundOrAgain(Outcome<Children> children) {
    for (String child : children.value().map(Children::names).orElse(List.of())) {
      if (child.startsWith(mark)) {
        String path = Paths.child(parent, child);
        return client
            .exists(path)
            .thenCompose(
                stat ->
                    stat.isPresent()
                        ? CompletableFuture.completedFuture(
                            new Outcome.Done<>(new Created(path, stat.get())))
                        : run());
      }
    }
    return run();
  }
}
