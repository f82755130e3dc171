package conclave.client;

import conclave.client.Pending.Answer;
import conclave.protocol.Acl;
import conclave.protocol.CreateMode;
import conclave.protocol.ErrorCode;
import conclave.protocol.OpCode;
import conclave.protocol.Paths;
import conclave.protocol.Reply;
import conclave.protocol.Request;
import conclave.protocol.Stat;
import conclave.protocol.Xid;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A session with a Conclave or ZooKeeper ensemble.
 *
 * <pre>{@code
 * try (ConclaveClient client = ConclaveClient.connect("localhost:2181").join()) {
 *   client.create("/greeting", "hello".getBytes(UTF_8), CreateMode.PERSISTENT)
 *       .thenCompose(created -> client.getData(created.path()))
 *       .thenAccept(node -> System.out.println(node.stat()))
 *       .join();
 * }
 * }</pre>
 *
 * <p>Every request answers with a future, in the order in which the requests were made. A future
 * that fails, fails with a {@link ConclaveException}. While the connection is lost, requests wait
 * for the next one, at most for a session timeout. Arguments that no server could accept, such as a
 * path without a leading slash, are an {@link IllegalArgumentException} on the spot. Thread-safe.
 */
public final class ConclaveClient implements AutoCloseable {
  /** Matches any version in {@link #setData}, {@link #delete} and {@link #setAcl}. */
  public static final int ANY_VERSION = -1;

  private final ConnectString target;
  private final ClientOptions options;
  private final EventLoopGroup group;
  private final Session session;

  private ConclaveClient(ConnectString target, ClientOptions options) {
    this.target = target;
    this.options = options;
    this.group =
        new MultiThreadIoEventLoopGroup(
            1, new DefaultThreadFactory("conclave-client", true), NioIoHandler.newFactory());
    this.session = new Session(target, options, group.next());
  }

  /** Connects with {@link ClientOptions#defaults}. */
  public static CompletableFuture<ConclaveClient> connect(String servers) {
    return connect(servers, ClientOptions.defaults());
  }

  /**
   * Connects to one of the servers and begins a session.
   *
   * @param servers {@code host:port,host:port/chroot}
   */
  public static CompletableFuture<ConclaveClient> connect(String servers, ClientOptions options) {
    ConclaveClient client = new ConclaveClient(ConnectString.parse(servers), options);
    client.session.ended().thenRun(() -> client.group.shutdownGracefully(0, 1, TimeUnit.SECONDS));
    return client.session.start().thenApply(started -> client);
  }

  /** The session's number, as the server gave it. */
  public long sessionId() {
    return session.sessionId();
  }

  /** The session timeout that the server agreed to. */
  public int sessionTimeoutMs() {
    return session.timeoutMs();
  }

  /** Makes a znode that everybody may do everything with. */
  public CompletableFuture<Created> create(String path, byte @Nullable [] data, CreateMode mode) {
    return create(path, data, mode, Acl.OPEN);
  }

  /** Makes a znode of any mode but those with a time to live. */
  public CompletableFuture<Created> create(
      String path, byte @Nullable [] data, CreateMode mode, List<Acl> acl) {
    if (mode.isTtl()) {
      throw new IllegalArgumentException(mode + " needs a time to live: use createWithTtl");
    }
    return create(path, data, mode, acl, 0);
  }

  /** Makes a znode that goes when it has had no children and no change for {@code ttlMs}. */
  public CompletableFuture<Created> createWithTtl(
      String path, byte @Nullable [] data, CreateMode mode, List<Acl> acl, long ttlMs) {
    if (!mode.isTtl()) {
      throw new IllegalArgumentException(mode + " has no time to live");
    }
    return create(path, data, mode, acl, ttlMs);
  }

  private CompletableFuture<Created> create(
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
    return ask(
        new Request.Create(op, sent, data, acl, mode.flag(), ttlMs),
        Reply.OfPathAndStat.class,
        reply -> new Created(target.toClient(reply.path()), reply.stat()));
  }

  /** Removes a znode that has no children. */
  public CompletableFuture<Void> delete(String path, int version) {
    return askForNothing(new Request.Delete(onServer(path), version));
  }

  public CompletableFuture<Node> getData(String path) {
    return getData(path, false);
  }

  /**
   * Reads a znode; with {@code watch}, its next change or its end is told to the listener, once.
   */
  public CompletableFuture<Node> getData(String path, boolean watch) {
    return ask(
        new Request.GetData(onServer(path), watch),
        Reply.OfData.class,
        reply -> new Node(reply.data(), reply.stat()));
  }

  public CompletableFuture<Stat> setData(String path, byte @Nullable [] data, int version) {
    return ask(
        new Request.SetData(onServer(path), data, version), Reply.OfStat.class, Reply.OfStat::stat);
  }

  public CompletableFuture<Optional<Stat>> exists(String path) {
    return exists(path, false);
  }

  /**
   * Looks for a znode; with {@code watch}, its creation, change or end is told to the listener,
   * once.
   */
  public CompletableFuture<Optional<Stat>> exists(String path, boolean watch) {
    Request request = new Request.Exists(onServer(path), watch);
    return session
        .submit(request, 0)
        .thenApply(
            answer ->
                answer.header().err() == ErrorCode.NO_NODE.code()
                    ? Optional.empty()
                    : Optional.of(body(request, answer, Reply.OfStat.class).stat()));
  }

  public CompletableFuture<Children> getChildren(String path) {
    return getChildren(path, false);
  }

  /**
   * Reads the names of a znode's children; with {@code watch}, their next change is told to the
   * listener, once.
   */
  public CompletableFuture<Children> getChildren(String path, boolean watch) {
    return ask(
        new Request.GetChildren(OpCode.GET_CHILDREN2, onServer(path), watch),
        Reply.OfNamesAndStat.class,
        reply -> new Children(reply.names(), reply.stat()));
  }

  /** How many znodes there are below a znode, at any depth. */
  public CompletableFuture<Integer> countDescendants(String path) {
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
        reply -> reply.names().stream().map(target::toClient).toList());
  }

  public CompletableFuture<List<Acl>> getAcl(String path) {
    return ask(new Request.GetAcl(onServer(path)), Reply.OfAcl.class, Reply.OfAcl::acl);
  }

  public CompletableFuture<Stat> setAcl(String path, List<Acl> acl, int aversion) {
    return ask(
        new Request.SetAcl(onServer(path), acl, aversion), Reply.OfStat.class, Reply.OfStat::stat);
  }

  /** Waits until the server has seen everything that was written anywhere before this call. */
  public CompletableFuture<Void> sync(String path) {
    return ask(new Request.Sync(onServer(path)), Reply.OfPath.class, reply -> null);
  }

  /** Sets a watch that stays; its events go to the listener. */
  public CompletableFuture<Void> addWatch(String path, WatchMode mode) {
    return ask(
        new Request.AddWatch(onServer(path), mode.code()), Reply.OfNumber.class, reply -> null);
  }

  /** Removes every watch of this client on a path. */
  public CompletableFuture<Void> removeWatches(String path) {
    int any = 3;
    return askForNothing(new Request.Watches(OpCode.REMOVE_WATCHES, onServer(path), any));
  }

  /**
   * Adds credentials to this session, as {@code digest} with {@code user:password}. They outlive
   * reconnects.
   */
  public CompletableFuture<Void> addAuth(String scheme, byte[] credentials) {
    Request request = new Request.Auth(0, scheme, credentials);
    return session
        .submit(request, Xid.AUTH)
        .thenAccept(answer -> body(request, answer, Reply.Nothing.class));
  }

  /** Ends the session: its ephemeral znodes go at once. */
  public CompletableFuture<Void> closeAsync() {
    return session.close();
  }

  /**
   * Ends the session and waits until the server knows, or can't be told. Not to be called from the
   * client's thread.
   */
  @Override
  public void close() {
    closeAsync().orTimeout(2L * options.connectTimeoutMs(), TimeUnit.MILLISECONDS).join();
  }

  private CompletableFuture<Void> askForNothing(Request request) {
    return ask(request, Reply.Nothing.class, reply -> null);
  }

  private <R extends Reply, T extends @Nullable Object> CompletableFuture<T> ask(
      Request request, Class<R> type, Function<R, T> result) {
    return session
        .submit(request, 0)
        .thenApply(answer -> result.apply(body(request, answer, type)));
  }

  /** The body of an answer, or what the server refused as an exception. */
  private <R extends Reply> R body(Request request, Answer answer, Class<R> type) {
    if (answer.header().err() != 0) {
      String path = request instanceof Request.OfPath named ? target.toClient(named.path()) : "";
      throw new RefusedException(request.op(), path, ErrorCode.of(answer.header().err()));
    }
    return type.cast(answer.body());
  }

  private String onServer(String path) {
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
