package conclave.client;

import conclave.protocol.ConnectRequest;
import conclave.protocol.ConnectResponse;
import conclave.protocol.ErrorCode;
import conclave.protocol.EventType;
import conclave.protocol.OpCode;
import conclave.protocol.Reply;
import conclave.protocol.ReplyHeader;
import conclave.protocol.Request;
import conclave.protocol.Xid;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A session with whichever server answers, and when it is lost, the next one: looks for a server,
 * keeps the session through lost connections, restores watches and credentials, and holds requests
 * back while there is no connection. Everything runs on the event loop but what says otherwise.
 */
final class Session {
  private static final Logger LOG = LoggerFactory.getLogger(Session.class);
  private static final int MIN_BACKOFF_MS = 50;
  private static final int MAX_BACKOFF_MS = 1_000;

  /** Less than that is not enough for a server that is only busy. */
  private static final int MIN_ATTEMPT_MS = 500;

  private static final byte[] NO_PASSWORD = new byte[16];

  /**
   * How long after a look for a server with a quorum the next one follows, as in Apache's client.
   */
  private static final long MIN_PROBE_INTERVAL_MS = 100;

  private static final long MAX_PROBE_INTERVAL_MS = 60_000;

  /** Deadlines are looked at this often at the most. */
  private static final long SWEEP_INTERVAL_MS = 20;

  private final ConnectString target;
  private final ClientOptions options;
  private final ClientPorts ports;
  private final EventLoop loop;
  private final ServerList servers;
  private final OneBuffer received = new OneBuffer();
  private final WatchTable watches = new WatchTable();
  private final List<Request.Auth> credentials = new ArrayList<>();
  private final List<Consumer<SessionEvent>> listeners = new CopyOnWriteArrayList<>();

  /** Requests that were made while there is no connection. */
  private final Deque<Pending<?>> waiting = new ArrayDeque<>();

  /**
   * Why each server that was tried since the last connection did not do; for the message when none
   * does.
   */
  private final Map<String, String> failures = new LinkedHashMap<>();

  private final CompletableFuture<Void> firstConnect = new CompletableFuture<>();
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private final long startedNanos;

  /**
   * What other threads may see of the session.
   *
   * @param generation how many sessions were lost before this one
   */
  record View(SessionState state, long id, int timeoutMs, int generation) {}

  private volatile View view;

  /** When the newest request that was answered in this session had been sent. */
  private volatile long provenNanos;

  private @Nullable Connection connection;
  private @Nullable ScheduledFuture<?> lossTimer;
  private @Nullable ScheduledFuture<?> sweepTimer;
  private long sweepAtNanos;
  private boolean connected;
  private long connectedSinceNanos;

  /** How many connections in a row ended soon after they had begun. */
  private int shortLived;

  /** Read by other threads. */
  private volatile boolean closing;

  /** Read by other threads. */
  private volatile boolean over;

  private int rounds;
  private int lastXid;
  private long lastZxid;
  private byte[] password = NO_PASSWORD;

  /** A session that a server without a quorum has made up is of no use to any other. */
  private boolean knownToQuorum;

  Session(ConnectString target, ClientOptions options, ClientPorts ports) {
    this.target = target;
    this.options = options;
    this.ports = ports;
    this.loop = ports.loop();
    this.servers = new ServerList(target, ports.random());
    this.startedNanos = ports.nanoTime();
    this.view = new View(SessionState.SUSPENDED, 0, options.sessionTimeoutMs(), 0);
    for (ClientOptions.Credentials known : options.credentials()) {
      credentials.add(new Request.Auth(0, known.scheme(), known.secret()));
    }
  }

  /** Begins to look for a server; the future completes with the first connection. */
  CompletableFuture<Void> start() {
    loop.execute(this::connectNext);
    return firstConnect;
  }

  /** Completes when there will be no session any more, for whatever reason. */
  CompletableFuture<Void> ended() {
    return ended;
  }

  /** From any thread. */
  View view() {
    return view;
  }

  /**
   * For how long from now no server can have given the session up. From any thread.
   *
   * <p>A server counts from the arrival of a request, which is after it was sent; the newest one
   * that is known to have arrived is the newest that was answered.
   */
  long certainForNanos(int generation) {
    View now = view;
    boolean lives = now.state() == SessionState.SUSPENDED || now.state().isConnected();
    if (!lives || now.id() == 0 || now.generation() != generation) {
      return 0;
    }
    long age = ports.nanoTime() - provenNanos;
    return Math.max(0, TimeUnit.MILLISECONDS.toNanos(now.timeoutMs()) - age);
  }

  boolean isOnLoop() {
    return loop.inEventLoop();
  }

  /** Whether there will be no session any more. From any thread. */
  boolean isOver() {
    return over || closing;
  }

  EventLoop loop() {
    return loop;
  }

  ClientPorts ports() {
    return ports;
  }

  /** Into which all connections read that are not encrypted. */
  OneBuffer received() {
    return received;
  }

  /** Tells the state of now, and then every change. From any thread. */
  Registration listen(Consumer<SessionEvent> listener) {
    AtomicBoolean listens = new AtomicBoolean(true);
    if (!execute(
        () -> {
          // It may be closed before it has come so far.
          if (!listens.get()) {
            return;
          }
          listeners.add(listener);
          tell(listener, new SessionEvent(view.state(), view.id()));
        })) {
      tell(listener, new SessionEvent(view.state(), view.id()));
    }
    return () -> {
      listens.set(false);
      if (loop.inEventLoop()) {
        listeners.remove(listener);
      } else {
        execute(() -> listeners.remove(listener));
      }
    };
  }

  /** Sends a request, now or when there is a connection. From any thread. */
  <T> CompletableFuture<T> submit(Pending<T> pending) {
    if (loop.inEventLoop()) {
      accept(pending);
    } else if (!execute(() -> accept(pending))) {
      pending.fail(new SessionEndedException(view.state()));
    }
    return pending.future();
  }

  /** Ends the session at the server too, if one can be told. From any thread. */
  CompletableFuture<Void> close() {
    execute(this::beginClose);
    return ended;
  }

  /** Nobody waits for this event any more. From any thread. */
  void unwatch(String path, CompletableFuture<WatchEvent> event) {
    // At once where that can be: whoever then deletes the znode is not to be told of it.
    executeOrRun(
        () -> {
          if (watches.remove(path, event)) {
            forgetAtServer(path);
          }
        });
  }

  /** This listener wants nothing of the path any more. From any thread. */
  void unwatch(String path, WatchMode mode, WatchListener listener) {
    execute(
        () -> {
          if (watches.remove(path, mode, listener)) {
            forgetAtServer(path);
          }
        });
  }

  private void forgetAtServer(String path) {
    Connection current = connection;
    if (connected && current != null) {
      int any = 3;
      current.send(Pending.own(new Request.Watches(OpCode.REMOVE_WATCHES, path, any), 0));
    }
  }

  private void executeOrRun(Runnable task) {
    if (loop.inEventLoop()) {
      task.run();
    } else {
      execute(task);
    }
  }

  /** Runs a task on the event loop, unless that is gone because the session has ended. */
  boolean execute(Runnable task) {
    try {
      loop.execute(task);
      return true;
    } catch (RejectedExecutionException e) {
      return false;
    }
  }

  private void beginClose() {
    if (closing || over) {
      return;
    }
    Connection current = connection;
    if (!connected || current == null) {
      finish(SessionState.CLOSED);
      return;
    }
    closing = true;
    current.send(Pending.own(new Request.CloseSession(), 0));
    // The server closes the connection behind its answer; connectionEnded() does the rest.
    loop.schedule(
        () -> current.close("no answer to the end of the session"),
        options.connectTimeoutMs(),
        TimeUnit.MILLISECONDS);
  }

  private void accept(Pending<?> pending) {
    Connection current = connection;
    if (over || closing) {
      pending.fail(new SessionEndedException(closing ? SessionState.CLOSED : view.state()));
      return;
    }
    if (isOfAnotherSession(pending)) {
      pending.fail(new SessionEndedException(SessionState.LOST));
      return;
    }
    if (pending.request() instanceof Request.Auth auth) {
      credentials.add(auth);
    }
    if (pending.hasDeadline()) {
      sweepBy(pending.deadlineNanos());
    }
    if (connected && current != null) {
      send(current, pending);
    } else {
      waiting.add(pending);
    }
  }

  private boolean isOfAnotherSession(Pending<?> pending) {
    return pending.generation() != Pending.ANY_SESSION && pending.generation() != view.generation();
  }

  /**
   * Numbers go on from one connection to the next: when a session moves, its last requests may
   * still be on their way to the leader, and Apache's servers tell them from those that come after
   * by the number alone (ZOOKEEPER-2684).
   */
  int nextXid() {
    lastXid = lastXid == Integer.MAX_VALUE ? 1 : lastXid + 1;
    return lastXid;
  }

  private void send(Connection current, Pending<?> pending) {
    watches.asking(pending);
    current.send(pending);
  }

  private void connectNext() {
    if (over || connection != null) {
      return;
    }
    InetSocketAddress server = servers.next(failures);
    if (server == null) {
      rounds++;
      scheduleNextRound();
      return;
    }
    View current = view;
    ConnectRequest hello =
        new ConnectRequest(
            0,
            lastZxid,
            options.sessionTimeoutMs(),
            knownToQuorum ? current.id() : 0,
            knownToQuorum ? password : NO_PASSWORD,
            options.acceptReadOnly());
    int withinMs = attemptMs();
    Connection attempt = new Connection(this, server, options, hello, withinMs);
    connection = attempt;
    new Bootstrap()
        .group(loop)
        .channelFactory(ports.channels())
        .option(ChannelOption.TCP_NODELAY, true)
        .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, withinMs)
        .handler(attempt.initializer())
        .connect(server)
        .addListener(
            done -> {
              if (!done.isSuccess()) {
                attempt.connectFailed(done.cause());
              }
            });
  }

  /**
   * How long one attempt may take. While there is a session to keep, no server gets more than a
   * third of its life: it took up to a third to notice that the last one is silent, so there is
   * time for two others. Apache's client divides the timeout by the number of servers.
   */
  private int attemptMs() {
    return knownToQuorum
        ? Math.min(options.connectTimeoutMs(), Math.max(view.timeoutMs() / 3, MIN_ATTEMPT_MS))
        : options.connectTimeoutMs();
  }

  /**
   * A server has agreed to a session.
   *
   * @param askedNanos when it was asked to
   */
  void connected(Connection which, ConnectResponse response, long askedNanos) {
    boolean readOnly = Boolean.TRUE.equals(response.readOnly());
    byte[] given = response.passwd();
    password = given == null ? NO_PASSWORD : given;
    knownToQuorum = knownToQuorum || !readOnly;
    provenNanos = askedNanos;
    connected = true;
    connectedSinceNanos = ports.nanoTime();
    rounds = 0;
    failures.clear();
    servers.connected();
    cancelLossTimer();
    LOG.debug(
        "{} session 0x{} at {}, timeout {} ms",
        view.id() == response.sessionId() ? "kept" : "new",
        Long.toHexString(response.sessionId()),
        which.server(),
        response.timeoutMs());
    view = new View(view.state(), response.sessionId(), response.timeoutMs(), view.generation());
    restore(which);
    moveTo(readOnly ? SessionState.CONNECTED_READ_ONLY : SessionState.CONNECTED);
    firstConnect.complete(null);
    if (readOnly) {
      probeAfter(which, MIN_PROBE_INTERVAL_MS);
    }
    for (WatchListener listener : watches.allThatStay()) {
      tell(listener);
    }
    Connection current = connection;
    while (connected && current == which && !waiting.isEmpty()) {
      send(which, waiting.remove());
    }
  }

  /** While this server has no quorum, another one may have it. */
  private void probeAfter(Connection which, long delayMs) {
    loop.schedule(
        () -> {
          if (over || connection != which) {
            return;
          }
          InetSocketAddress other = servers.other(which.server());
          if (other == null) {
            probeAfter(which, Math.min(2 * delayMs, MAX_PROBE_INTERVAL_MS));
            return;
          }
          QuorumProbe.ask(ports, other, options)
              .thenAccept(
                  hasQuorum -> {
                    if (over || connection != which) {
                      return;
                    }
                    if (hasQuorum) {
                      servers.prefer(other);
                      which.close(describe(other) + " has a quorum");
                    } else {
                      probeAfter(which, Math.min(2 * delayMs, MAX_PROBE_INTERVAL_MS));
                    }
                  });
        },
        delayMs,
        TimeUnit.MILLISECONDS);
  }

  /** Credentials first: the server checks permissions when it sends the events that were missed. */
  private void restore(Connection which) {
    for (Request.Auth auth : credentials) {
      boolean alreadyWaiting = waiting.stream().anyMatch(pending -> pending.request() == auth);
      if (!alreadyWaiting) {
        which.send(Pending.own(auth, Xid.AUTH));
      }
    }
    for (Request watch : watches.restore(lastZxid)) {
      which.send(Pending.own(watch, Xid.SET_WATCHES));
    }
  }

  /** The server does not know the session any more. */
  void expired() {
    lose();
  }

  /** The server refused the credentials, and would refuse them again. */
  void authFailed(Connection which) {
    if (!over) {
      finish(SessionState.AUTH_FAILED);
    }
    which.close("the server refused the credentials");
  }

  void notified(EventType type, String path, long zxid) {
    if (zxid > 0) {
      lastZxid = zxid;
    }
    WatchEvent event = new WatchEvent(type, target.toClient(path), zxid);
    WatchTable.Concerned concerned = watches.fired(type, path);
    for (CompletableFuture<WatchEvent> once : concerned.once()) {
      once.complete(event);
    }
    for (WatchListener listener : concerned.staying()) {
      try {
        listener.changed(event);
      } catch (RuntimeException e) {
        LOG.error("a listener failed", e);
      }
    }
  }

  /** A request was answered. */
  void answered(Pending<?> pending, long sentNanos, long zxid, ErrorCode error) {
    proven(sentNanos);
    if (zxid > 0) {
      lastZxid = zxid;
    }
    watches.askedNoMore(pending);
    watches.answered(pending, error);
  }

  /** Something that was sent at that time has arrived at the server. */
  void proven(long sentNanos) {
    if (sentNanos - provenNanos > 0) {
      provenNanos = sentNanos;
    }
  }

  void connectionEnded(Connection which, String why, List<Pending<?>> unanswered) {
    if (connection != which) {
      throw new IllegalStateException("a connection ended that is not the session's: " + which);
    }
    boolean wasConnected = connected;
    connection = null;
    connected = false;
    unanswered.forEach(watches::askedNoMore);
    giveBack(which, why, unanswered);
    if (over) {
      return;
    }
    if (closing) {
      finish(SessionState.CLOSED);
      return;
    }
    failures.put(describe(which.server()), why);
    if (wasConnected) {
      LOG.debug("connection to {} lost: {}", which.server(), why);
      servers.tryLast(which.server());
      moveTo(SessionState.SUSPENDED);
      startLossTimer();
      reconnect();
    } else {
      connectNext();
    }
  }

  /** At once after a good connection; slower and slower when they don't last. */
  private void reconnect() {
    boolean lasted = ports.nanoTime() - connectedSinceNanos > TimeUnit.SECONDS.toNanos(1);
    shortLived = lasted ? 0 : shortLived + 1;
    if (shortLived > 1) {
      rounds = shortLived;
      scheduleNextRound();
    } else {
      connectNext();
    }
  }

  /**
   * Requests whose answer is not known fail, but for those that may be sent again: they keep their
   * order and go before everything that came later.
   */
  private void giveBack(Connection which, String why, List<Pending<?>> unanswered) {
    List<Pending<?>> again = new ArrayList<>();
    long now = ports.nanoTime();
    for (Pending<?> pending : unanswered) {
      if (closing && pending.request() instanceof Request.CloseSession) {
        pending.answered(new ReplyHeader(0, 0, 0), Reply.NOTHING);
      } else if (pending.repeatable() && !pending.isOverdue(now) && !over && !closing) {
        again.add(pending);
      } else {
        pending.fail(
            new ConnectionLostException(
                "the connection to "
                    + describe(which.server())
                    + " was lost ("
                    + why
                    + "); "
                    + pending.request().op()
                    + " "
                    + pending.path()
                    + " may or may not have been done"));
      }
    }
    for (int i = again.size() - 1; i >= 0; i--) {
      waiting.addFirst(again.get(i));
    }
  }

  private void startLossTimer() {
    cancelLossTimer();
    if (knownToQuorum) {
      lossTimer =
          loop.schedule(this::lose, certainForNanos(view.generation()), TimeUnit.NANOSECONDS);
    }
  }

  private void cancelLossTimer() {
    ScheduledFuture<?> timer = lossTimer;
    if (timer != null) {
      timer.cancel(false);
    }
    lossTimer = null;
  }

  /** The session is over; what belonged to it ends with it, and another one begins. */
  private void lose() {
    if (over) {
      return;
    }
    cancelLossTimer();
    if (!options.renewSession()) {
      finish(SessionState.LOST);
      return;
    }
    LOG.debug("session 0x{} is lost", Long.toHexString(view.id()));
    View lost = view;
    password = NO_PASSWORD;
    knownToQuorum = false;
    view = new View(lost.state(), lost.id(), lost.timeoutMs(), lost.generation() + 1);
    moveTo(SessionState.LOST);
    SessionEndedException cause = new SessionEndedException(SessionState.LOST);
    watches.takeAllThatFireOnce().forEach(event -> event.completeExceptionally(cause));
    for (Pending<?> pending : List.copyOf(waiting)) {
      if (isOfAnotherSession(pending) && waiting.remove(pending)) {
        pending.fail(cause);
      }
    }
    Connection attempt = connection;
    if (attempt != null) {
      // It offers a server the session that is lost.
      attempt.close("the session is lost");
    } else {
      connectNext();
    }
  }

  private void scheduleNextRound() {
    long triedMs = TimeUnit.NANOSECONDS.toMillis(ports.nanoTime() - startedNanos);
    if (!firstConnect.isDone() && triedMs >= options.firstConnectWithinMs()) {
      firstConnect.completeExceptionally(
          new ConnectionLostException("no server answered: " + describeFailures()));
      finish(SessionState.CLOSED);
      return;
    }
    int ceiling = Math.min(MAX_BACKOFF_MS, MIN_BACKOFF_MS << Math.min(rounds, 8));
    int delayMs = ceiling / 2 + ports.random().nextInt(ceiling / 2 + 1);
    loop.schedule(this::connectNext, delayMs, TimeUnit.MILLISECONDS);
  }

  /** Sees to it that deadlines are looked at no later than then. */
  private void sweepBy(long deadlineNanos) {
    ScheduledFuture<?> timer = sweepTimer;
    if (timer != null && sweepAtNanos - deadlineNanos <= 0) {
      return;
    }
    if (timer != null) {
      timer.cancel(false);
    }
    sweepAtNanos = deadlineNanos;
    long delay =
        Math.max(
            deadlineNanos - ports.nanoTime(), TimeUnit.MILLISECONDS.toNanos(SWEEP_INTERVAL_MS));
    sweepTimer = loop.schedule(this::sweep, delay, TimeUnit.NANOSECONDS);
  }

  private void sweep() {
    sweepTimer = null;
    long now = ports.nanoTime();
    long next = Long.MAX_VALUE;
    Iterator<Pending<?>> held = waiting.iterator();
    while (held.hasNext()) {
      Pending<?> pending = held.next();
      if (pending.isOverdue(now)) {
        held.remove();
        pending.fail(
            new ConnectionLostException(
                pending.request().op()
                    + " "
                    + pending.path()
                    + " was not sent: "
                    + (failures.isEmpty() ? "there is no connection" : describeFailures())));
      } else if (pending.hasDeadline()) {
        next = earlier(next, pending.deadlineNanos());
      }
    }
    Connection current = connection;
    if (current != null) {
      next = earlier(next, current.failOverdue(now));
    }
    if (next != Long.MAX_VALUE && !over) {
      sweepBy(next);
    }
  }

  /** Of two deadlines; {@link Long#MAX_VALUE} is none. */
  static long earlier(long one, long other) {
    if (one == Long.MAX_VALUE || other == Long.MAX_VALUE) {
      return Math.min(one, other);
    }
    return one - other <= 0 ? one : other;
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
    View current = view;
    if (current.state() != next || next.isConnected()) {
      view = new View(next, current.id(), current.timeoutMs(), current.generation());
      SessionEvent event = new SessionEvent(next, current.id());
      listeners.forEach(listener -> tell(listener, event));
    }
  }

  private void finish(SessionState how) {
    over = true;
    connected = false;
    cancelLossTimer();
    moveTo(how);
    SessionEndedException cause = new SessionEndedException(how);
    for (Pending<?> pending : waiting) {
      pending.fail(cause);
    }
    waiting.clear();
    watches.takeAllThatFireOnce().forEach(event -> event.completeExceptionally(cause));
    firstConnect.completeExceptionally(cause);
    Connection current = connection;
    if (current != null) {
      current.close("the session has ended");
    }
    ended.complete(null);
  }

  /** A listener's mistake is its own: it must not cost the connection. */
  private static void tell(Consumer<SessionEvent> listener, SessionEvent event) {
    try {
      listener.accept(event);
    } catch (RuntimeException e) {
      LOG.error("a listener failed", e);
    }
  }

  private static void tell(WatchListener listener) {
    try {
      listener.mayHaveMissed();
    } catch (RuntimeException e) {
      LOG.error("a listener failed", e);
    }
  }
}
