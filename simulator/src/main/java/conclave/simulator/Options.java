package conclave.simulator;

import conclave.consensus.Zxid;
import conclave.simulator.Randoms.Purpose;
import java.util.EnumSet;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/**
 * What a run is like. The seed draws most of it: which kinds of fault there are, and how many, how
 * large the ensemble is, how much the clients ask for.
 *
 * @param voters how many members vote
 * @param observers how many don't
 * @param clients how many sessions there are at a time
 * @param tickTimeMs the ensemble's unit of time
 * @param initLimitTicks how long a learner may take to be brought up to date
 * @param syncLimitTicks how long leader and learner may be silent
 * @param durationMs how long faults and clients go on
 * @param faultEveryMs how often something goes wrong on the average; 0 for never
 * @param kinds what may go wrong
 * @param thinkMs how long a client waits between two requests on the average
 * @param pipelined the most requests that a client sends without waiting for an answer
 * @param snapCount transactions to a snapshot
 * @param commitLogCount committed transactions that a member keeps in memory
 * @param delayUs about the least delay of the network
 * @param syncUs about the least time to force a disk
 * @param torn whether streams arrive in pieces that are cut anywhere
 * @param weights whether votes are counted by groups and weights
 * @param leaderServes whether clients may connect to the leader
 * @param features what is switched on besides
 */
public record Options(
    int voters,
    int observers,
    int clients,
    int tickTimeMs,
    int initLimitTicks,
    int syncLimitTicks,
    long durationMs,
    long faultEveryMs,
    Set<Kind> kinds,
    long thinkMs,
    int pipelined,
    int snapCount,
    int commitLogCount,
    long delayUs,
    long syncUs,
    boolean torn,
    boolean weights,
    boolean leaderServes,
    Features features) {

  /** What may go wrong. */
  public enum Kind {
    KILL,
    POWER_CUT,
    BLACKOUT,
    PAUSE,
    ONE_WAY,
    PARTITION,
    BREAK,
    SLOW_LINK,
    CLIENT,
    SLOW_DISK,
    FULL_DISK,
    DISK_ERROR,
    DISK_CRASH,
    ROT,
    CLOCK,
    SNAPSHOT
  }

  /**
   * What not every ensemble has switched on.
   *
   * @param persistentWatches whether clients set watches that stay
   * @param readOnlyMode whether members without a leader serve readers
   * @param observersLog false for observers with {@code syncEnabled=false}
   * @param groups into how many groups the voters fall, where their votes are weighed
   * @param sessions how sessions begin
   * @param zxidsPerEpoch how many transactions an epoch can have
   */
  public record Features(
      boolean persistentWatches,
      boolean readOnlyMode,
      boolean observersLog,
      int groups,
      Sessions sessions,
      long zxidsPerEpoch) {
    static final Features NONE =
        new Features(false, false, true, 1, Sessions.GLOBAL, Zxid.LAST_COUNTER);

    private static Features of(long seed) {
      SplittableRandom random = new Randoms(seed).of(Purpose.FEATURES, 0);
      return new Features(
          random.nextBoolean(),
          random.nextInt(4) == 0,
          random.nextBoolean(),
          pick(random, 1, 2, 3),
          Sessions.values()[pick(random, 0, 0, 0, 0, 1, 2)],
          random.nextInt(6) == 0 ? pick(random, 100, 500, 3_000) : Zxid.LAST_COUNTER);
    }

    Features withReadOnlyMode() {
      return new Features(persistentWatches, true, observersLog, groups, sessions, zxidsPerEpoch);
    }

    Features withSilentObservers() {
      return new Features(persistentWatches, readOnlyMode, false, groups, sessions, zxidsPerEpoch);
    }

    Features withZxidsPerEpoch(long most) {
      return new Features(persistentWatches, readOnlyMode, observersLog, groups, sessions, most);
    }

    Features withSessions(Sessions how) {
      return new Features(
          persistentWatches, readOnlyMode, observersLog, groups, how, zxidsPerEpoch);
    }

    Features withPersistentWatches() {
      return new Features(true, readOnlyMode, observersLog, groups, sessions, zxidsPerEpoch);
    }
  }

  /** How sessions begin. */
  public enum Sessions {
    /** In the log. */
    GLOBAL,
    /** Known to one member, and never to others. */
    LOCAL,
    /** Known to one member, until they want an ephemeral. */
    UPGRADED
  }

  /** The options of that seed, for a run of that length. */
  public static Options of(long seed, long durationMs) {
    return plain(seed, durationMs).withFeatures(Features.of(seed));
  }

  /** The same without what only some ensembles have switched on. */
  public static Options plain(long seed, long durationMs) {
    SplittableRandom random = new Randoms(seed).of(Purpose.OPTIONS, 0);
    int voters = pick(random, 3, 3, 3, 5, 5, 7);
    int observers = pick(random, 0, 0, 0, 1, 2);
    EnumSet<Kind> kinds = EnumSet.noneOf(Kind.class);
    int oneIn = pick(random, 1, 2, 2, 3, 4);
    for (Kind kind : Kind.values()) {
      if (random.nextInt(oneIn) == 0) {
        kinds.add(kind);
      }
    }
    return new Options(
        voters,
        observers,
        3 + random.nextInt(8),
        2000,
        pick(random, 5, 10, 10),
        pick(random, 2, 5, 5),
        durationMs,
        pick(random, 2_000, 5_000, 10_000, 20_000, 60_000),
        kinds,
        pick(random, 500, 1_000, 2_000, 5_000),
        pick(random, 1, 2, 4, 16),
        pick(random, 20, 60, 200, 1000),
        pick(random, 5, 30, 100, 500),
        pick(random, 20, 100, 500, 5_000),
        pick(random, 50, 300, 2_000, 10_000),
        random.nextBoolean(),
        voters >= 5 && random.nextInt(6) == 0,
        random.nextInt(8) != 0,
        Features.NONE);
  }

  private static int pick(SplittableRandom random, int... of) {
    return of[random.nextInt(of.length)];
  }

  int members() {
    return voters + observers;
  }

  /** The same with nothing going wrong. */
  Options calm() {
    return withFaults(0, EnumSet.noneOf(Kind.class));
  }

  public Options withFaults(long everyMs, Set<Kind> newKinds) {
    return with(
        draft -> {
          draft.faultEveryMs = everyMs;
          draft.kinds = newKinds;
        });
  }

  public Options withMembers(int newVoters, int newObservers) {
    return with(
        draft -> {
          draft.voters = newVoters;
          draft.observers = newObservers;
          draft.weights &= newVoters >= 5;
        });
  }

  public Options withLoad(int newClients, long newThinkMs, int newPipelined) {
    return with(
        draft -> {
          draft.clients = newClients;
          draft.thinkMs = newThinkMs;
          draft.pipelined = newPipelined;
        });
  }

  /** How long leader and learner may be silent before they give each other up. */
  public Options withSyncLimit(int ticks) {
    return with(draft -> draft.syncLimitTicks = ticks);
  }

  Options withHistory(int newSnapCount, int newCommitLogCount) {
    return with(
        draft -> {
          draft.snapCount = newSnapCount;
          draft.commitLogCount = newCommitLogCount;
        });
  }

  Options withLeaderServes(boolean serves) {
    return with(draft -> draft.leaderServes = serves);
  }

  Options withFeatures(Features newFeatures) {
    return with(draft -> draft.features = newFeatures);
  }

  private Options with(Consumer<Draft> change) {
    Draft draft = new Draft(this);
    change.accept(draft);
    return draft.finish();
  }

  /** The same fields, while they may be changed. */
  private static final class Draft {
    int voters;
    int observers;
    int clients;
    int tickTimeMs;
    int initLimitTicks;
    int syncLimitTicks;
    long durationMs;
    long faultEveryMs;
    Set<Kind> kinds;
    long thinkMs;
    int pipelined;
    int snapCount;
    int commitLogCount;
    long delayUs;
    long syncUs;
    boolean torn;
    boolean weights;
    boolean leaderServes;
    Features features;

    Draft(Options from) {
      voters = from.voters;
      observers = from.observers;
      clients = from.clients;
      tickTimeMs = from.tickTimeMs;
      initLimitTicks = from.initLimitTicks;
      syncLimitTicks = from.syncLimitTicks;
      durationMs = from.durationMs;
      faultEveryMs = from.faultEveryMs;
      kinds = from.kinds;
      thinkMs = from.thinkMs;
      pipelined = from.pipelined;
      snapCount = from.snapCount;
      commitLogCount = from.commitLogCount;
      delayUs = from.delayUs;
      syncUs = from.syncUs;
      torn = from.torn;
      weights = from.weights;
      leaderServes = from.leaderServes;
      features = from.features;
    }

    Options finish() {
      return new Options(
          voters,
          observers,
          clients,
          tickTimeMs,
          initLimitTicks,
          syncLimitTicks,
          durationMs,
          faultEveryMs,
          kinds,
          thinkMs,
          pipelined,
          snapCount,
          commitLogCount,
          delayUs,
          syncUs,
          torn,
          weights,
          leaderServes,
          features);
    }
  }
}
