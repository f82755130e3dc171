package conclave.client;

import conclave.client.Pending.Answer;
import conclave.protocol.ConnectRequest;
import conclave.protocol.ConnectResponse;
import conclave.protocol.ErrorCode;
import conclave.protocol.EventType;
import conclave.protocol.Reply;
import conclave.protocol.ReplyHeader;
import conclave.protocol.Request;
import conclave.protocol.Xid;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A session with whichever server answers: looks for a server, keeps the session through lost
 * connections, restores watches and credentials, and holds requests back while there is no
 * connection. Everything but {@link #submit} runs on the event loop.
 */
final class Session {
  private static final Logger LOG = LoggerFactory.getLogger(Session.class);
  private static final int MIN_BACKOFF_MS = 50;
  private static final int MAX_BACKOFF_MS = 1_000;

  private final ConnectString target;
  private final ClientOptions options;
  private final EventLoop loop;
  private final Random random = new Random();
  private final Watches watches = new Watches();
  private final List<Request.Auth> credentials = new ArrayList<>();

  /** Requests that were made while there is no connection. */
  private final Deque<Pending> waiting = new ArrayDeque<>();

  /** Servers left to try in this round. */
  private final Deque<InetSocketAddress> candidates = new ArrayDeque<>();

  /**
   * Why each server that was tried since the last connection did not do; for the message when none
   * does.
   */
  private final Map<String, String> failures = new LinkedHashMap<>();

  private final CompletableFuture<Void> firstConnect = new CompletableFuture<>();
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private final long startedNanos = System.nanoTime();

  private volatile SessionState state = SessionState.DISCONNECTED;
  private @Nullable Connection connection;
  private boolean connected;
  private boolean closing;
  private int rounds;
  private long lastZxid;
  private volatile long sessionId;
  private volatile int timeoutMs;
  private byte[] password = new byte[16];

  Session(ConnectString target, ClientOptions options, EventLoop loop) {
    this.target = target;
    this.options = options;
    this.loop = loop;
    this.timeoutMs = options.sessionTimeoutMs();
  }

  /** Begins to look for a server; the future completes with the first connection. */
  CompletableFuture<Void> start() {
    loop.execute(this::connectNext);
    return firstConnect;
  }

  /** Completes when the session is over, for whatever reason. */
  CompletableFuture<Void> ended() {
    return ended;
  }

  long sessionId() {
    return sessionId;
  }

  int timeoutMs() {
    return timeoutMs;
  }

  /** Sends a request, now or when there is a connection. May be called from any thread. */
  CompletableFuture<Answer> submit(Request request, int xid) {
    long giveUpAtNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMs);
    Pending pending = new Pending(request, xid, giveUpAtNanos, new CompletableFuture<>());
    if (!execute(() -> accept(pending))) {
      pending.fail(new SessionEndedException(state));
    }
    return pending.future();
  }

  /** Ends the session at the server too, if one can be told. */
  CompletableFuture<Void> close() {
    execute(this::beginClose);
    return ended;
  }

  /** Runs a task on the event loop, unless that is gone because the session has ended. */
  private boolean execute(Runnable task) {
    try {
      loop.execute(task);
      return true;
    } catch (RejectedExecutionException e) {
      return false;
    }
  }

  private void beginClose() {
    if (closing || state.isFinal()) {
      return;
    }
    Connection current = connection;
    if (!connected || current == null) {
      finish(SessionState.CLOSED);
      return;
    }
    closing = true;
    current.send(new Pending(new Request.CloseSession(), 0, 0, new CompletableFuture<>()));
    // The server closes the connection behind its answer; connectionEnded() does the rest.
    loop.schedule(
        () -> current.close("no answer to the end of the session"),
        options.connectTimeoutMs(),
        TimeUnit.MILLISECONDS);
  }

  private void accept(Pending pending) {
    Connection current = connection;
    if (state.isFinal() || closing) {
      pending.fail(new SessionEndedException(closing ? SessionState.CLOSED : state));
      return;
    }
    if (pending.request() instanceof Request.Auth auth) {
      credentials.add(auth);
    }
    if (connected && current != null) {
      current.send(pending);
    } else {
      waiting.add(pending);
    }
  }

  private void connectNext() {
    if (state.isFinal()) {
      return;
    }
    if (candidates.isEmpty()) {
      rounds++;
      candidates.addAll(lookUpServers());
    }
    InetSocketAddress server = candidates.poll();
    if (server == null) {
      scheduleNextRound();
      return;
    }
    ConnectRequest hello =
        new ConnectRequest(
            0, lastZxid, options.sessionTimeoutMs(), sessionId, password, options.acceptReadOnly());
    Connection attempt = new Connection(this, server, options, hello);
    connection = attempt;
    new Bootstrap()
        .group(loop)
        .channel(NioSocketChannel.class)
        .option(ChannelOption.TCP_NODELAY, true)
        .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, options.connectTimeoutMs())
        .handler(attempt)
        .connect(server)
        .addListener(
            done -> {
              if (!done.isSuccess()) {
                attempt.connectFailed(done.cause());
              }
            });
  }

  /**
   * Names are looked up at every round, since a server may have moved. The order is random, to
   * spread the load.
   */
  private List<InetSocketAddress> lookUpServers() {
    List<InetSocketAddress> servers = new ArrayList<>(target.servers());
    Collections.shuffle(servers, random);
    List<InetSocketAddress> resolved = new ArrayList<>();
    for (InetSocketAddress server : servers) {
      try {
        for (InetAddress address : InetAddress.getAllByName(server.getHostString())) {
          resolved.add(new InetSocketAddress(address, server.getPort()));
        }
      } catch (UnknownHostException e) {
        failures.put(server.getHostString() + ":" + server.getPort(), "no such host");
      }
    }
    return resolved;
  }

  void connected(Connection which, ConnectResponse response) {
    boolean isNew = sessionId != response.sessionId();
    sessionId = response.sessionId();
    timeoutMs = response.timeoutMs();
    byte[] given = response.passwd();
    password = given == null ? new byte[16] : given;
    connected = true;
    rounds = 0;
    failures.clear();
    candidates.clear();
    LOG.debug(
        "{} session 0x{} at {}, timeout {} ms",
        isNew ? "new" : "kept",
        Long.toHexString(sessionId),
        which.server(),
        timeoutMs);
    restore(which);
    boolean readOnly = Boolean.TRUE.equals(response.readOnly());
    moveTo(readOnly ? SessionState.CONNECTED_READ_ONLY : SessionState.CONNECTED);
    firstConnect.complete(null);
    for (Pending pending = waiting.poll(); pending != null; pending = waiting.poll()) {
      which.send(pending);
    }
  }

  /** Credentials first: the server checks permissions when it sends the events that were missed. */
  private void restore(Connection which) {
    for (Request.Auth auth : credentials) {
      boolean alreadyWaiting = waiting.stream().anyMatch(pending -> pending.request() == auth);
      if (!alreadyWaiting) {
        which.send(new Pending(auth, Xid.AUTH, 0, new CompletableFuture<>()));
      }
    }
    for (Request watch : watches.restore(lastZxid)) {
      which.send(new Pending(watch, Xid.SET_WATCHES, 0, new CompletableFuture<>()));
    }
  }

  /** The server says that the session is over. */
  void refused(Connection which, SessionState because) {
    if (!state.isFinal()) {
      finish(because);
    }
    which.close(because.toString());
  }

  void notified(EventType type, String path, long zxid) {
    if (zxid > 0) {
      lastZxid = zxid;
    }
    watches.fired(type, path);
    WatchEvent event = new WatchEvent(type, target.toClient(path), zxid);
    tell(listener -> listener.watchFired(event));
  }

  void answered(Request request, long zxid, ErrorCode error) {
    if (zxid > 0) {
      lastZxid = zxid;
    }
    watches.answered(request, error);
  }

  void connectionEnded(Connection which, String why, List<Pending> unanswered) {
    boolean wasConnected = connected;
    connection = null;
    connected = false;
    for (Pending pending : unanswered) {
      if (closing && pending.request() instanceof Request.CloseSession) {
        pending.future().complete(new Answer(new ReplyHeader(0, 0, 0), Reply.NOTHING));
      } else {
        pending.fail(
            new ConnectionLostException(
                "the connection to "
                    + which.server()
                    + " was lost ("
                    + why
                    + "); "
                    + pending.request().op()
                    + " "
                    + pending.path()
                    + " may or may not have been done"));
      }
    }
    if (state.isFinal()) {
      return;
    }
    if (closing) {
      finish(SessionState.CLOSED);
      return;
    }
    failures.put(describe(which.server()), why);
    if (wasConnected) {
      LOG.debug("connection to {} lost: {}", which.server(), why);
      moveTo(SessionState.DISCONNECTED);
    }
    dropOverdue();
    if (candidates.isEmpty() && !wasConnected) {
      scheduleNextRound();
    } else {
      connectNext();
    }
  }

  private void scheduleNextRound() {
    long triedMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startedNanos);
    if (!firstConnect.isDone() && triedMs >= options.firstConnectWithinMs()) {
      firstConnect.completeExceptionally(
          new ConnectionLostException("no server answered: " + describeFailures()));
      finish(SessionState.CLOSED);
      return;
    }
    int ceiling = Math.min(MAX_BACKOFF_MS, MIN_BACKOFF_MS << Math.min(rounds, 8));
    int delayMs = ceiling / 2 + random.nextInt(ceiling / 2 + 1);
    loop.schedule(this::connectNext, delayMs, TimeUnit.MILLISECONDS);
  }

  private void dropOverdue() {
    long now = System.nanoTime();
    for (Pending head = waiting.peek();
        head != null && head.giveUpAtNanos() - now <= 0;
        head = waiting.peek()) {
      waiting.remove();
      head.fail(
          new ConnectionLostException(
              head.request().op() + " " + head.path() + " was not sent: " + describeFailures()));
    }
  }

  private String describeFailures() {
    List<String> all = new ArrayList<>();
    failures.forEach((server, why) -> all.add(server + " (" + why + ")"));
    return String.join(", ", all);
  }

  private static String describe(InetSocketAddress server) {
    return server.getAddress().getHostAddress() + ":" + server.getPort();
  }

  private void moveTo(SessionState next) {
    if (state != next) {
      state = next;
      tell(listener -> listener.sessionChanged(next));
    }
  }

  private void finish(SessionState how) {
    moveTo(how);
    connected = false;
    SessionEndedException cause = new SessionEndedException(how);
    for (Pending pending : waiting) {
      pending.fail(cause);
    }
    waiting.clear();
    firstConnect.completeExceptionally(cause);
    Connection current = connection;
    if (current != null) {
      current.close("the session has ended");
    }
    ended.complete(null);
  }

  /** A listener's mistake is its own: it must not cost the connection. */
  private void tell(Consumer<ClientListener> news) {
    try {
      news.accept(options.listener());
    } catch (RuntimeException e) {
      LOG.error("a listener failed", e);
    }
  }
}
