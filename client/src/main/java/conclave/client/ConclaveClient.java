package conclave.client;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import conclave.client.Pending.Answer;
import conclave.protocol.Acl;
import conclave.protocol.ClientInfo;
import conclave.protocol.CreateMode;
import conclave.protocol.ErrorCode;
import conclave.protocol.OpCode;
import conclave.protocol.Paths;
import conclave.protocol.Reply;
import conclave.protocol.Request;
import conclave.protocol.Stat;
import conclave.protocol.Xid;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A client of a Conclave or ZooKeeper ensemble.
 *
 * <pre>{@code
 * try (ConclaveClient client = ConclaveClient.connect("localhost:2181").join()) {
 *   client.create("/greeting", "hello".getBytes(UTF_8), CreateMode.PERSISTENT)
 *       .thenCompose(outcome -> client.getData("/greeting"))
 *       .thenAccept(outcome -> System.out.println(outcome.orThrow().stat()))
 *       .join();
 * }
 * }</pre>
 *
 * <p>Every request answers with a future, in the order in which the requests were made. What the
 * state of the tree can stand against has an {@link Outcome}; a future that fails, fails with a
 * {@link ConclaveException}. While the connection is lost, requests wait for the next one, at most
 * as long as they may take: reads that had been sent are sent again, writes fail with a {@link
 * ConnectionLostException}, since they may have been done. Arguments that no server could accept,
 * such as a path without a leading slash, are an {@link IllegalArgumentException} on the spot.
 *
 * <p>The client holds one session at a time, and begins another when that is {@linkplain
 * SessionState#LOST lost}. What must not leak from one session into the next, such as the znode of
 * a lock, is asked for through {@link #inThisSession}.
 *
 * <p>Thread-safe. Futures complete on the client's one thread, which must not be blocked: {@link
 * #blocking} is for all other threads.
 */
public final class ConclaveClient implements AutoCloseable {
  /** Matches any version in {@link #setData}, {@link #delete} and {@link #setAcl}. */
  public static final int ANY_VERSION = -1;

  private final ConnectString target;
  private final ClientOptions options;
  private final Session session;
  private final long requestTimeoutMs;
  private final int generation;

  private ConclaveClient(ConnectString target, ClientOptions options, Session session) {
    this(target, options, session, options.requestTimeoutMs(), Pending.ANY_SESSION);
  }

  private ConclaveClient(
      ConnectString target,
      ClientOptions options,
      Session session,
      long requestTimeoutMs,
      int generation) {
    this.target = target;
    this.options = options;
    this.session = session;
    this.requestTimeoutMs = requestTimeoutMs;
    this.generation = generation;
  }

  /** Connects with {@link ClientOptions#defaults}. */
  public static CompletableFuture<ConclaveClient> connect(String servers) {
    return connect(servers, ClientOptions.defaults());
  }

  /**
   * Connects to one of the servers and begins a session.
   *
   * @param servers {@code host:port,host:port/chroot}, or {@code srv:NAME/chroot}
   */
  public static CompletableFuture<ConclaveClient> connect(String servers, ClientOptions options) {
    ConnectString target = ConnectString.parse(servers);
    return connect(target, options, ClientPorts.open());
  }

  /** The same in a world that the ports lead to. */
  static CompletableFuture<ConclaveClient> connect(
      ConnectString target, ClientOptions options, ClientPorts ports) {
    Session session = new Session(target, options, ports);
    ConclaveClient client = new ConclaveClient(target, options, session);
    session.ended().thenRun(ports::close);
    return session.start().thenApply(started -> client);
  }

  /** The same client, whose requests may take this long. */
  public ConclaveClient within(Duration time) {
    long ms = time.toMillis();
    if (ms <= 0) {
      throw new IllegalArgumentException("time=" + time + ", but 1 ms is the least");
    }
    return new ConclaveClient(target, options, session, ms, generation);
  }

  /**
   * The same client, whose requests are done in the session of now or fail with a {@link
   * SessionEndedException}, even when there is a new session by then.
   */
  public ConclaveClient inThisSession() {
    int current = generation == Pending.ANY_SESSION ? session.view().generation() : generation;
    return new ConclaveClient(target, options, session, requestTimeoutMs, current);
  }

  /** The same client for code that rather waits than being called back. */
  public BlockingClient blocking() {
    return new BlockingClient(this);
  }

  /** The session's number, as the server gave it. */
  public long sessionId() {
    return session.view().id();
  }

  /** The session timeout that the server agreed to. */
  public int sessionTimeoutMs() {
    return session.view().timeoutMs();
  }

  public SessionState state() {
    return session.view().state();
  }

  /**
   * For how long from now this session is certain to live, by this machine's clock: no server gives
   * up a session that it was told of less than a session timeout ago. 0 when it may have expired,
   * or, for a client {@linkplain #inThisSession in its session}, when there is another one by now.
   */
  public Duration certainFor() {
    int of = generation == Pending.ANY_SESSION ? session.view().generation() : generation;
    return Duration.ofNanos(session.certainForNanos(of));
  }

  /**
   * Tells the listener how the session stands, and then every change, each exactly once and in
   * order. A new connection of the same session is CONNECTED again. Runs on the client's thread.
   */
  public Registration onSession(Consumer<SessionEvent> listener) {
    return session.listen(listener);
  }

  /** Time and chance, for what is built on this client. */
  public ClientRuntime runtime() {
    return session.ports();
  }

  /** Runs a task on the client's thread, after a while. */
  public Registration schedule(Runnable task, Duration delay) {
    var timer = session.loop().schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
    return () -> timer.cancel(false);
  }

  /** The client's own thread: what runs there is not disturbed by any event or answer. */
  public Executor executor() {
    return task -> {
      if (session.isOnLoop()) {
        task.run();
      } else {
        session.execute(task);
      }
    };
  }

  /** Whether the calling thread is the client's own, on which nothing may be waited for. */
  public boolean isOnItsThread() {
    return session.isOnLoop();
  }

  /**
   * Whether there will be no session any more: the client was closed, its credentials were refused,
   * or its session is lost and it was told not to begin another.
   */
  public boolean isEnded() {
    return session.isOver();
  }

  /** Makes a znode that everybody may do everything with. */
  public CompletableFuture<Outcome<Created>> create(
      String path, byte @Nullable [] data, CreateMode mode) {
    return create(path, data, mode, Acl.OPEN);
  }

  /** Makes a znode of any mode but those with a time to live. */
  public CompletableFuture<Outcome<Created>> create(
      String path, byte @Nullable [] data, CreateMode mode, List<Acl> acl) {
    if (mode.isTtl()) {
      throw new IllegalArgumentException(mode + " needs a time to live: use createWithTtl");
    }
    return create(createRequest(path, data, mode, acl, 0));
  }

  /** Makes a znode that goes when it has had no children and no change for {@code ttlMs}. */
  public CompletableFuture<Outcome<Created>> createWithTtl(
      String path, byte @Nullable [] data, CreateMode mode, List<Acl> acl, long ttlMs) {
    if (!mode.isTtl()) {
      throw new IllegalArgumentException(mode + " has no time to live");
    }
    return create(createRequest(path, data, mode, acl, ttlMs));
  }

  private CompletableFuture<Outcome<Created>> create(Request.Create request) {
    return ask(
        request,
        Reply.OfPathAndStat.class,
        reply -> new Created(target.toClient(reply.path()), reply.stat()));
  }

  Request.Create createRequest(
      String path, byte @Nullable [] data, CreateMode mode, List<Acl> acl, long ttlMs) {
    OpCode op =
        mode.isTtl()
            ? OpCode.CREATE_TTL
            : mode.isContainer() ? OpCode.CREATE_CONTAINER : OpCode.CREATE2;
    // A sequential znode's name may be nothing but its number, so its path may end with a slash.
    String checked = mode.isSequential() ? path + "0" : path;
    require(checked);
    String onServer = target.toServer(checked);
    String sent = mode.isSequential() ? onServer.substring(0, onServer.length() - 1) : onServer;
    return new Request.Create(op, sent, data, acl, mode.flag(), ttlMs);
  }

  /**
   * Makes a znode exactly once, even when connections are lost meanwhile: its name is given a mark,
   * {@code _c_} and a random number and a dash, by which it is found again when an answer did not
   * come. Curator's protected creation names znodes the same way.
   *
   * @param path its parent and the end of its name; the mark goes between them
   */
  public CompletableFuture<Outcome<Created>> createGuarded(
      String path, byte @Nullable [] data, CreateMode mode, List<Acl> acl) {
    return new GuardedCreate(this, path, data, mode, acl).run();
  }

  /** Makes a znode and everything above it that is missing; what exists is left as it is. */
  public CompletableFuture<Void> ensurePath(String path) {
    return Subtrees.ensure(this, path, CreateMode.PERSISTENT);
  }

  /**
   * Makes a container and, of persistent znodes, everything above it that is missing; on servers
   * without containers it is a persistent znode too.
   */
  public CompletableFuture<Void> ensureContainer(String path) {
    return Subtrees.ensure(this, path, CreateMode.CONTAINER);
  }

  /** Removes a znode that has no children. */
  public CompletableFuture<Outcome<Void>> delete(String path, int version) {
    return askForNothing(new Request.Delete(onServer(path), version));
  }

  /**
   * Removes a znode that has no children, however often the connection is lost meanwhile: the
   * future completes when it is certain to be gone. Fails when its session ends first; that it is
   * not there is no failure.
   */
  public CompletableFuture<Void> deleteSurely(String path) {
    return Subtrees.deleteSurely(this, path);
  }

  /**
   * Removes a znode and everything below it, deepest first, several at a time; not in one step, and
   * what others make meanwhile is removed too. That it is not there is no failure.
   */
  public CompletableFuture<Void> deleteTree(String path) {
    return Subtrees.delete(this, path);
  }

  public CompletableFuture<Outcome<Node>> getData(String path) {
    return ask(
        new Request.GetData(onServer(path), false), Reply.OfData.class, ConclaveClient::node);
  }

  /** Reads a znode and waits for its next change or its end. */
  public CompletableFuture<Outcome<Watched<Node>>> getDataAndWatch(String path) {
    String onServer = onServer(path);
    CompletableFuture<WatchEvent> event = newWatch(onServer);
    return ask(
        new Request.GetData(onServer, true),
        Reply.OfData.class,
        reply -> new Watched<>(node(reply), event),
        event);
  }

  private static Node node(Reply.OfData reply) {
    return new Node(reply.data(), reply.stat());
  }

  public CompletableFuture<Outcome<Stat>> setData(
      String path, byte @Nullable [] data, int version) {
    return ask(
        new Request.SetData(onServer(path), data, version), Reply.OfStat.class, Reply.OfStat::stat);
  }

  public CompletableFuture<Optional<Stat>> exists(String path) {
    Request request = new Request.Exists(onServer(path), false);
    return submit(request, answer -> statIfThere(request, answer));
  }

  /** Looks for a znode and waits for its creation, its next change or its end. */
  public CompletableFuture<Watched<Optional<Stat>>> existsAndWatch(String path) {
    String onServer = onServer(path);
    CompletableFuture<WatchEvent> event = newWatch(onServer);
    Request request = new Request.Exists(onServer, true);
    return submit(
        request, 0, event, null, answer -> new Watched<>(statIfThere(request, answer), event));
  }

  private Optional<Stat> statIfThere(Request request, Answer answer) {
    Outcome<Reply.OfStat> outcome = body(request, answer, Reply.OfStat.class);
    return outcome.was(Refusal.NO_NODE) ? Optional.empty() : Optional.of(outcome.orThrow().stat());
  }

  public CompletableFuture<Outcome<Children>> getChildren(String path) {
    return ask(
        new Request.GetChildren(OpCode.GET_CHILDREN2, onServer(path), false),
        Reply.OfNamesAndStat.class,
        reply -> new Children(reply.names(), reply.stat()));
  }

  /** Reads the names of a znode's children and waits for their next change, or its end. */
  public CompletableFuture<Outcome<Watched<Children>>> getChildrenAndWatch(String path) {
    String onServer = onServer(path);
    CompletableFuture<WatchEvent> event = newWatch(onServer);
    return ask(
        new Request.GetChildren(OpCode.GET_CHILDREN2, onServer, true),
        Reply.OfNamesAndStat.class,
        reply -> new Watched<>(new Children(reply.names(), reply.stat()), event),
        event);
  }

  /** Whoever cancels the event frees the server of the watch. */
  private CompletableFuture<WatchEvent> newWatch(String onServer) {
    CompletableFuture<WatchEvent> event = new CompletableFuture<>();
    event.whenComplete(
        (fired, failure) -> {
          if (event.isCancelled()) {
            session.unwatch(onServer, event);
          }
        });
    return event;
  }

  /** How many znodes there are below a znode, at any depth. */
  public CompletableFuture<Outcome<Integer>> countDescendants(String path) {
    return ask(
        new Request.GetAllChildrenNumber(onServer(path)),
        Reply.OfNumber.class,
        Reply.OfNumber::number);
  }

  /** The paths of this session's ephemeral znodes that begin with {@code prefix}. */
  public CompletableFuture<List<String>> getEphemerals(String prefix) {
    return ask(
            new Request.GetEphemerals(onServer(prefix)),
            Reply.OfNames.class,
            reply -> reply.names().stream().map(target::toClient).toList())
        .thenApply(Outcome::orThrow);
  }

  /** A znode's permissions. */
  public CompletableFuture<Outcome<List<Acl>>> getAcl(String path) {
    return ask(new Request.GetAcl(onServer(path)), Reply.OfAcl.class, Reply.OfAcl::acl);
  }

  /**
   * Changes a znode's permissions.
   *
   * @param aversion the version of its permissions, {@link #ANY_VERSION} for any
   */
  public CompletableFuture<Outcome<Stat>> setAcl(String path, List<Acl> acl, int aversion) {
    return ask(
        new Request.SetAcl(onServer(path), acl, aversion), Reply.OfStat.class, Reply.OfStat::stat);
  }

  /** Waits until the server has seen everything that was written anywhere before this call. */
  public CompletableFuture<Void> sync(String path) {
    return ask(new Request.Sync(onServer(path)), Reply.OfPath.class, reply -> path)
        .thenAccept(Outcome::orThrow);
  }

  /** Begins a transaction, which does nothing until it is committed. */
  public Transaction transaction() {
    return new Transaction(this);
  }

  CompletableFuture<TransactionOutcome> commit(List<Request> ops) {
    if (ops.isEmpty()) {
      return CompletableFuture.completedFuture(new TransactionOutcome.Committed(List.of()));
    }
    Request request = new Request.Multi(ops);
    return submit(request, answer -> outcomeOf(ops, answer));
  }

  private TransactionOutcome outcomeOf(List<Request> ops, Answer answer) {
    if (!(answer.body() instanceof Reply.OfMulti multi)) {
      throw new RefusedException(OpCode.MULTI, "", ErrorCode.of(answer.header().err()));
    }
    List<TransactionOutcome.Result> results = new ArrayList<>();
    for (int i = 0; i < ops.size(); i++) {
      Reply.OpResult result = multi.results().get(i);
      Request op = ops.get(i);
      String path = op instanceof Request.OfPath named ? target.toClient(named.path()) : "";
      if (result.error() != ErrorCode.OK) {
        return new TransactionOutcome.RolledBack(i, op.op(), path, result.error());
      }
      if (result.reply() instanceof Reply.OfPathAndStat made) {
        results.add(new TransactionOutcome.Result(target.toClient(made.path()), made.stat()));
      } else if (result.reply() instanceof Reply.OfStat changed) {
        results.add(new TransactionOutcome.Result(path, changed.stat()));
      } else {
        results.add(new TransactionOutcome.Result(path, null));
      }
    }
    return new TransactionOutcome.Committed(results);
  }

  /** Begins a batch of reads, which does nothing until it is sent. */
  public ReadBatch readBatch() {
    return new ReadBatch(this);
  }

  CompletableFuture<List<Reply.OpResult>> readAll(List<Request> ops) {
    return submit(
        new Request.MultiRead(ops),
        answer -> {
          if (answer.body() instanceof Reply.OfMulti multi) {
            return multi.results();
          }
          throw new RefusedException(OpCode.MULTI_READ, "", ErrorCode.of(answer.header().err()));
        });
  }

  /**
   * Sets a watch that stays, through lost connections and sessions, until it is closed. Servers
   * have it since 3.6.
   *
   * @return completes when the watch is set: every later change is told
   */
  public CompletableFuture<Registration> addWatch(
      String path, WatchMode mode, WatchListener listener) {
    String onServer = onServer(path);
    Request request = new Request.AddWatch(onServer, mode.code());
    return submit(
        request,
        0,
        null,
        listener,
        answer -> {
          body(request, answer, Reply.OfNumber.class).orThrow();
          return () -> session.unwatch(onServer, mode, listener);
        });
  }

  /**
   * The znode's state of now and, as it changes, its later ones; empty while it does not exist. Who
   * falls behind is given the newest state, not each in between; that one, always. Reconnects and
   * new sessions make no difference but the time that they take.
   */
  public Watch<Optional<Node>> watch(String path) {
    return new Watch<>(
        this,
        path,
        WatchMode.PERSISTENT,
        this::find,
        found ->
            found.map(node -> List.of(node.stat().czxid(), node.stat().mzxid())).orElse(List.of()));
  }

  /** The names of a znode's children, like {@link #watch}; empty while it does not exist. */
  public Watch<Optional<Children>> watchChildren(String path) {
    return new Watch<>(
        this,
        path,
        WatchMode.PERSISTENT,
        watched ->
            getChildren(watched)
                .thenApply(outcome -> Optional.ofNullable(outcome.orNullIf(Refusal.NO_NODE))),
        found ->
            found
                .map(children -> List.of(children.stat().czxid(), children.stat().pzxid()))
                .orElse(List.of()));
  }

  private CompletableFuture<Optional<Node>> find(String path) {
    return getData(path)
        .thenApply(outcome -> Optional.ofNullable(outcome.orNullIf(Refusal.NO_NODE)));
  }

  /** A copy of a znode, of it and its children, or of all below it, which is kept up to date. */
  public Cache cache(String path, Cache.Depth depth) {
    return new Cache(this, path, depth);
  }

  /**
   * Adds credentials to this client, as {@code digest} with {@code user:password}. They outlive
   * reconnects and sessions.
   */
  public CompletableFuture<Void> addAuth(String scheme, byte[] credentials) {
    Request request = new Request.Auth(0, scheme, credentials);
    return submit(
            request, Xid.AUTH, null, null, answer -> body(request, answer, Reply.Nothing.class))
        .thenAccept(Outcome::orThrow);
  }

  /** Who the server takes this client for, in each scheme. Servers have it since 3.7. */
  public CompletableFuture<List<ClientInfo>> whoAmI() {
    return ask(new Request.WhoAmI(), Reply.OfClients.class, Reply.OfClients::clients)
        .thenApply(Outcome::orThrow);
  }

  /** The ensemble's configuration: a line for each server, and its version. */
  public CompletableFuture<Outcome<Node>> getConfig() {
    // Not below the chroot: there is one for all.
    return ask(new Request.GetData(Paths.CONFIG, false), Reply.OfData.class, ConclaveClient::node);
  }

  /** The ensemble's configuration, and its next change. */
  public CompletableFuture<Outcome<Watched<Node>>> getConfigAndWatch() {
    CompletableFuture<WatchEvent> event = newWatch(Paths.CONFIG);
    return ask(
        new Request.GetData(Paths.CONFIG, true),
        Reply.OfData.class,
        reply -> new Watched<>(node(reply), event),
        event);
  }

  /**
   * Changes who belongs to the ensemble: either {@code newMembers}, or {@code joining} and {@code
   * leaving}, in the form of the lines of {@link #getConfig}, separated by commas; null where not
   * used.
   *
   * @param configVersion the version that the change is meant for; {@link #ANY_VERSION} for any
   * @return the new configuration
   */
  public CompletableFuture<Outcome<Node>> reconfigure(
      @Nullable String joining,
      @Nullable String leaving,
      @Nullable String newMembers,
      long configVersion) {
    return ask(
        new Request.Reconfig(joining, leaving, newMembers, configVersion),
        Reply.OfData.class,
        ConclaveClient::node);
  }

  /** Ends the session: its ephemeral znodes go at once. */
  public CompletableFuture<Void> closeAsync() {
    return session.close();
  }

  /**
   * Ends the session and waits until the server knows, or can't be told. On the client's own thread
   * it does not wait.
   */
  @Override
  public void close() {
    CompletableFuture<Void> closed = closeAsync();
    if (!session.isOnLoop()) {
      // A server that never answers is no reason to wait for ever, nor to fail: the session ends by
      // itself.
      closed.copy().completeOnTimeout(null, 2L * options.connectTimeoutMs(), MILLISECONDS).join();
    }
  }

  private CompletableFuture<Outcome<Void>> askForNothing(Request request) {
    return submit(request, answer -> done(body(request, answer, Reply.Nothing.class)));
  }

  @SuppressWarnings("NullAway") // The only value of Void.
  private static Outcome<Void> done(Outcome<Reply.Nothing> outcome) {
    return outcome.map(nothing -> null);
  }

  private <R extends Reply, T> CompletableFuture<Outcome<T>> ask(
      Request request, Class<R> type, Function<R, T> result) {
    return submit(request, answer -> body(request, answer, type).map(result));
  }

  private <R extends Reply, T> CompletableFuture<Outcome<T>> ask(
      Request request, Class<R> type, Function<R, T> result, CompletableFuture<WatchEvent> event) {
    return submit(request, 0, event, null, answer -> body(request, answer, type).map(result));
  }

  private <T> CompletableFuture<T> submit(Request request, Function<Answer, T> result) {
    return submit(request, 0, null, null, result);
  }

  private <T> CompletableFuture<T> submit(
      Request request,
      int xid,
      @Nullable CompletableFuture<WatchEvent> event,
      @Nullable WatchListener listener,
      Function<Answer, T> result) {
    long deadlineNanos =
        session.ports().nanoTime() + TimeUnit.MILLISECONDS.toNanos(requestTimeoutMs);
    return session.submit(
        new Pending<>(
            request,
            xid,
            deadlineNanos,
            generation,
            isRepeatable(request),
            event,
            listener,
            result,
            new CompletableFuture<>()));
  }

  /** Whether doing it twice is as good as doing it once. */
  private static boolean isRepeatable(Request request) {
    return request instanceof Request.GetData
        || request instanceof Request.Exists
        || request instanceof Request.GetChildren
        || request instanceof Request.GetAcl
        || request instanceof Request.Sync
        || request instanceof Request.GetEphemerals
        || request instanceof Request.GetAllChildrenNumber
        || request instanceof Request.WhoAmI
        || request instanceof Request.MultiRead
        || request instanceof Request.AddWatch;
  }

  /** The body of an answer, or why the server refused; a refusal of another kind is thrown. */
  private <R extends Reply> Outcome<R> body(Request request, Answer answer, Class<R> type) {
    if (answer.header().err() == 0) {
      return new Outcome.Done<>(type.cast(answer.body()));
    }
    String path = request instanceof Request.OfPath named ? target.toClient(named.path()) : "";
    ErrorCode error = ErrorCode.of(answer.header().err());
    Refusal refusal = Refusal.of(error);
    if (refusal == null) {
      throw new RefusedException(request.op(), path, error);
    }
    return new Outcome.Refused<>(refusal, request.op(), path);
  }

  String onServer(String path) {
    require(path);
    return target.toServer(path);
  }

  private static void require(String path) {
    String problem = Paths.problem(path);
    if (problem != null) {
      throw new IllegalArgumentException("\"" + path + "\": " + problem);
    }
  }
}
