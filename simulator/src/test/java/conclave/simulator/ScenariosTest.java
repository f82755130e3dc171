package conclave.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.consensus.Leading;
import conclave.protocol.Acl;
import conclave.protocol.OpCode;
import conclave.protocol.Request;
import conclave.replica.Serving;
import conclave.simulator.Fault.Death;
import conclave.simulator.Fault.Timed;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What has gone wrong inside of ZooKeeper, as scripts. Each brings an ensemble into the situation
 * of a known issue (ZK-n is ZOOKEEPER-n), while clients work; the invariants, the clients'
 * histories and the comparison of all members at the end tell whether anything came of it.
 */
class ScenariosTest {
  private static final long SECOND = 1_000;

  /** Three voters with enough load that something is always in flight, and nothing by chance. */
  private static Options options() {
    return Options.plain(7, 20 * SECOND)
        .withMembers(3, 0)
        .withLoad(6, 100, 4)
        .withHistory(1000, 500)
        .calm();
  }

  /** One world under a script. */
  private static final class Script {
    final Simulation simulation;

    Script(long seed, Options options) {
      simulation = new Simulation(seed, options, Tampering.NONE, null);
      simulation.begin();
      simulation.recover();
      pass(3 * SECOND);
    }

    void pass(long ms) {
      simulation.world().runUntil(simulation.world().nowUs() + ms * World.MS);
    }

    void now(Fault fault) {
      simulation.schedule(new Timed(simulation.world().nowUs() / World.MS, fault));
      simulation.world().runUntil(simulation.world().nowUs() + 1);
    }

    int leader() {
      for (Member member : simulation.members()) {
        SimulatedHost host = member.host();
        Leading leading = host == null || !host.isStarted() ? null : host.replica().leading();
        if (leading != null && leading.phase() == Leading.Phase.BROADCAST) {
          return member.index();
        }
      }
      throw new AssertionError("nobody leads");
    }

    int follower() {
      return (leader() + 1) % simulation.members().size();
    }

    long decided() {
      return simulation.invariants().log().last();
    }

    /** Cuts one member off from the others; clients still reach it. */
    void cutOff(int member, long forMs) {
      now(new Fault.Partition(1 << member, forMs));
    }

    void end() {
      simulation.end();
    }
  }

  /** ZK-2845, ZK-1653: what a leader logged alone is gone when others have led meanwhile. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void theTailOfALeaderThatWasCutOffIsGone(long seed) {
    Script script = new Script(seed, options());
    int old = script.leader();
    script.cutOff(old, 30 * SECOND);
    script.pass(20 * SECOND);
    assertThat(script.leader()).isNotEqualTo(old);
    script.pass(15 * SECOND);
    script.end();
  }

  /**
   * ZK-1675: a leader that doesn't know yet that it is none answers no sync. The clients ask for
   * syncs all the time, at both leaders; the history's checker compares.
   */
  @ParameterizedTest
  @ValueSource(longs = {4, 5, 6})
  void noSyncIsAnsweredByALeaderWithoutAQuorum(long seed) {
    Script script = new Script(seed, options().withLoad(10, 50, 4));
    for (int round = 0; round < 3; round++) {
      script.cutOff(script.leader(), 12 * SECOND);
      script.pass(25 * SECOND);
    }
    script.end();
  }

  /**
   * ZK-3911, ZK-4643, ZK-4646, ZK-4785, ZK-2307: a follower's power goes out at each step of its
   * synchronisation by DIFF, and then the leader's.
   */
  @ParameterizedTest
  @ValueSource(ints = {2, 4, 6, 8, 10, 12, 14, 17, 20, 24, 28, 33, 39, 46})
  void aFollowerDiesInTheMiddleOfADiff(int effects) {
    Script script = new Script(effects, options());
    dieWhileSynchronised(script, effects);
  }

  /** ZK-3642, ZK-4541: the same with a snapshot. */
  @ParameterizedTest
  @ValueSource(ints = {2, 5, 8, 10, 12, 14, 16, 18, 20, 23, 27, 32, 40})
  void aFollowerDiesInTheMiddleOfASnapshot(int effects) {
    Script script = new Script(effects, options().withHistory(40, 3));
    dieWhileSynchronised(script, effects);
  }

  private static void dieWhileSynchronised(Script script, int effects) {
    int follower = script.follower();
    script.now(new Fault.Crash(follower, Death.POWER_CUT, 0, 3 * SECOND));
    script.pass(3 * SECOND + 1);
    script.now(new Fault.Crash(follower, Death.POWER_CUT, effects, 100));
    script.pass(2 * SECOND);
    int leader = script.leader();
    script.now(new Fault.Crash(leader, Death.POWER_CUT, 0, 4 * SECOND));
    script.pass(8 * SECOND);
    script.end();
  }

  /** ZK-4882, ZK-3701: a call to a follower's disk fails; it ends, and comes back whole. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6})
  void aDiskFailsUnderAFollower(int call) {
    Script script = new Script(call, options().withHistory(40, 20));
    int follower = script.follower();
    script.now(new Fault.DiskError(follower, call));
    script.pass(5 * SECOND);
    script.now(new Fault.Crash(follower, Death.KILL, 0, 100));
    script.pass(5 * SECOND);
    script.end();
  }

  /** ZK-3701: a leader whose disk is full leads no more, and nothing is lost. */
  @Test
  void aLeadersDiskIsFull() {
    Script script = new Script(8, options());
    int old = script.leader();
    script.now(new Fault.FullDisk(old, 10 * SECOND));
    script.pass(8 * SECOND);
    assertThat(script.leader()).isNotEqualTo(old);
    script.pass(5 * SECOND);
    script.end();
  }

  /** ZK-5094, ZK-4837: the power goes out at each call to the disk that a truncation makes. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8, 10, 12})
  void aTruncationIsInterrupted(int call) {
    Script script = new Script(9, options().withHistory(40, 20));
    int old = script.leader();
    script.cutOff(old, 20 * SECOND);
    script.pass(19 * SECOND);
    script.now(new Fault.DiskCrash(old, call, call % 2 == 0, 200));
    script.pass(10 * SECOND);
    script.end();
  }

  /** ZK-2355, ZK-2926, ZK-3144: ephemerals of sessions that end while a member is away. */
  @Test
  void ephemeralsGoEverywhere() {
    Script script = new Script(10, options().withHistory(20, 5));
    int follower = script.follower();
    script.now(new Fault.Crash(follower, Death.POWER_CUT, 0, 12 * SECOND));
    script.simulation.clients().subList(0, 3).forEach(SimulatedClient::vanish);
    script.pass(40 * SECOND);
    script.end();
  }

  /** ZK-3531, ZK-4074: a learner that takes its snapshot slowly holds up nobody else. */
  @Test
  void aSlowLearnerHoldsUpNobody() {
    Script script = new Script(11, options().withHistory(20, 3));
    int leader = script.leader();
    int follower = script.follower();
    script.now(new Fault.Crash(follower, Death.POWER_CUT, 0, 3 * SECOND));
    script.pass(2 * SECOND);
    script.now(new Fault.Slow(leader, follower, 300, 60 * SECOND));
    long before = script.decided();
    script.pass(15 * SECOND);
    assertThat(script.leader()).isEqualTo(leader);
    assertThat(script.decided() - before).isGreaterThan(100);
    script.end();
  }

  /** A leader that is stopped for longer than anybody waits finds out, and loses nothing. */
  @ParameterizedTest
  @ValueSource(longs = {12, 13})
  void aLeaderIsStoppedAndGoesOn(long seed) {
    Script script = new Script(seed, options());
    int old = script.leader();
    script.now(new Fault.Pause(old, 25 * SECOND));
    script.pass(20 * SECOND);
    script.pass(10 * SECOND);
    script.end();
  }

  /** All at once lose their power, again and again. */
  @Test
  void thePowerGoesOutEverywhere() {
    Script script = new Script(14, options().withHistory(40, 20));
    for (int i = 0; i < 6; i++) {
      script.now(new Fault.Blackout(Death.POWER_CUT, 200));
      script.pass(4 * SECOND);
    }
    script.end();
  }

  /** Found here: after the calendar was set back, a new session got the id of one that was over. */
  @Test
  void anIdIsGivenToOneSessionOnly() {
    Script script = new Script(15, options());
    for (int i = 0; i < 3; i++) {
      for (Member member : script.simulation.members()) {
        script.now(new Fault.ClockJump(member.index(), -50 * SECOND));
      }
      script.now(new Fault.Blackout(Death.KILL, 100));
      script.pass(15 * SECOND);
    }
    script.end();
  }

  /** A damaged member comes back without a vote, is filled, and has one again. */
  @Test
  void aDamagedMemberIsFilled() {
    Script script = new Script(16, options().withHistory(40, 20));
    int follower = script.follower();
    for (int i = 1; i <= 4; i++) {
      script.now(new Fault.Rot(follower, 7919L * i, 0x10, 500));
      script.pass(8 * SECOND);
      assertThat(script.simulation.member(follower).isWhole()).as("after damage %d", i).isTrue();
    }
    script.end();
  }

  /**
   * Found here: a client asks to close its session at a member that is stopped, gives that up, and
   * goes on at another one. When the first one runs again, nothing happens to the session.
   */
  @Test
  void aCloseThatComesLateEndsNothing() {
    Script script = new Script(18, options());
    int before = script.follower();
    int after = (script.leader() + 2) % 3;
    List<Integer> servers = new ArrayList<>(List.of(before));
    SimulatedClient client = script.simulation.client(2000, servers, 1, 1);
    client.start();
    client.rest();
    client.want(new Request.Create(OpCode.CREATE, "/s", new byte[0], Acl.OPEN, 0, 0));
    script.pass(2 * SECOND);
    assertThat(client.answeredWrites()).isEqualTo(1);
    script.now(new Fault.Pause(before, 4 * SECOND));
    client.want(new Request.CloseSession());
    script.pass(100);
    servers.set(0, after);
    client.want(new Request.SetData("/s", new byte[1], -1));
    client.breakConnection();
    script.pass(2 * SECOND);
    assertThat(client.answeredWrites()).isEqualTo(2);
    script.pass(4 * SECOND);
    assertThat(client.isConnected()).isTrue();
    client.want(new Request.SetData("/s", new byte[2], -1));
    script.pass(SECOND);
    assertThat(client.answeredWrites()).isEqualTo(3);
    client.vanish();
    script.end();
  }

  /** A leader that serves no clients tells of its epoch all the same. */
  @Test
  void aLeaderThatServesNobodyTellsItsEpoch() {
    Script script = new Script(19, options().withLeaderServes(false));
    SimulatedHost leader = Objects.requireNonNull(script.simulation.member(script.leader()).host());
    assertThat(leader.replica().role().serving()).isEqualTo(Serving.NOBODY);
    assertThat(leader.replica().role().epoch())
        .isEqualTo(Objects.requireNonNull(leader.replica().leading()).epoch());
    script.end();
  }

  /**
   * ZK-3600: what one client was told of, another one sees at another member, if it asks for a sync
   * before it reads. The members are slow to hear of what is committed.
   */
  @ParameterizedTest
  @ValueSource(longs = {20, 21})
  void whoSyncsSeesWhatOthersWereToldOf(long seed) {
    Script script = new Script(seed, options().withLoad(10, 50, 8));
    int leader = script.leader();
    for (int i = 0; i < 6; i++) {
      script.now(new Fault.Slow(leader, (leader + 1) % 3, 800, 2 * SECOND));
      script.now(new Fault.OneWay(leader, (leader + 2) % 3, 500));
      script.pass(3 * SECOND);
    }
    script.end();
  }

  /**
   * ZK-3104, ZK-4394, ZK-4685: proposals and commits go on while a learner is synchronised, over a
   * way so narrow that they pile up behind the synchronisation: NEWLEADER comes behind all of it, a
   * commit may be for what is still held, and an acknowledgement may come before UPTODATE.
   */
  @ParameterizedTest
  @ValueSource(ints = {300, 700, 1_500, 4_000})
  void theEnsembleGoesOnWhileALearnerIsSynchronised(int bytesPerSecond) {
    for (int window : new int[] {3, 500}) {
      Script script =
          new Script(bytesPerSecond, options().withLoad(8, 40, 8).withHistory(60, window));
      int leader = script.leader();
      int follower = script.follower();
      script.now(new Fault.Crash(follower, Death.POWER_CUT, 0, 3 * SECOND));
      script.pass(2 * SECOND);
      script.now(new Fault.Slow(leader, follower, bytesPerSecond, 20 * SECOND));
      long before = script.decided();
      script.pass(25 * SECOND);
      assertThat(script.leader()).isEqualTo(leader);
      assertThat(script.decided() - before).isGreaterThan(500);
      script.end();
    }
  }

  /**
   * ZK-4925: a learner that was brought up to date in pieces leads, and brings up another one: no
   * piece is missing from what it keeps in memory.
   */
  @ParameterizedTest
  @ValueSource(longs = {22, 23, 24})
  void whoWasSynchronisedSynchronisesOthers(long seed) {
    Script script = new Script(seed, options().withLoad(8, 40, 8));
    int leader = script.leader();
    int learner = (leader + 1) % 3;
    int other = (leader + 2) % 3;
    script.now(new Fault.Crash(learner, Death.KILL, 0, SECOND));
    script.pass(3 * SECOND);
    script.now(new Fault.Crash(other, Death.KILL, 0, 6 * SECOND));
    script.pass(4 * SECOND);
    // Only the two are left, so now the one that was synchronised leads, and the third comes back.
    script.now(new Fault.Crash(leader, Death.KILL, 0, 20 * SECOND));
    script.pass(6 * SECOND);
    assertThat(script.leader()).isNotEqualTo(leader);
    script.pass(20 * SECOND);
    script.end();
  }

  /**
   * ZK-4352: a leader that has just started has nothing in memory to make a DIFF of, and doesn't
   * know where a learner stands that has lost its disk.
   */
  @Test
  void aLeaderWithoutAWindowSendsNoDiffFromNowhere() {
    Script script = new Script(25, options().withHistory(30, 10));
    int follower = script.follower();
    script.now(new Fault.Rot(follower, 7919, 0x10, 4 * SECOND));
    script.now(new Fault.Crash((script.leader() + 2) % 3, Death.KILL, 0, 200));
    script.pass(SECOND);
    script.now(new Fault.Crash(script.leader(), Death.KILL, 0, 200));
    script.pass(15 * SECOND);
    assertThat(script.simulation.member(follower).isWhole()).isTrue();
    script.end();
  }

  /**
   * ZK-2846: what a leader has in its log and could not commit is in no DIFF that it makes of its
   * log: it is cut off from the others with proposals in flight, comes back behind them, and later
   * leads again, with a learner that needs older transactions than memory has.
   */
  @ParameterizedTest
  @ValueSource(longs = {26, 27})
  void whatWasNeverCommittedIsInNoDiff(long seed) {
    Script script = new Script(seed, options().withLoad(8, 40, 8).withHistory(400, 3));
    int old = script.leader();
    int learner = (old + 1) % 3;
    script.cutOff(old, 12 * SECOND);
    script.pass(20 * SECOND);
    assertThat(script.leader()).isNotEqualTo(old);
    script.now(new Fault.Crash(learner, Death.KILL, 0, 5 * SECOND));
    script.pass(3 * SECOND);
    script.now(new Fault.Crash((old + 2) % 3, Death.KILL, 0, SECOND));
    script.pass(20 * SECOND);
    script.end();
  }

  /** ZK-1277: an epoch's numbers are used up, again and again, and none is given out twice. */
  @Test
  void theNumbersOfAnEpochAreUsedUp() {
    Options options = options();
    Script script = new Script(28, options.withFeatures(options.features().withZxidsPerEpoch(60)));
    long first = script.decided() >>> 32;
    script.pass(20 * SECOND);
    assertThat((script.decided() >>> 32) - first).isGreaterThan(5);
    script.end();
  }

  /** ZK-3526: who served readers without a leader is a follower like any other behind that. */
  @ParameterizedTest
  @ValueSource(longs = {29, 30})
  void readersAreServedWithoutALeader(long seed) {
    Options options = options().withLoad(9, 100, 4);
    Script script = new Script(seed, options.withFeatures(options.features().withReadOnlyMode()));
    int alone = script.follower();
    for (int i = 1; i <= 2; i++) {
      script.now(new Fault.Crash((alone + i) % 3, Death.KILL, 0, 20 * SECOND));
    }
    script.pass(15 * SECOND);
    SimulatedHost host = Objects.requireNonNull(script.simulation.member(alone).host());
    assertThat(host.replica().role().serving()).isEqualTo(Serving.READERS);
    assertThat(script.simulation.clients()).anyMatch(SimulatedClient::mayOnlyRead);
    script.pass(15 * SECOND);
    assertThat(script.simulation.clients()).noneMatch(SimulatedClient::mayOnlyRead);
    script.end();
  }

  /** An observer with syncEnabled=false comes back with less, and gets the rest. */
  @Test
  void anObserverThatLogsNothingIsFilledEachTime() {
    Options options = options().withMembers(3, 1);
    Script script = new Script(31, options.withFeatures(options.features().withSilentObservers()));
    for (int i = 0; i < 4; i++) {
      script.now(new Fault.Crash(3, Death.POWER_CUT, 0, 300));
      script.pass(3 * SECOND);
      assertThat(script.simulation.member(3).isLogging()).isFalse();
      SimulatedHost host = Objects.requireNonNull(script.simulation.member(3).host());
      assertThat(host.replica().role().serving()).isEqualTo(Serving.EVERYBODY);
    }
    script.end();
  }

  /**
   * Found here: a leader with local sessions ended, when it had refused one an ephemeral behind a
   * request that was still in flight.
   */
  @ParameterizedTest
  @EnumSource(names = {"LOCAL", "UPGRADED"})
  void localSessionsAskForAllSorts(Options.Sessions sessions) {
    Options options = options().withLoad(9, 50, 8);
    Script script = new Script(32, options.withFeatures(options.features().withSessions(sessions)));
    script.now(new Fault.Crash(script.follower(), Death.KILL, 0, SECOND));
    script.pass(20 * SECOND);
    script.end();
  }

  /** Watches that stay tell of every change once, over changes of the member and of the leader. */
  @Test
  void watchesThatStayMissNothing() {
    Options options = options().withLoad(8, 60, 4);
    Script script =
        new Script(33, options.withFeatures(options.features().withPersistentWatches()));
    for (int i = 0; i < 3; i++) {
      script.now(new Fault.Crash(script.leader(), Death.KILL, 0, SECOND));
      script.pass(6 * SECOND);
    }
    script.end();
  }

  /** Two voters of three lose what the third has not: nothing goes on until one is back. */
  @Test
  void aMinorityDecidesNothing() {
    Script script = new Script(17, options());
    int leader = script.leader();
    for (int i = 1; i <= 2; i++) {
      script.now(new Fault.Crash((leader + i) % 3, Death.KILL, 0, 30 * SECOND));
    }
    script.pass(SECOND);
    long before = script.decided();
    script.pass(25 * SECOND);
    assertThat(script.decided()).isEqualTo(before);
    assertThat(Objects.requireNonNull(script.simulation.member(leader).host()).replica().leading())
        .isNull();
    script.end();
  }

  /**
   * A client that reaches nobody but a member which its leader does not reach: its pings are
   * answered until that member gives the leader up, while the leader, which hears of sessions
   * through its learners alone, lets the session expire. So the client is wrong about it, for no
   * longer than docs/decisions/certainty.md says, and however long its timeout is. That page is to
   * be corrected when this is not so any more.
   */
  @ParameterizedTest
  @ValueSource(longs = {41, 42, 43, 44, 45, 46})
  void pingsAreAnsweredBehindTheLeadersBackForSyncLimit(long seed) {
    Options options = options();
    Script script = new Script(seed, options);
    World world = script.simulation.world();
    int follower = script.follower();
    SimulatedClient client = script.simulation.client(2_000, List.of(follower), 1_000, 1);
    client.start();
    client.rest();
    script.pass(12 * SECOND);
    long session = client.sessionId();
    int timeoutMs = client.timeoutMs();
    script.cutOff(follower, 90 * SECOND);
    while (script.simulation.invariants().log().model().sessions().containsKey(session)) {
      script.pass(1);
    }
    long expiredUs = world.nowUs();
    long limitMs = (long) options.syncLimitTicks() * options.tickTimeMs();
    script.pass(limitMs);
    long wrongMs = (client.certainUntilUs() - expiredUs) / World.MS;
    assertThat(wrongMs)
        .isPositive()
        .isLessThan(limitMs + options.tickTimeMs() / 2 + timeoutMs / 6 + 100);
    client.vanish();
    script.end();
  }
}
