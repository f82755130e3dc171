package conclave.server.loop;

import conclave.protocol.ErrorCode;
import conclave.protocol.Id;
import conclave.protocol.LoggedTxn;
import conclave.protocol.OpCode;
import conclave.protocol.Reply;
import conclave.protocol.Request;
import conclave.protocol.Txn;
import conclave.server.admin.AuditLog;
import conclave.server.admin.ServerMetrics;
import conclave.state.Caller;
import conclave.state.EventSink;
import conclave.state.Outcome;
import conclave.state.SessionExpiry;
import conclave.state.StateMachine;
import conclave.state.WatchEvent;
import conclave.state.Watcher;
import conclave.storage.SnapshotCadence;
import conclave.storage.Storage;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.jctools.queues.atomic.MpscUnboundedAtomicArrayQueue;
import org.jspecify.annotations.Nullable;

/**
 * Orders every change, has it made durable, applies it and answers, on one thread.
 *
 * <p>A change is prepared against the tree and the changes in flight, gets the next zxid, goes to
 * the log, and is applied when the log says that it is durable. A refused request takes a zxid and
 * a place in the log too, as in Apache: clients see zxids, and followers of either make count on
 * them.
 *
 * <p>Deliveries are put in the outboxes before the tree's exclusive lock is released. An event loop
 * that sees a new state therefore finds the events of that state in its outbox, and drains it
 * before it lets a reply leave: no client sees a change before the event that it asked for.
 */
public final class Replica {
  private static final int CHUNK = 1024;

  /** Commands taken in, or changes applied, before the other side has its turn. */
  private static final int BATCH = 1024;

  /** Nobody: the server's own requests have no authentication. */
  private static final List<Id> NO_IDS = List.of();

  private final MpscUnboundedAtomicArrayQueue<Command> inbox =
      new MpscUnboundedAtomicArrayQueue<>(CHUNK);
  private final Parker parker = new Parker();
  private final SharedTree tree;
  private final StateMachine state;
  private final LogThread log;
  private final SnapshotKeeper snapshots;
  private final SessionExpiry sessions;
  private final Collection<Outbox> outboxes;
  private final ReplicaFigures figures;
  private final Clock clock;
  private final Fate fate;
  private final ReplicaConfig config;
  private final Thread thread;
  private final CountDownLatch ended = new CountDownLatch(1);
  private final AtomicLong nextSessionId;

  /** Prepared and not applied, in order. */
  private final ArrayDeque<Submission> inFlight = new ArrayDeque<>();

  /** The connection that serves each session, where it has one. */
  private final Map<Long, Client> owners = new HashMap<>();

  /** Written by the replica alone; read by others for statistics. */
  private final Map<Long, SessionExpiry.Handle> handles = new ConcurrentHashMap<>();

  /** Sessions whose end is in flight: they take no more requests and no new connection. */
  private final Set<Long> closing = new HashSet<>();

  private final EventSink events = this::deliver;

  private volatile long durableZxid;
  private volatile boolean stopping;
  private volatile boolean logFailed;
  private long preparedZxid;
  private long nextExpiryMs;
  private long nextCollectionMs;

  /**
   * @param tree recovered, and used by nobody else so far
   * @param storage recovered into {@code tree}
   * @param cadence when to take snapshots
   * @param outboxes of all event loops
   */
  public Replica(
      ReplicaConfig config,
      SharedTree tree,
      Storage storage,
      SnapshotCadence cadence,
      SnapshotKeeper snapshots,
      Collection<Outbox> outboxes,
      ServerMetrics metrics,
      @Nullable AuditLog audit,
      Clock clock,
      Fate fate) {
    this.config = config;
    this.tree = tree;
    this.state = tree.state();
    this.snapshots = snapshots;
    this.outboxes = List.copyOf(outboxes);
    this.figures = new ReplicaFigures(metrics.newRecorder(), audit);
    this.clock = clock;
    this.fate = fate;
    this.log =
        new LogThread(
            storage.log(),
            cadence,
            config.log(),
            this::durable,
            () -> submitNow(new Command.Call(snapshots::begin)),
            metrics.newRecorder(),
            clock,
            this::logFailed);
    this.sessions = new SessionExpiry(config.tickTimeMs());
    this.preparedZxid = state.lastAppliedZxid();
    this.durableZxid = preparedZxid;
    this.nextSessionId = new AtomicLong(firstSessionId());
    this.thread = new Thread(this::run, "conclave-replica");
  }

  /** Starts the threads; sessions that were recovered have their whole timeout from now on. */
  public void start() {
    long nowMs = clock.monotonicMs();
    state
        .sessions()
        .forEach((id, timeoutMs) -> handles.put(id, sessions.add(id, timeoutMs, nowMs)));
    nextExpiryMs = nowMs + config.tickTimeMs();
    nextCollectionMs = nowMs + config.collectionIntervalMs();
    log.start();
    thread.start();
  }

  /** Hands over a command; any thread. */
  public void submit(Command command) {
    inbox.offer(command);
  }

  /** Makes sure that what was submitted is looked at; any thread, once for many submissions. */
  public void flush() {
    parker.wake();
  }

  /** Hands over a command and sees to it that it is looked at; any thread. */
  public void submitNow(Command command) {
    submit(command);
    flush();
  }

  /** An id that no session has had; any thread. */
  public long newSessionId() {
    return nextSessionId.getAndIncrement();
  }

  /** The sessions that are alive; any thread. */
  public Collection<SessionExpiry.Handle> sessions() {
    return handles.values();
  }

  /** Answers what is in flight, and ends; the caller has seen to it that nothing more comes in. */
  public void stop() throws InterruptedException {
    stopping = true;
    parker.wake();
    ended.await();
    log.stop();
    snapshots.stop();
  }

  /**
   * The id in which the first new session's differs from all others: time in the middle, the server
   * in the top byte, as in Apache. Apache counts time from the machine's start, which comes back;
   * we take the calendar's, and step over the sessions that are there in case that it was turned
   * back.
   */
  private long firstSessionId() {
    long id = clock.wallMs() << 24 >>> 8 | (long) config.serverId() << 56;
    for (long known : state.sessions().keySet()) {
      if (known >>> 56 == config.serverId() && known >= id) {
        id = known + 1;
      }
    }
    return id;
  }

  private void run() {
    try {
      while (!isDone()) {
        boolean busy = takeIn();
        busy |= applyDurable();
        onTime();
        if (!busy) {
          parker.park(this::hasWork, config.tickTimeMs() * 1_000_000L / 4);
        }
      }
    } catch (RuntimeException | Error e) {
      fate.stop(1, "The replica has met what it can't explain.", e);
    } finally {
      ended.countDown();
    }
  }

  /** Without a log nothing that is in flight can ever be answered. */
  private boolean isDone() {
    return logFailed || stopping && inFlight.isEmpty() && inbox.isEmpty();
  }

  private boolean hasWork() {
    Submission head = inFlight.peekFirst();
    return !inbox.isEmpty() || head != null && head.zxid() <= durableZxid || stopping || logFailed;
  }

  /** Called by the log's thread, which ends. */
  private void logFailed(int exitCode, String what, Throwable cause) {
    logFailed = true;
    parker.wake();
    fate.stop(exitCode, what, cause);
  }

  /** Called by the log's thread. */
  private void durable(long zxid) {
    durableZxid = zxid;
    parker.wake();
  }

  private boolean takeIn() {
    long before = preparedZxid;
    int count = 0;
    long oldestNanos = 0;
    for (; count < BATCH; count++) {
      Command command = inbox.poll();
      if (command == null) {
        break;
      }
      if (oldestNanos == 0 && command instanceof Submission submission) {
        oldestNanos = submission.receivedNanos();
      }
      take(command);
    }
    if (preparedZxid != before) {
      log.flush();
    }
    if (count > 0) {
      figures.took(count, oldestNanos == 0 ? 0 : (clock.nanos() - oldestNanos) / 1_000_000);
      flushOutboxes();
    }
    return count > 0;
  }

  private void take(Command command) {
    if (command instanceof Submission submission) {
      order(submission);
    } else if (command instanceof Attach attach) {
      attach(attach);
    } else if (command instanceof Detach detach) {
      owners.remove(detach.sessionId(), detach.client());
    } else if (command instanceof Command.Call call) {
      call.action().run();
    }
  }

  private void order(Submission submission) {
    inFlight.addLast(submission);
    if (isNoChange(submission.request())) {
      // Ordered behind every change that came before it, and no change itself.
      submission.orderedBehind(preparedZxid);
      return;
    }
    Caller caller = submission.caller();
    LoggedTxn txn = state.prepare(submission.request(), caller, preparedZxid + 1, clock.wallMs());
    preparedZxid = txn.zxid();
    submission.ordered(txn);
    if (txn.txn() instanceof Txn.CloseSession) {
      closing.add(caller.sessionId());
    }
    log.append(txn);
  }

  private void attach(Attach attach) {
    long id = attach.sessionId();
    SessionExpiry.Handle handle = handles.get(id);
    if (handle != null && !closing.contains(id)) {
      handle.timeoutMs(attach.timeoutMs());
      handle.touch(clock.monotonicMs());
      Client previous = owners.put(id, attach.client());
      if (previous != null && previous != attach.client()) {
        previous.outbox().offer(new Delivery.Close(previous));
      }
      attach.granted(handle);
    }
    attach.client().outbox().offer(attach);
  }

  private boolean applyDurable() {
    long durable = durableZxid;
    Submission head = inFlight.peekFirst();
    if (head == null || head.zxid() > durable) {
      return false;
    }
    tree.exclusively(() -> applyUpTo(durable));
    flushOutboxes();
    return true;
  }

  private void applyUpTo(long durable) {
    for (int count = 0; count < BATCH; count++) {
      Submission head = inFlight.peekFirst();
      if (head == null || head.zxid() > durable) {
        return;
      }
      inFlight.removeFirst();
      apply(head);
    }
  }

  private void apply(Submission submission) {
    LoggedTxn txn = submission.txn();
    if (txn == null) {
      submission.done(outcomeOfNoChange(submission.request()), null);
    } else {
      Outcome outcome = state.apply(txn, events);
      figures.applied(submission.caller(), submission.request(), txn.txn(), outcome.error());
      submission.done(outcome, sessionEffects(submission, txn.txn()));
    }
    if (submission.hasClient()) {
      submission.client().outbox().offer(submission);
    }
  }

  /**
   * What has its turn among the changes and takes no zxid. As in Apache: of what can't be read only
   * a multi takes one.
   */
  private static boolean isNoChange(Request request) {
    return request instanceof Request.Sync
        || request instanceof Request.Unreadable && request.op() != OpCode.MULTI;
  }

  private static Outcome outcomeOfNoChange(Request request) {
    return request instanceof Request.Sync sync
        ? new Outcome(ErrorCode.OK, new Reply.OfPath(sync.path()))
        : new Outcome(ErrorCode.MARSHALLING_ERROR, Reply.NOTHING);
  }

  /** Keeps the books on sessions; the new session's handle when one was created. */
  private SessionExpiry.@Nullable Handle sessionEffects(Submission submission, Txn txn) {
    long id = submission.caller().sessionId();
    if (txn instanceof Txn.CreateSession create) {
      SessionExpiry.Handle handle = sessions.add(id, create.timeoutMs(), clock.monotonicMs());
      handles.put(id, handle);
      if (submission.hasClient()) {
        owners.put(id, submission.client());
      }
      return handle;
    }
    if (txn instanceof Txn.CloseSession) {
      closing.remove(id);
      SessionExpiry.Handle handle = handles.remove(id);
      if (handle != null) {
        sessions.remove(handle);
      }
      Client owner = owners.remove(id);
      if (owner != null && !(submission.hasClient() && submission.client() == owner)) {
        owner.outbox().offer(new Delivery.Close(owner));
      }
    }
    return null;
  }

  private void deliver(WatchEvent event, Watcher watcher) {
    figures.fired(event);
    Client client = (Client) watcher;
    client.outbox().offer(new Delivery.Event(client, event));
  }

  private void flushOutboxes() {
    for (Outbox outbox : outboxes) {
      if (!outbox.isEmpty()) {
        outbox.flush();
      }
    }
  }

  private void onTime() {
    long nowMs = clock.monotonicMs();
    if (nowMs >= nextExpiryMs) {
      nextExpiryMs = nowMs + Math.max(1, config.tickTimeMs() / 2);
      for (long id : sessions.expire(nowMs)) {
        if (!closing.contains(id)) {
          figures.expired(1);
          submitOwn(new Caller(id, 0, NO_IDS), new Request.CloseSession());
        }
      }
    }
    if (nowMs >= nextCollectionMs) {
      nextCollectionMs = nowMs + config.collectionIntervalMs();
      for (Request.DeleteContainer delete :
          state.collectable(
              clock.wallMs(), config.collectionsPerRun(), config.maxNeverUsedIntervalMs())) {
        submitOwn(new Caller(0, 0, NO_IDS), delete);
      }
    }
  }

  private void submitOwn(Caller caller, Request request) {
    submit(new Submission(null, caller, request, clock.nanos()));
  }
}
