package conclave.failover;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Decides, for one node, when to take part in the election, when to fence, and what its service is
 * to be. A function of its inputs: time is an argument, and whatever touches the world is an {@link
 * Action} for somebody else.
 *
 * <p>Two services are never active at once, because these hold:
 *
 * <ul>
 *   <li>A service is told to become active only while its controller holds the lock and has written
 *       its own data into the breadcrumb before. Whoever finds another's data in the breadcrumb
 *       fences that one first, and becomes active only when that has succeeded.
 *   <li>The breadcrumb goes only when its owner's service was made standby before, by a hook that
 *       said so, and by version, so that nobody removes another's.
 *   <li>A node that is asked to stand down says yes only when its service is standby and nothing is
 *       under way that could still make it active.
 * </ul>
 *
 * <p>Besides, an active whose session may be over soon is made standby in time by its own
 * controller. That spares the fencing, and is not what safety rests on: a controller can be stopped
 * for longer than any timeout.
 *
 * <p>After every input {@link #decide} compares what is with what should be, and acts on the
 * difference. Nothing is planned ahead, so no order of events needs a rule of its own.
 */
final class FailoverMachine {
  private static final long NEVER = Long.MAX_VALUE;

  /** Before an operation that has failed without harm is tried again. */
  private static final long RETRY_MS = 100;

  /**
   * Beyond this an ill service that can't be made standby is left alone until its state changes.
   */
  private static final int MOST_ATTEMPTS_WHILE_ILL = 3;

  private static final long LONGEST_BACKOFF_MS = 30_000;

  private enum SessionPart {
    NONE,
    OPENING,
    CONNECTED,
    SUSPENDED
  }

  private enum LockPart {
    UNKNOWN,
    FREE,
    MINE,
    OTHERS
  }

  /** How far we are with the breadcrumb, while the lock is ours. */
  private enum Crumb {
    UNREAD,
    /** Another's: it has to be fenced. */
    TO_FENCE,
    /** None, our own, or that of one who is fenced. */
    TO_WRITE,
    WRITTEN,
    /** On its way out, in good order: from here on the service can't become active. */
    TO_DELETE
  }

  private enum Operation {
    CREATE_LOCK,
    READ_LOCK,
    READ_BREADCRUMB,
    WRITE_BREADCRUMB,
    DELETE_BREADCRUMB
  }

  /**
   * @param outdated whether the service's health has changed since it began, so that what it did
   *     may have been done to a service that is no more
   */
  private record RunningHook(
      long id, Transition transition, String active, boolean outdated, boolean cancelled) {}

  private record Asked(long requestId, boolean isYield) {}

  private final MachineOptions options;

  private long nowMs;
  private long wakeAtMs = NEVER;
  private List<Action> actions = new ArrayList<>();
  private boolean changed;

  private HealthState health = HealthState.INITIALIZING;
  private String healthDetail = "";
  private int strangeReports;

  private int generation;
  private SessionPart session = SessionPart.NONE;
  private long sessionId;
  private int timeoutMs;
  private long reopenAtMs;
  private String problem = "";
  private @Nullable Operation pending;
  private long pendingSinceMs;
  private long operateAtMs;

  private LockPart lock = LockPart.UNKNOWN;
  private String holder = "";
  private long token;
  private long leaseEndMs;
  private boolean verified;
  private long verifyAtMs;
  private long joinAtMs;
  private long failBackAtMs;

  private Crumb crumb = Crumb.UNREAD;
  private String crumbData = "";
  private int crumbVersion = -1;

  private ServiceState service = ServiceState.UNKNOWN;
  private @Nullable RunningHook hook;
  private long nextId;
  private long hookAtMs;
  private int failedHooks;
  private String followed = "";

  /** Whether an attempt to become active may still take effect, though nobody waits for it. */
  private boolean uncertain;

  private long fencingId;
  private boolean fencingIsCurrent;

  private long awayUntilMs;
  private boolean awayInOrder;

  /** Whether leaving in good order was tried in vain. */
  private boolean orderFailed;

  /** Whether a breadcrumb of ours may stand, so that somebody may want to fence us. */
  private boolean marked;

  private final List<Asked> asked = new ArrayList<>();

  private boolean stopping;
  private long stopAtMs = NEVER;
  private boolean exited;
  private ElectorState told = ElectorState.INIT;

  FailoverMachine(MachineOptions options) {
    this.options = options;
  }

  /** What to do now. Times are those of a clock that never goes back. */
  List<Action> on(long nowMs, Input input) {
    if (nowMs < this.nowMs) {
      throw new IllegalArgumentException("nowMs=" + nowMs + " after nowMs=" + this.nowMs);
    }
    this.nowMs = nowMs;
    actions = new ArrayList<>();
    if (!exited) {
      // A controller that was stopped for a while wakes up with old news in its queue. The clock
      // comes first, or it would act on them.
      giveUpExpiredLease();
      take(input);
      decide();
    }
    return actions;
  }

  /** When to come again with a {@link Input.Tick} at the latest. */
  long wakeAtMs() {
    return wakeAtMs;
  }

  // --- what is

  ElectorState elector() {
    return switch (session) {
      case NONE, OPENING -> ElectorState.INIT;
      case SUSPENDED -> ElectorState.NEUTRAL;
      case CONNECTED ->
          lock == LockPart.MINE && service == ServiceState.ACTIVE && hook == null
              ? ElectorState.ACTIVE
              : ElectorState.STANDBY;
    };
  }

  HealthState health() {
    return health;
  }

  String healthDetail() {
    return healthDetail;
  }

  ServiceState service() {
    return service;
  }

  /** The data of whoever holds the lock; empty when nobody does or it isn't known. */
  String active() {
    return switch (lock) {
      case MINE -> options.data();
      case OTHERS -> holder;
      case FREE, UNKNOWN -> "";
    };
  }

  /** The czxid of the lock, while it is ours; else 0. */
  long token() {
    return lock == LockPart.MINE ? token : 0;
  }

  /** What it is busy with, in a few words; empty for nothing. */
  String doing() {
    if (hook != null) {
      return hook.transition().key();
    }
    if (fencingId != 0) {
      return "fencing";
    }
    if (stopping) {
      return "stopping";
    }
    if (isAway()) {
      return "staying out of the election for " + (awayUntilMs - nowMs) + " ms";
    }
    return "";
  }

  // --- what is told

  private void take(Input input) {
    if (input instanceof Input.Health told) {
      takeHealth(told);
    } else if (input instanceof Input.HookEnded ended) {
      takeHookEnd(ended);
    } else if (input instanceof Input.FencingEnded ended) {
      takeFencingEnd(ended);
    } else if (input instanceof Input.Yield yield) {
      takeYield(yield);
    } else if (input instanceof Input.StandDown standDown) {
      takeStandDown(standDown);
    } else if (input instanceof Input.Stop) {
      takeStop();
    } else if (!(input instanceof Input.Tick)) {
      takeFromSession(input);
    }
  }

  private void takeHealth(Input.Health news) {
    healthDetail = news.detail();
    if (news.state() == health) {
      compareRoles(news.reported());
      return;
    }
    tell(Event.Kind.HEALTH, news.state() + (news.detail().isEmpty() ? "" : ": " + news.detail()));
    health = news.state();
    // It may have been started anew meanwhile, as whatever it likes.
    service = ServiceState.UNKNOWN;
    RunningHook running = hook;
    if (running != null) {
      hook =
          new RunningHook(
              running.id(), running.transition(), running.active(), true, running.cancelled());
    }
    failBackAtMs = nowMs + Math.max(0, options.failBackAfterMs());
    tryHooksAgain();
  }

  /**
   * A service that was started anew between two checks, or that somebody else has changed. As with
   * Hadoop's controller, once may be an answer from before the last hook; twice is true.
   */
  private void compareRoles(ServiceState reported) {
    boolean differs =
        reported != ServiceState.UNKNOWN && service != ServiceState.UNKNOWN && reported != service;
    strangeReports = differs && hook == null ? strangeReports + 1 : 0;
    if (strangeReports < 2) {
      return;
    }
    tell(Event.Kind.SERVICE, "The service is " + reported + " and was made " + service + ".");
    strangeReports = 0;
    service = ServiceState.UNKNOWN;
    tryHooksAgain();
    if (lock == LockPart.MINE) {
      // Who knows what it has forgotten: somebody else may be better off.
      away(options.pauseMs(), false);
      endSession(0);
    }
  }

  /** Something is new: what has failed before may work now. */
  private void tryHooksAgain() {
    failedHooks = 0;
    hookAtMs = nowMs;
  }

  private void takeFromSession(Input input) {
    if (input instanceof Input.SessionConnected up) {
      if (up.generation() == generation && session != SessionPart.NONE) {
        takeConnected(up);
      }
    } else if (input instanceof Input.SessionSuspended down) {
      if (down.generation() == generation && session == SessionPart.CONNECTED) {
        session = SessionPart.SUSPENDED;
        verified = false;
        tell(Event.Kind.SESSION, "Lost touch with the ensemble.");
      }
    } else if (input instanceof Input.SessionLost lost) {
      if (lost.generation() == generation && session != SessionPart.NONE) {
        takeLost(lost);
      }
    } else {
      takeFromZnodes(input);
    }
  }

  private void takeLost(Input.SessionLost lost) {
    boolean never = session == SessionPart.OPENING;
    String text = (never ? "There is no session: " : "The session is over: ") + lost.why();
    // Servers that are down may stay so for long; saying it once is enough.
    if (!text.equals(problem)) {
      problem = text;
      tell(Event.Kind.SESSION, text);
    }
    endSession(never ? options.pauseMs() : RETRY_MS);
  }

  private void takeConnected(Input.SessionConnected up) {
    if (session == SessionPart.OPENING) {
      sessionId = up.sessionId();
      timeoutMs = up.timeoutMs();
      tell(Event.Kind.SESSION, "Session 0x" + Long.toHexString(sessionId) + " stands.");
    } else {
      tell(Event.Kind.SESSION, "In touch with the ensemble again.");
    }
    problem = "";
    session = SessionPart.CONNECTED;
    verified = false;
    verifyAtMs = nowMs;
    if (lock != LockPart.MINE) {
      lock = LockPart.UNKNOWN;
    }
  }

  private void takeFromZnodes(Input input) {
    if (input instanceof Input.LockCreated created) {
      if (concludes(created.generation(), Operation.CREATE_LOCK)) {
        hold(created.czxid());
      }
    } else if (input instanceof Input.LockExists exists) {
      if (concludes(exists.generation(), Operation.CREATE_LOCK)) {
        lock = LockPart.UNKNOWN;
      }
    } else if (input instanceof Input.LockSeen seen) {
      if (concludes(seen.generation(), Operation.READ_LOCK)) {
        takeLock(seen.lock());
      }
    } else if (input instanceof Input.LockChanged changedLock) {
      if (changedLock.generation() == generation && lock != LockPart.MINE) {
        lock = LockPart.UNKNOWN;
      } else if (changedLock.generation() == generation) {
        verifyAtMs = nowMs;
      }
    } else if (input instanceof Input.BreadcrumbSeen seen) {
      if (concludes(seen.generation(), Operation.READ_BREADCRUMB)) {
        takeBreadcrumb(seen.breadcrumb());
      }
    } else if (input instanceof Input.BreadcrumbWritten written) {
      if (concludes(written.generation(), Operation.WRITE_BREADCRUMB)) {
        crumb = Crumb.WRITTEN;
        crumbVersion = written.version();
      }
    } else if (input instanceof Input.BreadcrumbRefused refused) {
      if (concludes(refused.generation(), Operation.WRITE_BREADCRUMB)) {
        crumb = Crumb.UNREAD;
        operateAtMs = nowMs + RETRY_MS;
      }
    } else if (input instanceof Input.BreadcrumbDeleted deleted) {
      if (concludes(deleted.generation(), Operation.DELETE_BREADCRUMB)) {
        marked = false;
        endSession(0);
      }
    } else if (input instanceof Input.OperationFailed failed) {
      takeFailure(failed);
    }
  }

  /** Whether this is the answer that is waited for; later answers of an earlier session are not. */
  private boolean concludes(int itsGeneration, Operation operation) {
    if (itsGeneration != generation || pending != operation) {
      return false;
    }
    pending = null;
    return true;
  }

  private void takeFailure(Input.OperationFailed failed) {
    if (failed.generation() != generation || pending == null) {
      return;
    }
    Operation operation = pending;
    pending = null;
    if (failed.hopeless()) {
      tell(Event.Kind.SESSION, "The ensemble refuses: " + failed.why());
      away(Math.max(options.pauseMs(), options.cooldownMs()), false);
      endSession(0);
      return;
    }
    operateAtMs = nowMs + RETRY_MS;
    switch (operation) {
      case CREATE_LOCK -> lock = LockPart.UNKNOWN;
      case READ_LOCK -> verifyAtMs = nowMs;
      case READ_BREADCRUMB, WRITE_BREADCRUMB -> crumb = Crumb.UNREAD;
      case DELETE_BREADCRUMB -> {
        // Done or not: removing it is a courtesy, and the next active can do without.
        tell(Event.Kind.ELECTION, "The breadcrumb may have stayed: " + failed.why());
        orderFailed = true;
        endSession(0);
      }
    }
  }

  private void takeLock(@Nullable Znode seen) {
    if (seen != null && seen.owner() == sessionId) {
      hold(seen.czxid());
    } else if (lock == LockPart.MINE) {
      tell(Event.Kind.ELECTION, "The lock is gone, though the session lives.");
      endSession(options.pauseMs());
    } else if (seen == null) {
      if (lock != LockPart.FREE) {
        joinAtMs = nowMs + options.joinDelayMs();
      }
      lock = LockPart.FREE;
    } else {
      if (!seen.data().equals(holder)) {
        failBackAtMs = nowMs + Math.max(0, options.failBackAfterMs());
      }
      holder = seen.data();
      lock = LockPart.OTHERS;
      verifyAtMs = nowMs + timeoutMs;
    }
  }

  /** The lock was ours when the answer left, so the session lived when the request arrived. */
  private void hold(long czxid) {
    if (lock != LockPart.MINE) {
      lock = LockPart.MINE;
      token = czxid;
      crumb = Crumb.UNREAD;
      crumbVersion = -1;
      orderFailed = false;
      tell(Event.Kind.ELECTION, "Holds the lock, token 0x" + Long.toHexString(czxid) + ".");
    }
    verified = session == SessionPart.CONNECTED;
    leaseEndMs = pendingSinceMs + timeoutMs;
    verifyAtMs = nowMs + timeoutMs / 6;
  }

  private void takeBreadcrumb(@Nullable Znode seen) {
    crumbVersion = seen == null ? -1 : seen.version();
    crumbData = seen == null ? "" : seen.data();
    // As with Hadoop's elector: our own service we know ourselves, nobody has to fence it. Hadoop's
    // compares all the data, and fences itself when its own address has changed.
    boolean foreign = seen != null && !isOurs(seen.data());
    marked = seen != null && !foreign;
    crumb = foreign ? Crumb.TO_FENCE : Crumb.TO_WRITE;
  }

  private boolean isOurs(String data) {
    return Identity.nodeOf(data).equals(Identity.nodeOf(options.data()));
  }

  private void takeHookEnd(Input.HookEnded ended) {
    RunningHook running = hook;
    if (running == null || running.id() != ended.id()) {
      return;
    }
    hook = null;
    boolean done = ended.ending() == Ending.DONE;
    String text =
        running.transition().key()
            + ": "
            + ended.ending()
            + (ended.detail().isEmpty() ? "" : ", " + ended.detail());
    tell(Event.Kind.SERVICE, text);
    switch (running.transition()) {
      case BECOME_ACTIVE -> takeActivation(running, ended.ending());
      case BECOME_STANDBY -> {
        boolean standby = done && !running.outdated();
        service = standby ? ServiceState.STANDBY : ServiceState.UNKNOWN;
        followed = running.active();
        countHook(done);
        if (!done) {
          orderFailed = true;
          answerAll(false, "becomeStandby has not worked: " + ended.detail());
        }
      }
      case FOLLOW -> {
        followed = done ? running.active() : followed;
        countHook(done);
      }
    }
  }

  private void takeActivation(RunningHook running, Ending ending) {
    boolean done = ending == Ending.DONE;
    uncertain = ending.isUncertain() || (uncertain && !done);
    boolean active = done && !running.outdated() && !running.cancelled();
    service = active ? ServiceState.ACTIVE : ServiceState.UNKNOWN;
    tryHooksAgain();
    if (!done && !running.cancelled()) {
      away(options.cooldownMs(), false);
      endSession(0);
    }
  }

  private void countHook(boolean done) {
    failedHooks = done ? 0 : failedHooks + 1;
    hookAtMs = done ? nowMs : nowMs + backoff();
  }

  private long backoff() {
    long ms = Math.max(1, options.pauseMs()) << Math.min(10, failedHooks - 1);
    return Math.min(LONGEST_BACKOFF_MS, ms);
  }

  private void takeFencingEnd(Input.FencingEnded ended) {
    if (ended.id() != fencingId) {
      return;
    }
    fencingId = 0;
    boolean current = fencingIsCurrent && crumb == Crumb.TO_FENCE && lock == LockPart.MINE;
    fencingIsCurrent = false;
    tell(Event.Kind.FENCING, (ended.fenced() ? "Fenced: " : "Not fenced: ") + ended.detail());
    if (!current) {
      changed = true;
    } else if (ended.fenced()) {
      crumb = Crumb.TO_WRITE;
    } else {
      away(options.pauseMs(), false);
      endSession(0);
    }
  }

  private void takeYield(Input.Yield yield) {
    if (yield.forMs() <= 0) {
      if (awayInOrder) {
        awayUntilMs = nowMs;
      }
      answer(yield.requestId(), true, "may take part again");
      return;
    }
    tell(Event.Kind.REQUEST, "Asked to stay out of the election for " + yield.forMs() + " ms.");
    if (!isAway()) {
      away(yield.forMs(), true);
      orderFailed = false;
    } else {
      awayUntilMs = Math.max(awayUntilMs, nowMs + yield.forMs());
    }
    asked.add(new Asked(yield.requestId(), true));
    tryHooksAgain();
  }

  private void takeStandDown(Input.StandDown standDown) {
    tell(
        Event.Kind.REQUEST,
        "Asked by "
            + standDown.who()
            + " with token 0x"
            + Long.toHexString(standDown.token())
            + " to stand down.");
    if (lock == LockPart.MINE && token >= standDown.token()) {
      answer(standDown.requestId(), false, "holds a newer lock");
      return;
    }
    if (uncertain) {
      answer(standDown.requestId(), false, "an attempt to become active may still take effect");
      return;
    }
    if (health == HealthState.SERVICE_NOT_RESPONDING) {
      answer(standDown.requestId(), false, "the service doesn't respond");
      return;
    }
    if (lock == LockPart.MINE) {
      tell(Event.Kind.ELECTION, "Another one holds the lock by now.");
      endSession(options.pauseMs());
    }
    // What was done once may have been undone by somebody else: only what is done now counts.
    service = ServiceState.UNKNOWN;
    asked.add(new Asked(standDown.requestId(), false));
    tryHooksAgain();
  }

  private void takeStop() {
    if (!stopping) {
      stopping = true;
      stopAtMs = nowMs + options.stopWithinMs();
      orderFailed = false;
      tryHooksAgain();
      tell(Event.Kind.REQUEST, "Asked to stop.");
    }
  }

  // --- what follows

  private void decide() {
    do {
      changed = false;
      wakeAtMs = NEVER;
      giveUpExpiredLease();
      leave();
      runSession();
      elect();
      serve();
      answerAsked();
      exit();
    } while (changed && !exited);
    tellElector();
  }

  private void giveUpExpiredLease() {
    if (lock == LockPart.MINE && due(leaseEndMs - demoteAheadMs())) {
      tell(Event.Kind.SESSION, "Nothing was heard for so long that the session may end.");
      endSession(RETRY_MS);
    }
  }

  private long demoteAheadMs() {
    return options.demoteAheadMs() > 0
        ? Math.min(options.demoteAheadMs(), timeoutMs / 2)
        : timeoutMs / 6;
  }

  private boolean isHealthy() {
    return health == HealthState.SERVICE_HEALTHY;
  }

  private boolean isAway() {
    return awayUntilMs > nowMs;
  }

  private boolean mustLeave() {
    return stopping || !isHealthy() || isAway();
  }

  /** In good order: who is well, and goes because it was asked to. */
  private boolean leavesInOrder() {
    return isHealthy() && !orderFailed && (stopping || (isAway() && awayInOrder));
  }

  private void leave() {
    if (awayUntilMs > 0 && due(awayUntilMs)) {
      awayUntilMs = 0;
      awayInOrder = false;
      changed = true;
    }
    if (session == SessionPart.NONE || !mustLeave()) {
      return;
    }
    boolean traces =
        crumb == Crumb.WRITTEN || crumb == Crumb.TO_DELETE || pending == Operation.WRITE_BREADCRUMB;
    if (!traces || !leavesInOrder()) {
      endSession(0);
      return;
    }
    if (hook == null
        && service == ServiceState.STANDBY
        && crumb == Crumb.WRITTEN
        && session == SessionPart.CONNECTED
        && pending == null) {
      if (uncertain) {
        orderFailed = true;
        changed = true;
      } else {
        crumb = Crumb.TO_DELETE;
        begin(Operation.DELETE_BREADCRUMB, new Action.DeleteBreadcrumb(generation, crumbVersion));
      }
    }
  }

  private void runSession() {
    if (session == SessionPart.NONE) {
      if (!mustLeave() && service == ServiceState.STANDBY && due(reopenAtMs)) {
        generation++;
        session = SessionPart.OPENING;
        act(new Action.OpenSession(generation));
      }
    } else if (pending != null && session == SessionPart.CONNECTED) {
      // Whoever carries out the operations has deadlines of their own; this is for when they fail.
      if (due(pendingSinceMs + 4L * timeoutMs)) {
        tell(Event.Kind.SESSION, "An operation was never answered: " + pending);
        endSession(RETRY_MS);
      }
    }
  }

  private void elect() {
    if (session != SessionPart.CONNECTED || pending != null || !due(operateAtMs)) {
      return;
    }
    switch (lock) {
      case UNKNOWN -> begin(Operation.READ_LOCK, new Action.ReadLock(generation, true));
      case FREE -> {
        if (!mustLeave() && service == ServiceState.STANDBY && due(joinAtMs)) {
          begin(Operation.CREATE_LOCK, new Action.CreateLock(generation));
        }
      }
      case OTHERS -> watchOther();
      case MINE -> prepareToBeActive();
    }
  }

  private void watchOther() {
    if (due(verifyAtMs)) {
      // The watch should tell. Looking once in a session timeout costs nothing.
      begin(Operation.READ_LOCK, new Action.ReadLock(generation, false));
    } else if (options.failBackAfterMs() >= 0
        && isHealthy()
        && !mustLeave()
        && options.lessPreferred().contains(Identity.nodeOf(holder))
        && due(failBackAtMs)) {
      failBackAtMs = nowMs + Math.max(options.pauseMs(), options.failBackAfterMs());
      tell(Event.Kind.ELECTION, "Preferred to the active, and well: fails back.");
      act(new Action.FailBack());
    }
  }

  private void prepareToBeActive() {
    if (!verified || due(verifyAtMs)) {
      begin(Operation.READ_LOCK, new Action.ReadLock(generation, false));
      return;
    }
    if (mustLeave()) {
      return;
    }
    switch (crumb) {
      case UNREAD -> begin(Operation.READ_BREADCRUMB, new Action.ReadBreadcrumb(generation));
      case TO_FENCE -> {
        if (fencingId == 0) {
          fencingId = ++nextId;
          fencingIsCurrent = true;
          tell(Event.Kind.FENCING, "Fences the old active: " + crumbData);
          act(new Action.Fence(fencingId, crumbData, token));
        }
      }
      case TO_WRITE -> {
        marked = true;
        begin(Operation.WRITE_BREADCRUMB, new Action.WriteBreadcrumb(generation, crumbVersion));
      }
      case WRITTEN, TO_DELETE -> {}
    }
  }

  private boolean mayBeActive() {
    return lock == LockPart.MINE && crumb == Crumb.WRITTEN && !mustLeave();
  }

  private void serve() {
    RunningHook running = hook;
    if (running != null) {
      boolean unwanted = running.transition() == Transition.BECOME_ACTIVE && !mayBeActive();
      if (unwanted && !running.cancelled()) {
        hook =
            new RunningHook(
                running.id(), running.transition(), running.active(), running.outdated(), true);
        act(new Action.CancelHook(running.id()));
      }
      return;
    }
    if (mayBeActive()) {
      if (service != ServiceState.ACTIVE && session == SessionPart.CONNECTED && verified) {
        run(Transition.BECOME_ACTIVE, new HookContext(token, crumbVersion, options.data()));
      }
    } else if (service != ServiceState.STANDBY) {
      if (mayDemote() && due(hookAtMs)) {
        run(Transition.BECOME_STANDBY, new HookContext(token, crumbVersion, another()));
      }
    } else if (options.follows()
        && lock == LockPart.OTHERS
        && !holder.equals(followed)
        && due(hookAtMs)) {
      run(Transition.FOLLOW, new HookContext(token, crumbVersion, holder));
    }
  }

  /** A service that is ill is asked a few times, one that is well until it does it. */
  private boolean mayDemote() {
    return health != HealthState.INITIALIZING
        && (isHealthy() || failedHooks < MOST_ATTEMPTS_WHILE_ILL);
  }

  private String another() {
    return lock == LockPart.OTHERS ? holder : "";
  }

  private void answerAsked() {
    if (asked.isEmpty() || hook != null || service != ServiceState.STANDBY) {
      return;
    }
    List<Asked> waiting = new ArrayList<>();
    for (Asked one : asked) {
      if (one.isYield() && session != SessionPart.NONE) {
        waiting.add(one);
      } else if (uncertain && !one.isYield()) {
        answer(one.requestId(), false, "an attempt to become active may still take effect");
      } else {
        answer(one.requestId(), true, "is standby");
      }
    }
    asked.clear();
    asked.addAll(waiting);
  }

  private void exit() {
    if (!stopping) {
      return;
    }
    boolean late = due(stopAtMs);
    if (late) {
      endSession(0);
    }
    boolean gone = session == SessionPart.NONE && hook == null && fencingId == 0;
    boolean settled =
        service == ServiceState.STANDBY || orderFailed || health == HealthState.INITIALIZING;
    if (late || (gone && settled)) {
      answerAll(false, "the controller stops");
      exited = true;
      wakeAtMs = NEVER;
      act(
          new Action.Exit(
              !marked,
              marked
                  ? "Stopped, but not in good order; whoever becomes active next will fence this"
                      + " node."
                  : "Stopped."));
    }
  }

  private void tellElector() {
    ElectorState now = elector();
    if (now != told) {
      told = now;
      tell(Event.Kind.ELECTION, "Is " + now + ".");
    }
  }

  // --- how it is said

  private void endSession(long reopenAfterMs) {
    if (session == SessionPart.NONE) {
      return;
    }
    act(new Action.CloseSession(generation));
    session = SessionPart.NONE;
    pending = null;
    lock = LockPart.UNKNOWN;
    holder = "";
    verified = false;
    crumb = Crumb.UNREAD;
    crumbVersion = -1;
    reopenAtMs = nowMs + reopenAfterMs;
    operateAtMs = nowMs;
    if (fencingId != 0 && fencingIsCurrent) {
      fencingIsCurrent = false;
      act(new Action.CancelFencing(fencingId));
    }
  }

  private void away(long forMs, boolean inOrder) {
    awayUntilMs = Math.max(awayUntilMs, nowMs + forMs);
    awayInOrder = inOrder;
    changed = true;
  }

  private void begin(Operation operation, Action action) {
    pending = operation;
    pendingSinceMs = nowMs;
    act(action);
  }

  private void run(Transition transition, HookContext context) {
    hook = new RunningHook(++nextId, transition, context.active(), false, false);
    act(new Action.RunHook(nextId, transition, context));
  }

  private void answerAll(boolean granted, String detail) {
    for (Asked one : asked) {
      answer(one.requestId(), granted, detail);
    }
    asked.clear();
  }

  private void answer(long requestId, boolean granted, String detail) {
    act(new Action.Answer(requestId, granted, detail));
  }

  private void tell(Event.Kind kind, String text) {
    actions.add(new Action.Tell(new Event(kind, text)));
  }

  private void act(Action action) {
    actions.add(action);
    changed = true;
  }

  /** Whether the time has come; if not, somebody has to come again then. */
  private boolean due(long atMs) {
    if (nowMs >= atMs) {
      return true;
    }
    wakeAtMs = Math.min(wakeAtMs, atMs);
    return false;
  }
}
