package conclave.simulator;

import conclave.simulator.Randoms.Purpose;
import java.util.EnumSet;
import java.util.Set;
import java.util.SplittableRandom;

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
 * @param readOnlyMode whether members without a leader serve readers
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
    boolean readOnlyMode) {

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

  /** The options of that seed, for a run of that length. */
  public static Options of(long seed, long durationMs) {
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
        false);
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

  Options withFaults(long everyMs, Set<Kind> newKinds) {
    return new Options(
        voters,
        observers,
        clients,
        tickTimeMs,
        initLimitTicks,
        syncLimitTicks,
        durationMs,
        everyMs,
        newKinds,
        thinkMs,
        pipelined,
        snapCount,
        commitLogCount,
        delayUs,
        syncUs,
        torn,
        weights,
        leaderServes,
        readOnlyMode);
  }

  Options withMembers(int newVoters, int newObservers) {
    return new Options(
        newVoters,
        newObservers,
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
        weights && newVoters >= 5,
        leaderServes,
        readOnlyMode);
  }

  Options withLoad(int newClients, long newThinkMs, int newPipelined) {
    return new Options(
        voters,
        observers,
        newClients,
        tickTimeMs,
        initLimitTicks,
        syncLimitTicks,
        durationMs,
        faultEveryMs,
        kinds,
        newThinkMs,
        newPipelined,
        snapCount,
        commitLogCount,
        delayUs,
        syncUs,
        torn,
        weights,
        leaderServes,
        readOnlyMode);
  }

  Options withHistory(int newSnapCount, int newCommitLogCount) {
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
        newSnapCount,
        newCommitLogCount,
        delayUs,
        syncUs,
        torn,
        weights,
        leaderServes,
        readOnlyMode);
  }

  Options withLeaderServes(boolean serves) {
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
        serves,
        readOnlyMode);
  }
}
