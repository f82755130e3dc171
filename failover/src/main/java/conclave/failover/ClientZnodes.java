package conclave.failover;

import conclave.client.ClientOptions;
import conclave.client.ConclaveClient;
import conclave.client.ConclaveException;
import conclave.client.Created;
import conclave.client.Node;
import conclave.client.Outcome;
import conclave.client.Refusal;
import conclave.client.RefusedException;
import conclave.client.SessionEndedException;
import conclave.client.SessionEvent;
import conclave.protocol.Acl;
import conclave.protocol.CreateMode;
import conclave.protocol.ErrorCode;
import conclave.protocol.Id;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The znodes of Hadoop's ActiveStandbyElector, by a {@link ConclaveClient} for each session: when a
 * session is over, so is its client, and nothing of it can get into the next one.
 */
final class ClientZnodes implements Znodes {
  private static final Logger LOG = LoggerFactory.getLogger(ClientZnodes.class);

  static final String LOCK = "ActiveStandbyElectorLock";
  static final String BREADCRUMB = "ActiveBreadCrumb";

  /** Everything, for whoever has the credentials with which the znode is made. */
  private static final List<Acl> ONLY_CREATOR = List.of(new Acl(Acl.ALL, new Id("auth", "")));

  private static final long CLOSE_WITHIN_MS = 2_000;

  private final FailoverConfig config;
  private final String lockPath;
  private final String breadcrumbPath;
  private final byte[] data;
  private final List<Acl> acl;
  private final Consumer<Input> inbox;

  private final Map<Integer, CompletableFuture<ConclaveClient>> clients = new HashMap<>();
  private final Set<CompletableFuture<Boolean>> closing = ConcurrentHashMap.newKeySet();

  ClientZnodes(FailoverConfig config, Consumer<Input> inbox) {
    this.config = config;
    this.inbox = inbox;
    lockPath = config.parent() + "/" + LOCK;
    breadcrumbPath = config.parent() + "/" + BREADCRUMB;
    data = config.self().identity().data().getBytes(StandardCharsets.UTF_8);
    acl = config.session().onlyCreator() ? ONLY_CREATOR : Acl.OPEN;
  }

  @Override
  public synchronized void carryOut(Action action) {
    if (action instanceof Action.OpenSession open) {
      open(open.generation());
    } else if (action instanceof Action.CloseSession close) {
      close(close.generation());
    } else if (action instanceof Action.CreateLock create) {
      with(create.generation(), client -> createLock(create.generation(), client));
    } else if (action instanceof Action.ReadLock read) {
      with(read.generation(), client -> readLock(read, client));
    } else if (action instanceof Action.ReadBreadcrumb read) {
      with(read.generation(), client -> readBreadcrumb(read.generation(), client));
    } else if (action instanceof Action.WriteBreadcrumb write) {
      with(write.generation(), client -> writeBreadcrumb(write, client));
    } else if (action instanceof Action.DeleteBreadcrumb delete) {
      with(delete.generation(), client -> deleteBreadcrumb(delete, client));
    } else {
      throw new IllegalArgumentException("action=" + action);
    }
  }

  // --- sessions

  private void open(int generation) {
    ClientOptions options =
        ClientOptions.defaults()
            .withSessionTimeoutMs(config.session().timeoutMs())
            .withRequestTimeoutMs(config.session().timeoutMs())
            .withConnectTimeoutMs(Math.max(500, config.session().timeoutMs() / 3))
            .withFirstConnectWithinMs(0)
            .withRenewSession(false);
    for (String auth : config.session().auth()) {
      int colon = auth.indexOf(':');
      options =
          options.withCredentials(
              auth.substring(0, colon), auth.substring(colon + 1).getBytes(StandardCharsets.UTF_8));
    }
    CompletableFuture<ConclaveClient> connected =
        ConclaveClient.connect(config.ensemble(), options);
    clients.put(generation, connected);
    connected.whenComplete(
        (client, failure) -> {
          if (failure != null) {
            inbox.accept(new Input.SessionLost(generation, reason(failure)));
          } else {
            client.onSession(event -> hear(generation, client, event));
          }
        });
  }

  private void hear(int generation, ConclaveClient client, SessionEvent event) {
    switch (event.state()) {
      case CONNECTED ->
          inbox.accept(
              new Input.SessionConnected(generation, event.sessionId(), client.sessionTimeoutMs()));
      case CONNECTED_READ_ONLY, SUSPENDED -> inbox.accept(new Input.SessionSuspended(generation));
      case LOST ->
          inbox.accept(new Input.SessionLost(generation, "expired, or not heard of for too long"));
      case AUTH_FAILED ->
          inbox.accept(
              new Input.SessionLost(
                  generation, "the servers refuse the credentials of session.auth"));
      case CLOSED -> LOG.debug("Closed session 0x{}", Long.toHexString(event.sessionId()));
    }
  }

  private void close(int generation) {
    CompletableFuture<ConclaveClient> client = clients.remove(generation);
    if (client == null) {
      return;
    }
    CompletableFuture<Boolean> closed =
        client
            .thenCompose(ConclaveClient::closeAsync)
            // Whether it worked or not: there is nothing else to be done about it.
            .handle((done, failure) -> failure == null);
    closing.add(closed);
    closed.thenRun(() -> closing.remove(closed));
  }

  /** Whoever ends the process too early leaves the lock to its timeout. */
  @Override
  public void close() {
    synchronized (this) {
      List.copyOf(clients.keySet()).forEach(this::close);
    }
    for (CompletableFuture<Boolean> one : List.copyOf(closing)) {
      one.copy().completeOnTimeout(false, CLOSE_WITHIN_MS, TimeUnit.MILLISECONDS).join();
    }
  }

  // --- znodes

  /** A session that is gone has no answers to give. */
  private void with(int generation, Consumer<ConclaveClient> what) {
    CompletableFuture<ConclaveClient> client = clients.get(generation);
    if (client != null) {
      client.thenAccept(what);
    }
  }

  private void createLock(int generation, ConclaveClient client) {
    client
        .create(lockPath, data, CreateMode.EPHEMERAL, acl)
        .thenCompose(
            outcome ->
                outcome.was(Refusal.NO_NODE)
                    ? makeParent(client)
                        .thenCompose(
                            made -> client.create(lockPath, data, CreateMode.EPHEMERAL, acl))
                    : CompletableFuture.completedFuture(outcome))
        .whenComplete(
            (outcome, failure) -> {
              if (failure != null) {
                fail(generation, failure);
              } else if (outcome.was(Refusal.NODE_EXISTS)) {
                inbox.accept(new Input.LockExists(generation));
              } else if (outcome instanceof Outcome.Done<Created> created) {
                inbox.accept(new Input.LockCreated(generation, created.result().stat().czxid()));
              } else {
                refuse(generation, outcome);
              }
            });
  }

  /** The parent has the ACL of what is below it: whoever may write there may delete the lock. */
  private CompletableFuture<Outcome<Created>> makeParent(ConclaveClient client) {
    int slash = config.parent().lastIndexOf('/');
    CompletableFuture<?> above =
        slash == 0
            ? CompletableFuture.completedFuture("")
            : client.ensurePath(config.parent().substring(0, slash));
    return above.thenCompose(
        made -> client.create(config.parent(), new byte[0], CreateMode.PERSISTENT, acl));
  }

  private void readLock(Action.ReadLock read, ConclaveClient client) {
    int generation = read.generation();
    if (!read.watch()) {
      client
          .getData(lockPath)
          .whenComplete((outcome, failure) -> see(generation, outcome, failure));
      return;
    }
    client
        .getDataAndWatch(lockPath)
        .whenComplete(
            (outcome, failure) -> {
              see(generation, outcome == null ? null : outcome.map(w -> w.value()), failure);
              if (failure == null) {
                outcome.value().ifPresent(watched -> await(generation, watched.event()));
              }
            });
  }

  private void await(int generation, CompletableFuture<?> event) {
    event.whenComplete(
        (fired, failure) -> {
          if (failure == null) {
            inbox.accept(new Input.LockChanged(generation));
          }
        });
  }

  private void see(int generation, @Nullable Outcome<Node> outcome, @Nullable Throwable failure) {
    if (failure != null || outcome == null) {
      fail(generation, failure);
    } else if (outcome.was(Refusal.NO_NODE)) {
      inbox.accept(new Input.LockSeen(generation, null));
    } else if (outcome instanceof Outcome.Done<Node> done) {
      inbox.accept(new Input.LockSeen(generation, znode(done.result())));
    } else {
      refuse(generation, outcome);
    }
  }

  private static Znode znode(Node node) {
    byte[] bytes = node.data();
    return new Znode(
        node.stat().czxid(),
        node.stat().version(),
        node.stat().ephemeralOwner(),
        bytes == null ? "" : new String(bytes, StandardCharsets.UTF_8));
  }

  private void readBreadcrumb(int generation, ConclaveClient client) {
    client
        .getData(breadcrumbPath)
        .whenComplete(
            (outcome, failure) -> {
              if (failure != null) {
                fail(generation, failure);
              } else if (outcome.was(Refusal.NO_NODE)) {
                inbox.accept(new Input.BreadcrumbSeen(generation, null));
              } else if (outcome instanceof Outcome.Done<Node> done) {
                inbox.accept(new Input.BreadcrumbSeen(generation, znode(done.result())));
              } else {
                refuse(generation, outcome);
              }
            });
  }

  private void writeBreadcrumb(Action.WriteBreadcrumb write, ConclaveClient client) {
    CompletableFuture<Outcome<Integer>> written =
        write.version() < 0
            ? client
                .create(breadcrumbPath, data, CreateMode.PERSISTENT, acl)
                .thenApply(outcome -> outcome.map(created -> created.stat().version()))
            : client
                .setData(breadcrumbPath, data, write.version())
                .thenApply(outcome -> outcome.map(stat -> stat.version()));
    int generation = write.generation();
    written.whenComplete(
        (outcome, failure) -> {
          if (failure != null) {
            fail(generation, failure);
          } else if (outcome instanceof Outcome.Done<Integer> done) {
            inbox.accept(new Input.BreadcrumbWritten(generation, done.result()));
          } else {
            inbox.accept(new Input.BreadcrumbRefused(generation));
          }
        });
  }

  private void deleteBreadcrumb(Action.DeleteBreadcrumb delete, ConclaveClient client) {
    client
        .delete(breadcrumbPath, delete.version())
        .whenComplete(
            (outcome, failure) -> {
              if (failure != null) {
                fail(delete.generation(), failure);
              } else {
                // Of another version it is another's, and gone as far as we are concerned.
                inbox.accept(new Input.BreadcrumbDeleted(delete.generation()));
              }
            });
  }

  // --- what can go wrong

  private void refuse(int generation, Outcome<?> outcome) {
    inbox.accept(new Input.OperationFailed(generation, String.valueOf(outcome.refusal()), false));
  }

  private void fail(int generation, @Nullable Throwable failure) {
    Throwable cause = ConclaveException.causeOf(failure);
    if (cause instanceof SessionEndedException) {
      // The session's own event says so too, and it says why.
      return;
    }
    boolean hopeless =
        cause instanceof RefusedException refused
            && (refused.error() == ErrorCode.NO_AUTH
                || refused.error() == ErrorCode.INVALID_ACL
                || refused.error() == ErrorCode.QUOTA_EXCEEDED);
    inbox.accept(new Input.OperationFailed(generation, reason(failure), hopeless));
  }

  private static String reason(@Nullable Throwable failure) {
    Throwable cause = ConclaveException.causeOf(failure);
    return cause.getMessage() == null ? cause.toString() : cause.getMessage();
  }
}
