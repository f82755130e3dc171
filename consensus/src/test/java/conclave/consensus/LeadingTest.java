package conclave.consensus;

import static conclave.consensus.Packets.APACHE;
import static conclave.consensus.Packets.CONCLAVE;
import static conclave.consensus.Packets.ack;
import static conclave.consensus.Packets.ackEpoch;
import static conclave.consensus.Packets.followerInfo;
import static conclave.consensus.Packets.info;
import static conclave.consensus.Packets.observerInfo;
import static conclave.consensus.Packets.packet;
import static conclave.consensus.Packets.pong;
import static conclave.consensus.Packets.proposal;
import static conclave.consensus.Packets.show;
import static conclave.consensus.Packets.z;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import conclave.protocol.QuorumPacket;
import conclave.protocol.QuorumPacketType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Server 3 of the voters 1, 2 and 3 leads; 4 is an observer. A test plays the learners by hand; a
 * learner's link has the number of its id, a later one that number with a zero.
 */
class LeadingTest {
  private static final int TICK = 100;
  private static final int INIT = 10 * TICK;
  private static final int SYNC = 5 * TICK;

  private final List<String> epochFiles = new ArrayList<>();
  private History history = new History(z(1, 5), 100, 1 << 20);
  private Epochs epochs = epochs(1, 1);
  private RecordingLeaderPort port = new RecordingLeaderPort(history);
  private DiskLog disk = (after, upTo) -> null;
  private long lastCounter = Zxid.LAST_COUNTER;
  private Leading leading = leader();
  private long now = 1000;

  private Epochs epochs(long accepted, long current) {
    return new Epochs(
        accepted,
        current,
        new Epochs.Store() {
          @Override
          public void writeAccepted(long epoch) {
            epochFiles.add("accepted=" + epoch);
          }

          @Override
          public void writeCurrent(long epoch) {
            epochFiles.add("current=" + epoch);
          }
        });
  }

  private Leading leader() {
    return leader(
        "server.1=a:1:2\nserver.2=a:1:2\nserver.3=a:1:2\nserver.4=a:1:2:observer\nversion=7");
  }

  private Leading leader(String members) {
    return new Leading(
        new Leading.Settings(3, TICK, 10, 5, 7, "config", CONCLAVE, lastCounter),
        Membership.parse(members),
        history,
        disk,
        epochs,
        port);
  }

  private void begin(History with) {
    history = with;
    port = new RecordingLeaderPort(history);
    leading = leader();
  }

  private void receive(long link, QuorumPacket packet) {
    leading.received(link, packet, now);
  }

  private void connect(long link, QuorumPacket first) {
    leading.connected(link, now);
    receive(link, first);
  }

  private void flush() {
    leading.flush(now);
  }

  private void pass(int ms) {
    for (long end = now + ms; now < end; ) {
      now = Math.min(end, Math.max(now + 1, leading.nextWakeMs()));
      leading.tick(now);
    }
  }

  /** Servers 3 and 1 have agreed on epoch 2; nothing is recorded of that. */
  private void agree(int features) {
    leading.start(now);
    connect(1, followerInfo(1, 1, features));
    receive(1, ackEpoch(z(1, 5), 1));
    port.take();
  }

  /** Servers 3 and 1 are in broadcast in epoch 2. */
  private void lead(int features) {
    agree(features);
    receive(1, ack(z(2, 0)));
    flush();
    port.take();
  }

  /** Another learner joins, with the leader's history. */
  private void join(long link, QuorumPacket first, long lastZxid) {
    connect(link, first);
    receive(link, ackEpoch(lastZxid, 1));
    receive(link, ack(z(2, 0)));
    flush();
    port.take();
  }

  private void propose(long... zxids) {
    for (long zxid : zxids) {
      assertThat(leading.nextZxid()).isEqualTo(zxid);
      leading.propose(proposal(zxid));
    }
  }

  private void durable(long zxid) {
    leading.durable(zxid, now);
    flush();
  }

  private void acked(long link, long zxid) {
    receive(link, ack(zxid));
    flush();
  }

  private @Nullable String steppedDown() {
    List<String> done = port.take();
    return done.isEmpty() || !done.get(done.size() - 1).startsWith("stepDown")
        ? null
        : done.get(done.size() - 1);
  }

  // Discovery

  @Test
  void theWholeExchangeWithAnApacheFollowerThatIsUpToDate() {
    leading.start(now);
    assertThat(leading.epoch()).isEqualTo(-1);
    connect(1, followerInfo(1, 1, APACHE));
    assertThat(epochFiles).containsExactly("accepted=2");
    assertThat(port.take()).containsExactly("epoch 2", "1 LEADERINFO 2.0 apache");
    receive(1, ackEpoch(z(1, 5), 1));
    assertThat(epochFiles).containsExactly("accepted=2", "current=2");
    assertThat(port.take()).containsExactly("1 DIFF 1.5", "1 NEWLEADER 2.0 config");
    receive(1, ack(z(2, 0)));
    assertThat(port.take()).containsExactly("lead 2", "1 UPTODATE -1", "ready 1");
    receive(1, ack(z(2, 0)));
    propose(z(2, 1));
    flush();
    assertThat(port.take()).containsExactly("1 PROPOSAL 2.1");
    durable(z(2, 1));
    assertThat(port.take()).isEmpty();
    acked(1, z(2, 1));
    assertThat(port.take()).containsExactly("committed 2.1", "1 COMMIT 2.1");
    assertThat(leading.phase()).isEqualTo(Leading.Phase.BROADCAST);
    assertThat(leading.learners())
        .containsExactly(new LearnerView(1, 1, false, true, true, z(2, 1), now));
  }

  @Test
  void conclavesLearnersAreToldWhatTheLeaderUnderstands() {
    leading.start(now);
    connect(1, followerInfo(1, 1, CONCLAVE));
    assertThat(port.take()).containsExactly("epoch 2", "1 LEADERINFO 2.0 conclave");
  }

  @Test
  void theEpochIsLaterThanAnyThatTheQuorumHasAccepted() {
    leading.start(now);
    connect(4, observerInfo(4, 11, APACHE));
    connect(5, followerInfo(9, 12, APACHE));
    assertThat(port.take()).isEmpty();
    connect(2, followerInfo(2, 6, APACHE));
    assertThat(port.take())
        .containsExactly(
            "epoch 7",
            "4 LEADERINFO 7.0 apache",
            "5 LEADERINFO 7.0 apache",
            "2 LEADERINFO 7.0 apache");
  }

  @Test
  void theLeadersOwnPromiseCountsAsWell() {
    epochs = epochs(9, 1);
    leading = leader();
    leading.start(now);
    connect(2, followerInfo(2, 6, APACHE));
    assertThat(port.take()).contains("epoch 10");
  }

  @Test
  void aVoterThatSaysThatItObservesOrHasAnotherRoleIsNotCounted() {
    leading.start(now);
    connect(1, observerInfo(1, 1, APACHE));
    connect(4, followerInfo(4, 1, APACHE));
    connect(5, followerInfo(-5, 1, APACHE));
    assertThat(port.take()).isEmpty();
  }

  @Test
  void whoCantFollowIsRefused() {
    leading.start(now);
    connect(1, info(QuorumPacketType.FOLLOWERINFO, 1, 1, 8, APACHE));
    connect(2, followerInfo(3, 1, APACHE));
    connect(5, packet(QuorumPacketType.FOLLOWERINFO, 0));
    connect(6, new QuorumPacket(QuorumPacketType.FOLLOWERINFO, 0, new byte[5]));
    connect(7, new QuorumPacket(QuorumPacketType.FOLLOWERINFO, 0, new byte[8]));
    connect(8, followerInfo(1, Integer.MAX_VALUE, APACHE));
    connect(9, new QuorumPacket(77, 0, null, null));
    List<String> done = port.take();
    assertThat(done).hasSize(7).allMatch(line -> line.contains(" closed: "));
    assertThat(done.get(0)).contains("later configuration");
    assertThat(done.get(1)).contains("this server's id");
    assertThat(done.get(4)).contains("old protocol");
    assertThat(leading.links()).isEmpty();
  }

  @Test
  void nothingButAnIntroductionComesFirst() {
    leading.start(now);
    for (QuorumPacketType type : QuorumPacketType.values()) {
      if (type != QuorumPacketType.FOLLOWERINFO && type != QuorumPacketType.OBSERVERINFO) {
        connect(1, new QuorumPacket(type, 0, new byte[20]));
        assertThat(port.take()).as(type.name()).hasSize(1).allMatch(l -> l.contains(" closed: "));
      }
    }
  }

  @Test
  void whatOnlyLeadersSayEndsTheLinkOfAFollower() {
    lead(APACHE);
    for (QuorumPacketType type : QuorumPacketType.values()) {
      boolean fine =
          switch (type) {
            case ACK, REQUEST, REVALIDATE -> true;
            default -> false;
          };
      if (!fine) {
        join(2, followerInfo(2, 1, APACHE), z(1, 5));
        receive(2, new QuorumPacket(type, 0, new byte[20]));
        assertThat(port.take()).as(type.name()).hasSize(2).contains("gone 2");
      }
    }
  }

  @Test
  void requestsAreTakenOnlyFromThoseThatAreUpToDate() {
    agree(APACHE);
    receive(1, packet(QuorumPacketType.REQUEST, -1));
    assertThat(port.take()).anyMatch(line -> line.startsWith("1 closed: REQUEST"));
    begin(new History(z(1, 5), 100, 1 << 20));
    epochs = epochs(2, 1);
    leading = leader();
    leading.start(now);
    connect(1, followerInfo(1, 1, APACHE));
    receive(1, ackEpoch(z(1, 5), 1));
    receive(1, ack(z(3, 0)));
    port.take();
    receive(1, packet(QuorumPacketType.REQUEST, -1));
    receive(1, packet(QuorumPacketType.REVALIDATE, -1));
    assertThat(port.take()).containsExactly("from 1 REQUEST -1", "from 1 REVALIDATE -1");
  }

  @Test
  void aSecondLinkOfAServerTakesThePlaceOfTheFirst() {
    leading.start(now);
    connect(10, followerInfo(1, 1, APACHE));
    port.take();
    connect(1, followerInfo(1, 1, APACHE));
    assertThat(port.take())
        .containsExactly(
            "10 closed: server 1 has connected again", "gone 1", "1 LEADERINFO 2.0 apache");
    receive(10, ackEpoch(z(1, 5), 1));
    assertThat(port.take()).isEmpty();
  }

  @Test
  void strangersMayShareAnId() {
    lead(APACHE);
    join(5, observerInfo(-1, 1, APACHE), z(1, 5));
    join(6, observerInfo(-1, 1, APACHE), z(1, 5));
    assertThat(leading.links()).containsExactly(1L, 5L, 6L);
    join(4, observerInfo(4, 1, APACHE), z(1, 5));
    join(40, observerInfo(4, 1, APACHE), z(1, 5));
    assertThat(leading.links()).containsExactly(1L, 5L, 6L, 40L);
  }

  @Test
  void aVoterThatIsAheadMakesTheLeaderStepDown() {
    leading.start(now);
    connect(1, followerInfo(1, 1, APACHE));
    receive(1, ackEpoch(z(1, 6), 1));
    assertThat(steppedDown()).contains("is ahead").contains("lastZxid=0x100000006");
    assertThat(epochFiles).containsExactly("accepted=2");
    assertThat(leading.phase()).isEqualTo(Leading.Phase.OVER);
  }

  @Test
  void aVoterOfALaterEpochIsAheadEvenWithALowerZxid() {
    epochs = epochs(2, 1);
    leading = leader();
    leading.start(now);
    connect(1, followerInfo(1, 2, APACHE));
    receive(1, ackEpoch(z(1, 2), 2));
    assertThat(steppedDown()).contains("is ahead");
  }

  @Test
  void anObserverThatIsAheadIsCutBack() {
    leading.start(now);
    connect(4, observerInfo(4, 1, APACHE));
    connect(1, followerInfo(1, 1, APACHE));
    receive(4, ackEpoch(z(1, 6), 1));
    receive(1, ackEpoch(z(1, 5), 1));
    assertThat(port.take()).contains("4 TRUNC 1.5");
  }

  @Test
  void aPromiseThatWasGivenBeforeIsNotCountedAndNotWaitedFor() {
    leading.start(now);
    connect(1, followerInfo(1, 1, APACHE));
    receive(1, ackEpoch(z(1, 5), -1));
    assertThat(epochFiles).containsExactly("accepted=2");
    pass(2 * TICK);
    assertThat(steppedDown()).contains("phase=EPOCH_PROPOSED");
  }

  @Test
  void aPromiseIsKeptOverAReconnect() {
    leading = leader(majorityOf5());
    leading.start(now);
    connect(1, followerInfo(1, 1, APACHE));
    connect(2, followerInfo(2, 1, APACHE));
    receive(1, ackEpoch(z(1, 5), 1));
    leading.closed(1, now);
    connect(10, followerInfo(1, 2, APACHE));
    receive(10, ackEpoch(z(1, 5), -1));
    receive(2, ackEpoch(z(1, 5), 1));
    assertThat(port.take()).contains("10 NEWLEADER 2.0 config", "2 NEWLEADER 2.0 config");
  }

  private static String majorityOf5() {
    return "server.1=a:1:2\nserver.2=a:1:2\nserver.3=a:1:2\nserver.5=a:1:2\nserver.6=a:1:2\n"
        + "version=7";
  }

  @Test
  void aVoterThatHasPromisedALaterEpochMakesTheLeaderStepDownIfItsPromiseIsCredible() {
    lead(APACHE);
    connect(2, followerInfo(2, 100_000, APACHE));
    assertThat(port.take()).containsExactly("2 LEADERINFO 2.0 apache");
    leading.closed(2, now);
    connect(4, observerInfo(4, 3, APACHE));
    assertThat(port.take()).containsExactly("gone 2", "4 LEADERINFO 2.0 apache");
    connect(20, followerInfo(2, 3, APACHE));
    assertThat(steppedDown()).contains("has promised epoch 3, this is 2");
  }

  @Test
  void withoutAQuorumItGivesUpAfterInitLimit() {
    leading.start(now);
    pass(INIT - 1);
    assertThat(port.take()).isEmpty();
    pass(TICK);
    assertThat(steppedDown()).contains("phase=DISCOVERY");
  }

  @Test
  void whoIsAloneLeadsAlone() {
    leading = leader("server.3=a:1:2");
    leading.start(now);
    assertThat(port.take()).containsExactly("epoch 2", "lead 2");
    propose(z(2, 1), z(2, 2));
    flush();
    assertThat(port.take()).isEmpty();
    durable(z(2, 2));
    assertThat(port.take()).containsExactly("committed 2.1", "committed 2.2");
    assertThat(leading.confirm(now)).isEqualTo(1);
    flush();
    assertThat(port.take()).containsExactly("confirmed 1");
  }

  @Test
  void beginsOnlyWithWhatIsCommittedAndDurable() {
    history.append(proposal(z(1, 6)));
    assertThatThrownBy(() -> leading.start(now)).isInstanceOf(IllegalStateException.class);
    history.commit();
    assertThatThrownBy(() -> leading.start(now)).isInstanceOf(IllegalStateException.class);
    history.durable(z(1, 6));
    leading.start(now);
  }

  // Synchronisation

  @Test
  void nobodyIsToldThatItIsUpToDateBeforeAQuorumIs() {
    leading = leader(majorityOf5());
    leading.start(now);
    for (int sid : new int[] {1, 2, 5}) {
      connect(sid, followerInfo(sid, 1, APACHE));
    }
    for (int sid : new int[] {1, 2, 5}) {
      receive(sid, ackEpoch(z(1, 5), 1));
    }
    port.take();
    receive(1, ack(z(2, 0)));
    assertThat(port.take()).isEmpty();
    receive(2, ack(z(2, 0)));
    assertThat(port.take())
        .containsExactly("lead 2", "1 UPTODATE -1", "ready 1", "2 UPTODATE -1", "ready 2");
    receive(5, ack(z(2, 0)));
    assertThat(port.take()).containsExactly("5 UPTODATE -1", "ready 5");
  }

  @Test
  void zookeeper3104NewLeaderIsLast() {
    lead(APACHE);
    propose(z(2, 1), z(2, 2));
    acked(1, z(2, 1));
    durable(z(2, 1));
    propose(z(2, 3));
    port.take();
    connect(2, followerInfo(2, 1, APACHE));
    receive(2, ackEpoch(z(1, 5), 1));
    assertThat(port.take())
        .containsExactly(
            "2 LEADERINFO 2.0 apache",
            "2 DIFF 2.1",
            "2 PROPOSAL 2.1",
            "2 COMMIT 2.1",
            "2 PROPOSAL 2.2",
            "2 PROPOSAL 2.3",
            "2 NEWLEADER 2.0 config");
    propose(z(2, 4));
    acked(1, z(2, 2));
    durable(z(2, 2));
    assertThat(port.take())
        .containsExactly(
            "1 PROPOSAL 2.4", "2 PROPOSAL 2.4", "committed 2.2", "1 COMMIT 2.2", "2 COMMIT 2.2");
  }

  @Test
  void observersAreSentNothingThatIsNotCommitted() {
    lead(APACHE);
    propose(z(2, 1), z(2, 2));
    acked(1, z(2, 1));
    durable(z(2, 1));
    port.take();
    connect(4, observerInfo(4, 1, APACHE));
    receive(4, ackEpoch(z(1, 5), 1));
    receive(4, ack(z(2, 0)));
    assertThat(port.take())
        .containsExactly(
            "4 LEADERINFO 2.0 apache",
            "4 DIFF 2.1",
            "4 PROPOSAL 2.1",
            "4 COMMIT 2.1",
            "4 NEWLEADER 2.0 config",
            "4 UPTODATE -1",
            "ready 4");
    propose(z(2, 3));
    acked(4, z(2, 3));
    durable(z(2, 3));
    assertThat(port.take()).containsExactly("1 PROPOSAL 2.3");
    acked(1, z(2, 2));
    assertThat(port.take()).containsExactly("committed 2.2", "1 COMMIT 2.2", "4 INFORM 2.2");
  }

  @Test
  void zookeeper4352WhoHasNothingGetsASnapshot() {
    begin(new History(0, 100, 1 << 20));
    leading.start(now);
    connect(1, followerInfo(1, 0, APACHE));
    receive(1, ackEpoch(0, 0));
    assertThat(port.take()).contains("1 DIFF 0.0");
    receive(1, ack(z(2, 0)));
    propose(z(2, 1));
    acked(1, z(2, 1));
    durable(z(2, 1));
    port.take();
    connect(2, followerInfo(2, 0, APACHE));
    receive(2, ackEpoch(0, 0));
    assertThat(port.take())
        .containsExactly("2 LEADERINFO 2.0 apache", "2 SNAP 2.1", "2 NEWLEADER 2.0 config");
  }

  @Test
  void aSnapshotThatCantBeBegunIsTriedAgain() {
    lead(APACHE);
    port.snapshotsLater = true;
    connect(2, followerInfo(2, 1, APACHE));
    receive(2, ackEpoch(z(1, 1), 1));
    assertThat(port.take()).containsExactly("2 LEADERINFO 2.0 apache");
    pass(TICK / 2);
    propose(z(2, 1));
    assertThat(port.take()).doesNotContain("2 PROPOSAL 2.1");
    port.snapshotsLater = false;
    pass(TICK / 2);
    assertThat(port.take())
        .containsSubsequence("2 SNAP 1.5", "2 PROPOSAL 2.1", "2 NEWLEADER 2.0 config");
  }

  @Test
  void olderTransactionsComeFromTheDisk() {
    disk = (after, upTo) -> after == z(1, 2) ? transactions(z(1, 3), z(1, 4), upTo) : null;
    leading = leader();
    lead(APACHE);
    connect(2, followerInfo(2, 1, APACHE));
    receive(2, ackEpoch(z(1, 2), 1));
    assertThat(port.take())
        .containsExactly(
            "2 LEADERINFO 2.0 apache",
            "2 DIFF 1.5",
            "2 PROPOSAL 1.3",
            "2 COMMIT 1.3",
            "2 PROPOSAL 1.4",
            "2 COMMIT 1.4",
            "2 PROPOSAL 1.5",
            "2 COMMIT 1.5",
            "2 NEWLEADER 2.0 config");
  }

  @Test
  void conclavesLearnersGetOneCommitForAll() {
    disk = (after, upTo) -> transactions(z(1, 3), z(1, 4), upTo);
    leading = leader();
    lead(CONCLAVE);
    propose(z(2, 1), z(2, 2), z(2, 3));
    acked(1, z(2, 2));
    port.take();
    durable(z(2, 3));
    assertThat(port.take()).containsExactly("committed 2.1", "committed 2.2", "1 COMMIT 2.2");
    connect(2, followerInfo(2, 1, CONCLAVE));
    receive(2, ackEpoch(z(1, 2), 1));
    assertThat(port.take())
        .containsExactly(
            "2 LEADERINFO 2.0 conclave",
            "2 DIFF 2.2",
            "2 PROPOSAL 1.3",
            "2 PROPOSAL 1.4",
            "2 PROPOSAL 1.5",
            "2 COMMIT 1.5",
            "2 PROPOSAL 2.1",
            "2 PROPOSAL 2.2",
            "2 COMMIT 2.2",
            "2 PROPOSAL 2.3",
            "2 NEWLEADER 2.0 config");
  }

  @Test
  void zookeeper2418And4925AHoleInTheLogOnDiskIsNotPassedOn() {
    disk = (after, upTo) -> transactions(z(1, 3), upTo);
    leading = leader();
    lead(APACHE);
    connect(2, followerInfo(2, 1, APACHE));
    receive(2, ackEpoch(z(1, 2), 1));
    assertThat(port.take())
        .containsExactly(
            "2 LEADERINFO 2.0 apache",
            "2 DIFF 1.5",
            "2 PROPOSAL 1.3",
            "2 COMMIT 1.3",
            "2 closed: the log on disk ends before the history in memory begins",
            "gone 2");
    connect(20, followerInfo(2, 2, APACHE));
    receive(20, ackEpoch(z(1, 3), 1));
    assertThat(port.take()).contains("20 SNAP 1.5");
  }

  @Test
  void anEndOfTheLogOnDiskBeforeTheWindowIsAHoleToo() {
    disk = (after, upTo) -> transactions(z(1, 3), z(1, 4));
    leading = leader();
    lead(APACHE);
    connect(2, followerInfo(2, 1, APACHE));
    receive(2, ackEpoch(z(1, 2), 1));
    assertThat(port.take()).anyMatch(line -> line.startsWith("2 closed"));
  }

  private static DiskLog.Transactions transactions(long... zxids) {
    return new DiskLog.Transactions() {
      private int next;

      @Override
      public @Nullable Proposal next() {
        return next == zxids.length ? null : proposal(zxids[next++]);
      }

      @Override
      public void close() {}
    };
  }

  @Test
  void aLearnerThatTakesItsSnapshotIsGivenTime() {
    leading.start(now);
    connect(1, followerInfo(1, 1, APACHE));
    receive(1, ackEpoch(z(1, 1), 1));
    assertThat(port.take()).contains("1 SNAP 1.5");
    for (int i = 0; i < 5; i++) {
      pass(INIT - TICK);
      leading.progressed(1, now);
    }
    assertThat(leading.phase()).isEqualTo(Leading.Phase.SYNCHRONISATION);
    pass(INIT + TICK);
    assertThat(steppedDown()).contains("phase=SYNCHRONISATION");
  }

  @Test
  void aLearnerThatDoesNothingWithWhatItLacksIsGivenUp() {
    lead(APACHE);
    connect(2, followerInfo(2, 1, APACHE));
    receive(2, ackEpoch(z(1, 1), 1));
    for (int i = 0; i < 10; i++) {
      pass(TICK);
      receive(1, pong());
      assertThat(leading.links()).contains(2L);
    }
    pass(TICK);
    assertThat(leading.links()).containsExactly(1L);
  }

  // Broadcast

  @Test
  void commitsWhatAQuorumHasOnDiskAndNothingElse() {
    lead(CONCLAVE);
    join(2, followerInfo(2, 1, CONCLAVE), z(1, 5));
    propose(z(2, 1), z(2, 2), z(2, 3));
    port.take();
    acked(1, z(2, 1));
    assertThat(port.take()).isEmpty();
    acked(1, z(2, 3));
    assertThat(port.take()).isEmpty();
    acked(2, z(2, 2));
    assertThat(port.take())
        .containsExactly("committed 2.1", "committed 2.2", "1 COMMIT 2.2", "2 COMMIT 2.2");
    assertThat(history.durableZxid()).isEqualTo(z(1, 5));
    durable(z(2, 3));
    assertThat(port.take()).containsExactly("committed 2.3", "1 COMMIT 2.3", "2 COMMIT 2.3");
  }

  /** A client waits at whoever has asked: that learner is told first. */
  @Test
  void whoeverAskedLastIsToldFirst() {
    lead(CONCLAVE);
    join(2, followerInfo(2, 1, CONCLAVE), z(1, 5));
    receive(2, packet(QuorumPacketType.REQUEST, -1));
    port.take();
    propose(z(2, 1));
    assertThat(port.take()).containsExactly("2 PROPOSAL 2.1", "1 PROPOSAL 2.1");
    acked(1, z(2, 1));
    acked(2, z(2, 1));
    assertThat(port.take()).containsExactly("committed 2.1", "2 COMMIT 2.1", "1 COMMIT 2.1");
    receive(1, packet(QuorumPacketType.REQUEST, -1));
    port.take();
    propose(z(2, 2));
    assertThat(port.take()).containsExactly("1 PROPOSAL 2.2", "2 PROPOSAL 2.2");
    leading.closed(1, now);
    port.take();
    propose(z(2, 3));
    assertThat(port.take()).containsExactly("2 PROPOSAL 2.3");
  }

  @Test
  void commitsGoOutOnceForABatch() {
    lead(CONCLAVE);
    propose(z(2, 1), z(2, 2), z(2, 3));
    leading.durable(z(2, 3), now);
    port.take();
    receive(1, ack(z(2, 1)));
    receive(1, ack(z(2, 2)));
    assertThat(port.take()).isEmpty();
    flush();
    assertThat(port.take()).containsExactly("committed 2.1", "committed 2.2", "1 COMMIT 2.2");
    flush();
    assertThat(port.take()).isEmpty();
  }

  @Test
  void zookeeper4685AnAckBeforeThatOfNewLeaderIsRememberedAndNotCounted() {
    lead(APACHE);
    connect(2, followerInfo(2, 1, APACHE));
    receive(2, ackEpoch(z(1, 5), 1));
    propose(z(2, 1));
    leading.durable(z(2, 1), now);
    port.take();
    acked(2, z(2, 1));
    assertThat(port.take()).isEmpty();
    acked(2, z(2, 0));
    assertThat(port.take())
        .containsExactly(
            "2 UPTODATE -1", "ready 2", "committed 2.1", "1 COMMIT 2.1", "2 COMMIT 2.1");
  }

  @Test
  void whatWasAcknowledgedOverAnEarlierLinkIsNotCounted() {
    leading = leader(majorityOf5());
    leading.start(now);
    for (int sid : new int[] {1, 2}) {
      connect(sid, followerInfo(sid, 1, APACHE));
    }
    receive(1, ackEpoch(z(1, 5), 1));
    receive(2, ackEpoch(z(1, 5), 1));
    receive(1, ack(z(2, 0)));
    receive(2, ack(z(2, 0)));
    join(5, followerInfo(5, 1, APACHE), z(1, 5));
    propose(z(2, 1));
    acked(1, z(2, 1));
    leading.closed(1, now);
    // It comes again with the proposal in its log, is cut back, and may lose it.
    connect(10, followerInfo(1, 2, APACHE));
    port.take();
    receive(10, ackEpoch(z(2, 1), -1));
    assertThat(port.take())
        .containsExactly("10 TRUNC 1.5", "10 PROPOSAL 2.1", "10 NEWLEADER 2.0 config");
    receive(10, ack(z(2, 0)));
    port.take();
    durable(z(2, 1));
    acked(2, z(2, 1));
    assertThat(port.take()).isEmpty();
    acked(10, z(2, 1));
    assertThat(port.take()).contains("committed 2.1");
  }

  @Test
  void anAckOfWhatWasNeverProposedEndsTheLink() {
    lead(APACHE);
    join(2, followerInfo(2, 1, APACHE), z(1, 5));
    propose(z(2, 1));
    port.take();
    acked(1, z(2, 2));
    assertThat(port.take()).anyMatch(line -> line.startsWith("1 closed: ACK"));
    acked(2, -5);
    assertThat(port.take()).anyMatch(line -> line.startsWith("2 closed: ACK"));
  }

  @Test
  void oldAcksAndThoseOfStrangersChangeNothing() {
    lead(APACHE);
    join(5, followerInfo(77, 1, APACHE), z(1, 5));
    propose(z(2, 1));
    assertThat(port.take()).containsExactly("1 PROPOSAL 2.1", "5 PROPOSAL 2.1");
    durable(z(2, 1));
    acked(5, z(2, 1));
    acked(1, z(1, 5));
    acked(1, z(2, 0));
    assertThat(port.take()).isEmpty();
    acked(1, z(2, 1));
    assertThat(port.take()).containsExactly("committed 2.1", "1 COMMIT 2.1", "5 COMMIT 2.1");
    acked(1, z(2, 1));
    assertThat(port.take()).isEmpty();
  }

  @Test
  void anythingButTheNextNumberIsABug() {
    lead(APACHE);
    assertThatThrownBy(() -> leading.propose(proposal(z(2, 2))))
        .hasMessageContaining("lastProposed=0x200000000");
    agreeAnew();
    assertThatThrownBy(() -> leading.propose(proposal(z(3, 1))))
        .hasMessageContaining("phase=SYNCHRONISATION");
  }

  private void agreeAnew() {
    begin(new History(z(1, 5), 100, 1 << 20));
    agree(APACHE);
  }

  @Test
  void zookeeper1277TheLastNumberOfAnEpochIsNotUsed() {
    assertThat(Zxid.follows(z(2, 0xffffffffL), z(3, 0))).isFalse();
    lastCounter = 3;
    begin(new History(z(1, 5), 100, 1 << 20));
    lead(APACHE);
    for (int i = 1; i <= 2; i++) {
      assertThat(leading.isEpochUsedUp()).isFalse();
      leading.propose(proposal(leading.nextZxid()));
    }
    assertThat(leading.isEpochUsedUp()).isTrue();
    assertThatThrownBy(() -> leading.propose(proposal(leading.nextZxid())))
        .isInstanceOf(IllegalStateException.class);
  }

  // Proof of leadership

  @Test
  void zookeeper1675ASyncIsConfirmedByAnswersToPingsThatWereSentAfterIt() {
    lead(APACHE);
    pass(TICK);
    assertThat(port.take()).containsExactly("1 PING 2.0", "1 PING 2.0");
    assertThat(leading.confirm(now)).isEqualTo(1);
    assertThat(leading.confirm(now)).isEqualTo(1);
    receive(1, pong());
    flush();
    assertThat(port.take()).containsExactly("from 1 PING 0.0 data=0", "1 PING 2.0");
    receive(1, pong());
    flush();
    assertThat(port.take()).containsExactly("from 1 PING 0.0 data=0");
    assertThat(leading.confirm(now)).isEqualTo(2);
    receive(1, pong());
    flush();
    assertThat(port.take()).containsExactly("from 1 PING 0.0 data=0", "confirmed 1", "1 PING 2.0");
    receive(1, pong());
    flush();
    assertThat(port.take()).containsExactly("from 1 PING 0.0 data=0", "confirmed 2");
    flush();
    assertThat(port.take()).isEmpty();
  }

  @Test
  void aFollowerThatCameLaterConfirmsAsWell() {
    lead(APACHE);
    join(2, followerInfo(2, 1, APACHE), z(1, 5));
    leading.confirm(now);
    flush();
    leading.closed(2, now);
    join(20, followerInfo(2, 1, APACHE), z(1, 5));
    pass(TICK / 2);
    port.take();
    receive(20, pong());
    flush();
    assertThat(port.take()).contains("confirmed 1");
  }

  @Test
  void observersAndStrangersConfirmNothing() {
    lead(APACHE);
    join(4, observerInfo(4, 1, APACHE), z(1, 5));
    join(5, followerInfo(77, 1, APACHE), z(1, 5));
    leading.confirm(now);
    pass(TICK / 2);
    receive(4, pong());
    receive(5, pong());
    flush();
    assertThat(port.take()).doesNotContain("confirmed 1");
  }

  @Test
  void pingsBeforeALearnerIsUpToDateAreNotAnsweredAndNotCounted() {
    agree(APACHE);
    pass(TICK);
    assertThat(port.take()).containsExactly("1 PING 2.0", "1 PING 2.0");
    receive(1, ack(z(2, 0)));
    leading.confirm(now);
    flush();
    port.take();
    receive(1, pong());
    flush();
    assertThat(port.take()).contains("confirmed 1");
  }

  @Test
  void anAnswerToNothingEndsTheLink() {
    lead(APACHE);
    receive(1, pong());
    assertThat(port.take()).anyMatch(line -> line.startsWith("1 closed: PING"));
  }

  @Test
  void whoHasSteppedDownConfirmsNothing() {
    lead(APACHE);
    leading.stepDown("test");
    leading.stepDown("again");
    leading.confirm(now);
    flush();
    assertThat(port.take()).containsExactly("stepDown: test");
  }

  // Losing the quorum

  @Test
  void stepsDownAtOnceWhenNoQuorumIsLeft() {
    lead(APACHE);
    join(2, followerInfo(2, 1, APACHE), z(1, 5));
    leading.closed(1, now);
    assertThat(port.take()).containsExactly("gone 1");
    leading.closed(2, now);
    assertThat(steppedDown()).contains("no quorum of voters follows any more");
  }

  @Test
  void aFollowerThatIsNotSyncedIsNoQuorum() {
    lead(APACHE);
    connect(2, followerInfo(2, 1, APACHE));
    receive(2, ackEpoch(z(1, 5), 1));
    leading.closed(1, now);
    assertThat(steppedDown()).isNotNull();
  }

  @Test
  void stepsDownWhenTheQuorumIsSilentForSyncLimit() {
    lead(APACHE);
    join(4, observerInfo(4, 1, APACHE), z(1, 5));
    pass(SYNC - TICK / 2);
    receive(1, pong());
    receive(4, pong());
    assertThat(steppedDown()).isNull();
    pass(SYNC - TICK / 2);
    receive(4, pong());
    assertThat(steppedDown()).isNull();
    pass(TICK);
    assertThat(steppedDown()).contains("no quorum");
  }

  /** Between two ticks, that is, and so early that its clients are hung up on in time. */
  @Test
  void stepsDownBeforeSyncLimitIsOver() {
    lead(APACHE);
    pass(TICK * 3 / 4);
    receive(1, pong());
    pass(SYNC - TICK / 10 - 1);
    assertThat(steppedDown()).isNull();
    assertThat(leading.nextWakeMs()).isEqualTo(now + 1);
    pass(1);
    assertThat(steppedDown()).contains("no quorum");
  }

  @Test
  void aSilentStrangerIsClosed() {
    lead(APACHE);
    leading.connected(9, now);
    for (int i = 0; i < 8; i++) {
      pass(TICK);
      receive(1, pong());
    }
    assertThat(leading.links()).containsExactly(1L);
  }

  @Test
  void aFollowerWhoseDiskHasStoppedIsGivenUp() {
    lead(APACHE);
    join(2, followerInfo(2, 1, APACHE), z(1, 5));
    propose(z(2, 1));
    for (int i = 0; i < 4; i++) {
      pass(TICK);
      receive(1, pong());
      receive(2, pong());
    }
    acked(1, z(2, 1));
    assertThat(leading.links()).containsExactly(1L, 2L);
    for (int i = 0; i < 4; i++) {
      pass(TICK);
      receive(1, pong());
      receive(2, pong());
    }
    assertThat(leading.links()).containsExactly(1L);
    assertThat(leading.phase()).isEqualTo(Leading.Phase.BROADCAST);
  }

  @Test
  void anIdleFollowerIsNot() {
    lead(APACHE);
    join(2, followerInfo(2, 1, APACHE), z(1, 2));
    for (int i = 0; i < 20; i++) {
      pass(TICK);
      receive(1, pong());
      receive(2, pong());
    }
    assertThat(leading.links()).containsExactly(1L, 2L);
  }

  @Test
  void afterSteppingDownNothingHasAnEffect() {
    lead(APACHE);
    propose(z(2, 1));
    leading.stepDown("test");
    port.take();
    receive(1, ack(z(2, 1)));
    leading.durable(z(2, 1), now);
    flush();
    pass(INIT * 2);
    leading.connected(5, now);
    receive(5, followerInfo(2, 1, APACHE));
    leading.closed(1, now);
    assertThat(port.take()).isEmpty();
    assertThat(show(history.committedZxid())).isEqualTo("1.5");
  }
}
