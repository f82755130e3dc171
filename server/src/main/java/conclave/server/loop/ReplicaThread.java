package conclave.server.loop;

import conclave.replica.Attach;
import conclave.replica.Client;
import conclave.replica.LeaderFigures;
import conclave.replica.Replica;
import conclave.replica.ReplicaConfig;
import conclave.replica.RoleView;
import conclave.replica.Submission;
import conclave.server.admin.AuditLog;
import conclave.server.admin.ServerMetrics;
import conclave.state.Notices;
import conclave.state.SessionExpiry;
import conclave.state.StateConfig;
import conclave.state.StateMachine;
import conclave.storage.EpochFiles;
import conclave.storage.SnapshotCadence;
import conclave.storage.Storage;
import conclave.storage.StorageException;
import io.netty.util.concurrent.FastThreadLocalThread;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.function.BooleanSupplier;
import org.jctools.queues.atomic.MpscUnboundedAtomicArrayQueue;
import org.jspecify.annotations.Nullable;

/**
 * Drives the {@link Replica} with real threads: hands it what clients, peers, the log and the clock
 * have for it, in batches. Nobody else touches it. In an ensemble there are two threads for that,
 * of which one stands by, see {@link Helm}.
 *
 * <p>Deliveries are put in the outboxes before the tree's exclusive lock is released. An event loop
 * that sees a new state therefore finds the events of that state in its outbox, and drains it
 * before it lets a reply leave: no client sees a change before the event that it asked for.
 */
public final class ReplicaThread {
  private static final int CHUNK = 1024;

  /** Inputs taken in before what they cause leaves. */
  private static final int BATCH = 1024;

  /** What a member that is told to stop may still wait for others. */
  private static final long LONGEST_GOODBYE_MS = 500;

  private static final long STOP_POLL_MS = 10;

  private final MpscUnboundedAtomicArrayQueue<Object> inbox =
      new MpscUnboundedAtomicArrayQueue<>(CHUNK);
  private final Waiting waiting;
  private final LogThread log;
  private final SnapshotKeeper snapshots;
  private final ReplicaFigures figures;
  private final Replica replica;
  private final Parts parts;
  private final ServerHost host;
  private final Clock clock;
  private final Fate fate;
  private final long longestSleepMs;
  private final BooleanSupplier hasWork = this::hasWork;
  private final Helm helm;
  private final Thread thread;

  /** Runs the replica while the other one waits for the disk; a server alone has nobody to tell. */
  private final @Nullable Thread standby;

  private final CountDownLatch ended = new CountDownLatch(1);
  private volatile long durableZxid;
  private volatile boolean stopping;
  private volatile boolean logFailed;
  private boolean begun;
  private boolean stopSeen;
  private long toldDurableZxid;
  private long nextWakeMs;

  /** When a stop does not wait any longer for the ensemble; 0 before there is one. */
  private long giveUpMs;

  /** A connection of a client has ended. */
  private record Detached(Client client, long sessionId) implements Input {
    @Override
    public void into(Replica replica) {
      replica.detach(client, sessionId);
    }
  }

  /**
   * What a replica's thread is made of.
   *
   * @param tree recovered, and used by nobody else so far
   * @param storage recovered into {@code tree}
   * @param stateConfig for making the state anew
   * @param isLogging false for an observer with {@code syncEnabled=false}
   * @param cadence when to take snapshots
   * @param peers the other members; {@link Peers#NONE} for a server that stands alone
   */
  public record Parts(
      ReplicaConfig config,
      LogOptions logOptions,
      SharedTree tree,
      Storage storage,
      StateConfig stateConfig,
      Notices notices,
      boolean isLogging,
      SnapshotCadence cadence,
      SnapshotKeeper snapshots,
      Peers peers,
      Clients clients,
      EpochFiles.Epochs epochs,
      ServerMetrics metrics,
      @Nullable AuditLog audit,
      Clock clock,
      Fate fate) {}

  public ReplicaThread(Parts parts) {
    this.parts = parts;
    this.waiting = parts.peers().waiting();
    this.clock = parts.clock();
    this.fate = parts.fate();
    this.snapshots = parts.snapshots();
    this.figures = new ReplicaFigures(parts.metrics().newRecorder(), parts.audit());
    this.longestSleepMs = Math.max(1, parts.config().tickTimeMs() / 4);
    this.log =
        new LogThread(
            parts.storage().log(),
            parts.cadence(),
            parts.logOptions(),
            this::durable,
            () -> submitNow((Input) Replica::snapshotDue),
            parts.metrics().newRecorder(),
            clock,
            this::logFailed);
    this.durableZxid = parts.tree().lastAppliedZxid();
    this.toldDurableZxid = durableZxid;
    this.host = new ServerHost(parts, log, figures, this::restarted);
    this.replica =
        new Replica(
            parts.config(),
            parts.tree().state(),
            parts.epochs().accepted(),
            parts.epochs().current(),
            clock.wallMs(),
            host);
    host.began(replica.role());
    this.helm = new Helm(clock::nanos);
    this.thread = new FastThreadLocalThread(this::run, "conclave-replica");
    this.standby =
        parts.peers() == Peers.NONE
            ? null
            : new FastThreadLocalThread(this::run, "conclave-standby");
  }

  /** Starts the threads. */
  public void start() {
    log.start();
    thread.start();
  }

  // --- any thread

  /** Hands over a request. */
  public void submit(Submission submission) {
    inbox.offer(submission);
  }

  /** Hands over a client that wants its session back. */
  public void attach(Attach attach) {
    inbox.offer(attach);
  }

  /** Tells that a client's connection has ended. */
  public void detach(Client client, long sessionId) {
    inbox.offer(new Detached(client, sessionId));
  }

  /** Hands over anything else. */
  public void submit(Input input) {
    inbox.offer(input);
  }

  /**
   * Makes sure that what was submitted is looked at; once for many submissions. Where there was
   * none, as after reads alone, nobody is woken.
   */
  public void flush() {
    if (!inbox.isEmpty()) {
      waiting.wake();
    }
  }

  /** Hands over something and sees to it that it is looked at. */
  public void submitNow(Input input) {
    submit(input);
    flush();
  }

  /**
   * Takes a snapshot of the tree as it is when this comes to its turn.
   *
   * @return the file; fails when another one is being written, or the server stops
   */
  public CompletableFuture<Path> takeSnapshot() {
    CompletableFuture<Path> done = new CompletableFuture<>();
    submitNow((Input) replica -> snapshots.begin(done));
    return done;
  }

  /**
   * Puts another state in place of the one that is here, see {@link Replica#restore}.
   *
   * @return why nothing was done, if so
   */
  public CompletableFuture<Optional<String>> restore(StateMachine made) {
    CompletableFuture<Optional<String>> done = new CompletableFuture<>();
    submitNow(
        (Input)
            replica -> {
              try {
                done.complete(Optional.ofNullable(replica.restore(made)));
              } finally {
                // Who fails here ends the server; who waits for it must not do so for ever.
                done.completeExceptionally(new IllegalStateException("the server has failed"));
              }
            });
    return done;
  }

  /** An id that no session has had. */
  public long newSessionId() {
    return replica.newSessionId();
  }

  /** The sessions that this member knows of. */
  public Collection<SessionExpiry.Handle> sessions() {
    return replica.sessions();
  }

  /** What this member is at the moment. */
  public RoleView role() {
    return replica.role();
  }

  /** How this leader is doing; null when it is none. */
  public @Nullable LeaderFigures leaderFigures() {
    return replica.leaderFigures();
  }

  /** Answers what is in flight, and ends; the caller has seen to it that nothing more comes in. */
  public void stop() throws InterruptedException {
    stopping = true;
    waiting.wake();
    ended.await();
    snapshots.stop();
    log.stop();
  }

  // --- the thread that runs the replica

  private void run() {
    while (helm.take()) {
      runReplica();
    }
  }

  /** Until another thread does, or nobody any more. */
  private void runReplica() {
    boolean lost = false;
    try {
      waiting.begin();
      beginOnce();
      while (!isDone()) {
        batch();
        if (!log.writeHere(helm)) {
          lost = true;
          // What it has written is for the other one to learn of, which may be asleep.
          waiting.wake();
          return;
        }
        if (hasWork()) {
          waiting.look();
        } else {
          waiting.park(hasWork, sleepNanos());
        }
      }
      begin();
      replica.stop();
    } catch (StorageException e) {
      // A member that can't write down what it has promised must not speak any more.
      fate.stop(e.exitCode(), "The data directory can't be used any more.", e);
    } catch (RuntimeException | Error e) {
      fate.stop(1, "The replica has met what it can't explain.", e);
    } finally {
      if (!lost) {
        helm.end();
        ended.countDown();
        waiting.end();
      }
    }
  }

  private void beginOnce() {
    if (begun) {
      return;
    }
    begun = true;
    if (standby != null) {
      standby.start();
    }
    begin();
    replica.start();
    finish();
  }

  /** Without a log nothing that is in flight can ever be answered. */
  private boolean isDone() {
    return logFailed || stopping && inbox.isEmpty() && (replica.isIdle() || isTiredOfWaiting());
  }

  /** What is in flight in an ensemble may wait for members that are gone. */
  private boolean isTiredOfWaiting() {
    if (replica.role().role() == RoleView.Part.STANDALONE) {
      return false;
    }
    long nowMs = clock.monotonicMs();
    if (giveUpMs == 0) {
      giveUpMs = nowMs + LONGEST_GOODBYE_MS;
    }
    return nowMs >= giveUpMs;
  }

  private boolean hasWork() {
    return !inbox.isEmpty() || durableZxid != toldDurableZxid || stopping != stopSeen || logFailed;
  }

  private long sleepNanos() {
    long longestMs = stopping ? STOP_POLL_MS : longestSleepMs;
    long ms = Math.min(longestMs, nextWakeMs - clock.monotonicMs());
    return Math.max(1, ms) * 1_000_000;
  }

  /** One batch, if there is anything to do. */
  private void batch() {
    long nowMs = begin();
    boolean busy = takeIn();
    long durable = durableZxid;
    if (durable != toldDurableZxid) {
      toldDurableZxid = durable;
      replica.durable(durable);
      busy = true;
    }
    stopSeen = stopping;
    if (nowMs >= nextWakeMs) {
      replica.tick();
      busy = true;
    }
    if (busy) {
      finish();
    }
  }

  private long begin() {
    long nowMs = clock.monotonicMs();
    replica.begin(nowMs, clock.wallMs());
    return nowMs;
  }

  private void finish() {
    replica.finish();
    if (!parts.isLogging() && host.appendedZxid() != 0) {
      // Nothing is promised by who logs nothing; what has arrived is as durable as it gets.
      durableZxid = Math.max(durableZxid, host.appendedZxid());
    }
    nextWakeMs = replica.nextWakeMs();
  }

  /** The log goes on behind another transaction than before; it has nothing to do meanwhile. */
  private void restarted(long zxid) {
    durableZxid = zxid;
    toldDurableZxid = zxid;
  }

  private boolean takeIn() {
    int count = 0;
    long oldestNanos = 0;
    for (; count < BATCH; count++) {
      Object input = inbox.poll();
      if (input == null) {
        break;
      }
      if (input instanceof Submission submission) {
        if (oldestNanos == 0) {
          oldestNanos = submission.receivedNanos();
        }
        replica.submit(submission);
      } else if (input instanceof Attach attach) {
        replica.attach(attach);
      } else {
        ((Input) input).into(replica);
      }
    }
    if (count > 0) {
      figures.took(count, oldestNanos == 0 ? 0 : (clock.nanos() - oldestNanos) / 1_000_000);
    }
    return count > 0;
  }

  // --- the log's thread

  private void logFailed(int exitCode, String what, Throwable cause) {
    logFailed = true;
    waiting.wake();
    fate.stop(exitCode, what, cause);
  }

  private void durable(long zxid) {
    durableZxid = zxid;
    waiting.wake();
  }
}
