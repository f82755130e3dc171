package conclave.consensus;

import static conclave.consensus.Packets.APACHE;
import static conclave.consensus.Packets.CONCLAVE;
import static conclave.consensus.Packets.commit;
import static conclave.consensus.Packets.inform;
import static conclave.consensus.Packets.leaderInfo;
import static conclave.consensus.Packets.newLeader;
import static conclave.consensus.Packets.packet;
import static conclave.consensus.Packets.proposal;
import static conclave.consensus.Packets.propose;
import static conclave.consensus.Packets.show;
import static conclave.consensus.Packets.z;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import conclave.protocol.QuorumPacket;
import conclave.protocol.QuorumPacketType;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Server 1 follows server 3, or observes it; a test plays the leader by hand. */
class FollowingTest {
  private static final int TICK = 100;
  private static final int INIT = 10 * TICK;
  private static final int SYNC = 5 * TICK;

  private History history = new History(z(1, 5), 100, 1 << 20);
  private RecordingLearnerPort port = new RecordingLearnerPort(history);
  private Epochs epochs = new Epochs(1, 1, port);
  private Following following = learner(false);
  private long now = 1000;

  private Following learner(boolean observer) {
    return new Following(
        new Following.Settings(1, 3, observer, TICK, 10, 5, 7, CONCLAVE), history, epochs, port);
  }

  private void begin(History with, boolean observer) {
    history = with;
    port = new RecordingLearnerPort(history);
    epochs = new Epochs(1, 1, port);
    following = learner(observer);
  }

  private void begin(boolean observer) {
    begin(new History(z(1, 5), 100, 1 << 20), observer);
  }

  /** A history that ends with a tail that is logged and not known to be committed. */
  private static History withTail(boolean durable, long... zxids) {
    History history = new History(z(1, 5), 100, 1 << 20);
    for (long zxid : zxids) {
      history.append(proposal(zxid));
    }
    if (durable) {
      history.durable(history.lastZxid());
    }
    return history;
  }

  private void receive(QuorumPacket... packets) {
    for (QuorumPacket packet : packets) {
      following.received(packet, now);
    }
  }

  private void receive(QuorumPacketType type, long zxid) {
    receive(packet(type, zxid));
  }

  private void flush() {
    following.flush(now);
  }

  private void durable(long zxid) {
    following.durable(zxid, now);
    flush();
  }

  /** Epoch 2 is agreed on. */
  private void agree(int features) {
    following.connected(now);
    receive(leaderInfo(2, features));
    port.take();
  }

  /** It is in broadcast in epoch 2. */
  private void serve(int features) {
    agree(features);
    receive(packet(QuorumPacketType.DIFF, history.lastZxid()), newLeader(2));
    receive(QuorumPacketType.UPTODATE, -1);
    flush();
    assertThat(following.isServing()).isTrue();
    port.take();
  }

  private void assertLeft(String why) {
    List<String> done = port.take();
    assertThat(done).isNotEmpty();
    assertThat(done.get(done.size() - 1)).startsWith("leave: ").contains(why);
    assertThat(following.phase()).isEqualTo(Following.Phase.OVER);
  }

  // Discovery

  @Test
  void theWholeExchangeWithAnApacheLeader() {
    following.connected(now);
    assertThat(port.take()).containsExactly("FOLLOWERINFO 1.0 sid=1 conclave");
    assertThat(following.epoch()).isEqualTo(-1);
    receive(leaderInfo(2, APACHE));
    assertThat(port.take()).containsExactly("accepted=2", "ACKEPOCH 1.5 current=1");
    assertThat(following.epoch()).isEqualTo(2);
    receive(QuorumPacketType.DIFF, z(1, 6));
    receive(propose(z(1, 6)), commit(z(1, 6)));
    assertThat(port.take()).containsExactly("append 1.6", "committed 1.6");
    receive(newLeader(2));
    assertThat(port.take()).containsExactly("configuration config");
    durable(z(1, 6));
    assertThat(port.take()).containsExactly("current=2", "ACK 2.0");
    receive(QuorumPacketType.UPTODATE, -1);
    assertThat(port.take()).containsExactly("ACK 2.0", "serve 2");
    receive(propose(z(2, 1)), propose(z(2, 2)));
    flush();
    assertThat(port.take()).containsExactly("append 2.1", "append 2.2");
    durable(z(2, 2));
    assertThat(port.take()).containsExactly("ACK 2.1", "ACK 2.2");
    receive(commit(z(2, 1)), commit(z(2, 2)));
    assertThat(port.take()).containsExactly("committed 2.1", "committed 2.2");
  }

  @Test
  void anOlderEpochThanPromisedIsNotFollowed() {
    following.connected(now);
    receive(leaderInfo(0, APACHE));
    assertLeft("before acceptedEpoch=1");
  }

  @Test
  void aPromiseIsGivenOnce() {
    following.connected(now);
    port.take();
    receive(leaderInfo(1, APACHE));
    assertThat(port.take()).containsExactly("ACKEPOCH 1.5 current=-1");
  }

  @Test
  void aLeaderThatDoesNotKnowYetThatItLeadsIsTriedAgain() {
    following.connected(now);
    port.take();
    now += INIT - 1;
    following.closedEarly(now);
    following.tick(now);
    following.connected(now);
    assertThat(port.take()).containsExactly("FOLLOWERINFO 1.0 sid=1 conclave");
    receive(leaderInfo(2, APACHE));
    assertThatThrownBy(() -> following.closedEarly(now)).isInstanceOf(IllegalStateException.class);
  }

  // Synchronisation

  @Test
  void theOwnTailIsCommittedBeforeAnythingThatFollows() {
    begin(withTail(true, z(1, 6), z(1, 7)), false);
    agree(APACHE);
    receive(QuorumPacketType.DIFF, z(1, 8));
    receive(propose(z(1, 8)), commit(z(1, 8)));
    assertThat(port.take())
        .containsExactly("committed 1.6", "committed 1.7", "append 1.8", "committed 1.8");
  }

  @Test
  void aDiffThatEndsBeforeTheOwnHistoryIsNone() {
    agree(APACHE);
    receive(QuorumPacketType.DIFF, z(1, 4));
    assertLeft("ends before lastZxid=0x100000005");
  }

  @Test
  void zookeeper2845WhatTheNewLeaderNeverHadIsGone() {
    begin(withTail(true, z(1, 6), z(1, 7), z(1, 8)), false);
    agree(APACHE);
    receive(QuorumPacketType.TRUNC, z(1, 6));
    receive(propose(z(2, 1)), commit(z(2, 1)));
    assertThat(port.take())
        .containsExactly("truncate 1.6", "committed 1.6", "append 2.1", "committed 2.1");
    assertThat(history.window()).extracting(Proposal::zxid).containsExactly(z(1, 6), z(2, 1));
  }

  @Test
  void aTruncationWaitsUntilTheLogIsIdleAndHoldsAllThatComesBehind() {
    begin(withTail(false, z(1, 6), z(1, 7), z(1, 8)), false);
    agree(APACHE);
    receive(QuorumPacketType.TRUNC, z(1, 6));
    receive(propose(z(2, 1)), commit(z(2, 1)), newLeader(2));
    durable(z(1, 7));
    assertThat(port.take()).isEmpty();
    durable(z(1, 8));
    assertThat(port.take())
        .containsExactly(
            "truncate 1.6", "committed 1.6", "append 2.1", "committed 2.1", "configuration config");
    durable(z(2, 1));
    assertThat(port.take()).containsExactly("current=2", "ACK 2.0");
  }

  @Test
  void nothingIsTruncatedWhenItEndsThereAlready() {
    agree(APACHE);
    receive(QuorumPacketType.TRUNC, z(1, 5));
    receive(newLeader(2));
    assertThat(port.take()).containsExactly("configuration config", "current=2", "ACK 2.0");
  }

  @Test
  void anApacheLeaderMayNameTheBeginningOfAnEpochToCutBackTo() {
    begin(withTail(true, z(2, 1)), false);
    following.connected(now);
    receive(leaderInfo(3, APACHE));
    receive(QuorumPacketType.TRUNC, z(2, 0));
    assertThat(following.phase()).isEqualTo(Following.Phase.SYNCHRONISATION);
    assertThat(history.lastZxid()).isEqualTo(z(1, 5));
  }

  @Test
  void whoCantBeCutBackAsksForASnapshot() {
    agree(APACHE);
    port.canTruncate = false;
    receive(QuorumPacketType.TRUNC, z(1, 2));
    assertLeft("a snapshot is needed");
    assertThat(following.needsSnapshot()).isTrue();

    following = learner(false);
    following.needSnapshot();
    following.connected(now);
    receive(leaderInfo(2, APACHE));
    assertThat(port.take()).contains("ACKEPOCH 0.0 current=-1");
    receive(QuorumPacketType.DIFF, z(1, 7));
    assertLeft("where a snapshot is needed");

    following = learner(false);
    following.needSnapshot();
    following.connected(now);
    receive(leaderInfo(2, APACHE));
    receive(QuorumPacketType.SNAP, z(1, 2));
    following.snapshot("tree", now);
    assertThat(following.needsSnapshot()).isFalse();
    assertThat(history.lastZxid()).isEqualTo(z(1, 2));
  }

  @Test
  void aTruncationThatEndsElsewhereIsNone() {
    agree(APACHE);
    port.truncatesTo = z(1, 1);
    receive(QuorumPacketType.TRUNC, z(1, 2));
    assertLeft("a snapshot is needed");
    assertThat(following.needsSnapshot()).isTrue();
  }

  @Test
  void aTruncationToWhatIsNotThereIsRefused() {
    agree(APACHE);
    receive(QuorumPacketType.TRUNC, z(1, 6));
    assertLeft("TRUNC");
  }

  @Test
  void aSnapshotTakesThePlaceOfEverything() {
    begin(withTail(true, z(1, 6)), false);
    agree(CONCLAVE);
    receive(QuorumPacketType.SNAP, z(2, 7));
    assertThat(port.take()).isEmpty();
    following.snapshot("tree", now);
    receive(propose(z(2, 8)), newLeader(2));
    assertThat(port.take())
        .containsExactly("install tree 2.7", "append 2.8", "configuration config");
    durable(z(2, 8));
    assertThat(port.take()).containsExactly("current=2", "ACK 2.0", "ACK 2.8");
    assertThat(following.mayBeInSnapshot(z(2, 8))).isFalse();
  }

  @Test
  void aSnapshotWaitsUntilTheLogIsIdle() {
    begin(withTail(false, z(1, 6)), false);
    agree(APACHE);
    receive(QuorumPacketType.SNAP, z(1, 9));
    following.snapshot("tree", now);
    receive(newLeader(2));
    assertThat(port.take()).isEmpty();
    durable(z(1, 6));
    assertThat(port.take())
        .containsExactly("install tree 1.9", "configuration config", "current=2", "ACK 2.0");
  }

  @Test
  void whatAnApacheLeaderSendsTwiceIsTakenOnce() {
    agree(APACHE);
    receive(QuorumPacketType.SNAP, z(2, 7));
    following.snapshot("tree", now);
    assertThat(port.take()).containsExactly("install tree 2.7");
    receive(propose(z(2, 6)), commit(z(2, 6)), propose(z(2, 7)), propose(z(2, 8)));
    receive(commit(z(2, 7)), commit(z(2, 8)));
    assertThat(port.take()).containsExactly("append 2.8", "committed 2.8");
    assertThat(following.mayBeInSnapshot(z(2, 8))).isTrue();
    receive(newLeader(2), propose(z(2, 9)));
    assertThat(following.mayBeInSnapshot(z(2, 8))).isTrue();
    assertThat(following.mayBeInSnapshot(z(2, 9))).isFalse();
  }

  @Test
  void aSnapshotOfTheBeginningOfAnEpochIsTaken() {
    begin(new History(0, 100, 1 << 20), false);
    agree(APACHE);
    receive(QuorumPacketType.SNAP, z(2, 0));
    following.snapshot("tree", now);
    receive(newLeader(2), packet(QuorumPacketType.UPTODATE, -1), propose(z(2, 1)));
    assertThat(port.take())
        .containsExactly(
            "install tree 2.0",
            "configuration config",
            "current=2",
            "ACK 2.0",
            "ACK 2.0",
            "serve 2",
            "append 2.1");
  }

  // NEWLEADER

  @Test
  void zookeeper3911And4646NewLeaderIsAcknowledgedWhenAllBeforeItIsOnDisk() {
    agree(APACHE);
    receive(QuorumPacketType.DIFF, z(1, 7));
    receive(propose(z(1, 6)), commit(z(1, 6)), propose(z(1, 7)), commit(z(1, 7)));
    receive(propose(z(2, 1)), newLeader(2));
    port.take();
    durable(z(1, 7));
    assertThat(port.take()).isEmpty();
    durable(z(2, 1));
    assertThat(port.take()).containsExactly("current=2", "ACK 2.0", "ACK 2.1");
  }

  @Test
  void zookeeper4643And4785TheEpochIsEnteredAfterTheTransactionsAndBeforeTheAck() {
    begin(withTail(false, z(1, 6)), false);
    agree(APACHE);
    receive(QuorumPacketType.DIFF, z(1, 6));
    receive(newLeader(2));
    assertThat(port.take()).containsExactly("committed 1.6", "configuration config");
    assertThat(epochs.current()).isEqualTo(1);
    durable(z(1, 6));
    assertThat(port.take()).containsExactly("current=2", "ACK 2.0");
  }

  @Test
  void zookeeper4685And4394NoProposalIsAcknowledgedBeforeNewLeader() {
    agree(APACHE);
    receive(QuorumPacketType.DIFF, z(1, 6));
    receive(propose(z(1, 6)), commit(z(1, 6)), propose(z(2, 1)), newLeader(2));
    receive(propose(z(2, 2)), commit(z(2, 1)), propose(z(2, 3)));
    assertThat(port.take())
        .containsExactly(
            "append 1.6",
            "committed 1.6",
            "append 2.1",
            "configuration config",
            "append 2.2",
            "committed 2.1",
            "append 2.3");
    durable(z(1, 6));
    assertThat(port.take()).isEmpty();
    durable(z(2, 2));
    assertThat(port.take()).containsExactly("current=2", "ACK 2.0", "ACK 2.1", "ACK 2.2");
    receive(commit(z(2, 2)));
    receive(QuorumPacketType.UPTODATE, -1);
    durable(z(2, 3));
    assertThat(port.take()).containsExactly("committed 2.2", "ACK 2.0", "serve 2", "ACK 2.3");
  }

  @Test
  void newLeaderOfAnotherEpochIsNotFollowed() {
    agree(APACHE);
    receive(QuorumPacketType.DIFF, z(1, 5));
    receive(newLeader(3));
    assertLeft("of another epoch than 2");
  }

  @Test
  void upToDateBeforeNewLeaderIsAcknowledgedIsOutOfPlace() {
    begin(withTail(false, z(1, 6)), false);
    agree(APACHE);
    receive(QuorumPacketType.DIFF, z(1, 6));
    receive(newLeader(2), packet(QuorumPacketType.UPTODATE, -1));
    assertLeft("out of place, phase=LOGGING");
  }

  // Broadcast

  @Test
  void acksLeaveAtTheEndOfABatch() {
    serve(CONCLAVE);
    receive(propose(z(2, 1)), propose(z(2, 2)), propose(z(2, 3)));
    port.take();
    following.durable(z(2, 1), now);
    following.durable(z(2, 2), now);
    assertThat(port.take()).isEmpty();
    flush();
    assertThat(port.take()).containsExactly("ACK 2.2");
    flush();
    assertThat(port.take()).isEmpty();
    durable(z(2, 3));
    assertThat(port.take()).containsExactly("ACK 2.3");
  }

  @Test
  void aConclaveLeaderCommitsManyAtOnceAnApacheLeaderOneByOne() {
    serve(CONCLAVE);
    receive(propose(z(2, 1)), propose(z(2, 2)), propose(z(2, 3)), commit(z(2, 2)));
    assertThat(port.take())
        .containsExactly(
            "append 2.1", "append 2.2", "append 2.3", "committed 2.1", "committed 2.2");
    begin(false);
    serve(APACHE);
    receive(propose(z(2, 1)), propose(z(2, 2)), commit(z(2, 2)));
    assertLeft("before 0x200000001");
  }

  @Test
  void commitsDoNotWaitForTheOwnDisk() {
    serve(APACHE);
    receive(propose(z(2, 1)), commit(z(2, 1)));
    flush();
    assertThat(port.take()).containsExactly("append 2.1", "committed 2.1");
    durable(z(2, 1));
    assertThat(port.take()).containsExactly("ACK 2.1");
  }

  @Test
  void aCommitOfWhatIsNotThereEndsIt() {
    serve(CONCLAVE);
    receive(commit(z(2, 1)));
    assertLeft("COMMIT of 0x200000001");
    begin(false);
    serve(CONCLAVE);
    receive(propose(z(2, 1)), commit(z(2, 2)));
    assertLeft("COMMIT of 0x200000002");
    begin(false);
    serve(CONCLAVE);
    receive(propose(z(2, 1)), commit(z(1, 5)));
    assertLeft("COMMIT of 0x100000005");
    begin(false);
    agree(CONCLAVE);
    receive(QuorumPacketType.DIFF, z(2, 1));
    receive(propose(z(1, 6)), propose(z(2, 1)), commit(z(1, 9)));
    assertLeft("never proposed");
  }

  @Test
  void aGapInTheProposalsEndsIt() {
    serve(CONCLAVE);
    receive(propose(z(2, 2)));
    assertLeft("gap");
    begin(false);
    agree(CONCLAVE);
    receive(QuorumPacketType.DIFF, z(1, 8));
    receive(propose(z(1, 7)));
    assertLeft("gap");
    begin(false);
    serve(CONCLAVE);
    receive(propose(z(2, 1)), propose(z(2, 1)));
    assertLeft("gap");
  }

  @Test
  void aProposalOfAnotherEpochEndsIt() {
    serve(CONCLAVE);
    receive(propose(z(3, 1)));
    assertLeft("gap");
    begin(false);
    agree(CONCLAVE);
    receive(QuorumPacketType.DIFF, z(3, 1));
    receive(propose(z(3, 1)));
    assertLeft("gap");
    begin(false);
    serve(CONCLAVE);
    receive(propose(z(1, 6)));
    assertLeft("gap");
  }

  @Test
  void aProposalThatMakesNoSenseEndsIt() {
    serve(CONCLAVE);
    receive(
        new QuorumPacket(
            QuorumPacketType.PROPOSAL, z(2, 1), "junk".getBytes(StandardCharsets.UTF_8)));
    assertLeft("body=junk");
    assertThat(history.lastZxid()).isEqualTo(z(1, 5));
    begin(false);
    serve(CONCLAVE);
    receive(QuorumPacketType.PROPOSAL, z(2, 1));
    assertLeft("no data");
  }

  @Test
  void aReconfigurationIsACommitAndTheOwnersBusiness() {
    serve(APACHE);
    receive(propose(z(2, 1)));
    receive(new QuorumPacket(QuorumPacketType.COMMITANDACTIVATE, z(2, 1), new byte[8]));
    assertThat(port.take())
        .containsExactly("append 2.1", "committed 2.1", "from leader COMMITANDACTIVATE 2.1 data=8");
    begin(true);
    serve(APACHE);
    byte[] body = Packets.body(z(2, 1));
    byte[] data = new byte[8 + body.length];
    System.arraycopy(body, 0, data, 8, body.length);
    receive(new QuorumPacket(QuorumPacketType.INFORMANDACTIVATE, z(2, 1), data));
    assertThat(port.take())
        .containsExactly(
            "append 2.1", "committed 2.1", "from leader INFORMANDACTIVATE 2.1 data=12");
    receive(new QuorumPacket(QuorumPacketType.INFORMANDACTIVATE, z(2, 2), new byte[3]));
    assertLeft("length=3");
  }

  @Test
  void whatConcernsSessionsIsHandedOn() {
    serve(APACHE);
    receive(QuorumPacketType.REVALIDATE, 0);
    receive(QuorumPacketType.SYNC, 0);
    assertThat(port.take()).containsExactly("from leader REVALIDATE 0.0", "from leader SYNC 0.0");
  }

  @Test
  void pingsAreAnsweredOnceItIsUpToDate() {
    agree(APACHE);
    receive(QuorumPacketType.DIFF, z(1, 5));
    receive(packet(QuorumPacketType.PING, z(2, 0)), newLeader(2));
    receive(QuorumPacketType.PING, z(2, 0));
    assertThat(port.take()).containsExactly("configuration config", "current=2", "ACK 2.0");
    receive(QuorumPacketType.UPTODATE, -1);
    port.take();
    receive(QuorumPacketType.PING, z(2, 9));
    assertThat(port.take()).containsExactly("PING 2.9 data=12");
  }

  // Observers

  @Test
  void anObserverLogsAndCommitsWhatItIsInformedOfAndAcknowledgesNothingButNewLeader() {
    begin(true);
    following.connected(now);
    assertThat(port.take()).containsExactly("OBSERVERINFO 1.0 sid=1 conclave");
    receive(leaderInfo(2, APACHE), packet(QuorumPacketType.DIFF, z(1, 6)));
    receive(propose(z(1, 6)), commit(z(1, 6)), inform(z(2, 1)), newLeader(2));
    port.take();
    receive(inform(z(2, 2)));
    durable(z(2, 2));
    receive(QuorumPacketType.UPTODATE, -1);
    receive(inform(z(2, 3)));
    durable(z(2, 3));
    assertThat(port.take())
        .containsExactly(
            "append 2.2",
            "committed 2.2",
            "current=2",
            "ACK 2.0",
            "ACK 2.0",
            "serve 2",
            "append 2.3",
            "committed 2.3");
  }

  @Test
  void whatAnOldApacheLeaderProposesToAnObserverIsCommittedWhenItIsInformed() {
    begin(true);
    agree(APACHE);
    receive(QuorumPacketType.DIFF, z(1, 5));
    receive(propose(z(2, 1)), newLeader(2), inform(z(2, 1)));
    assertThat(port.take()).containsExactly("append 2.1", "configuration config", "committed 2.1");
  }

  @Test
  void aFollowerIsNotInformed() {
    serve(APACHE);
    receive(inform(z(2, 1)));
    assertLeft("INFORM");
  }

  // Order of packets

  /** Each phase, and what may come in it. */
  @Test
  void packetsOutOfPlaceEndIt() {
    String anywhere = "PROPOSAL COMMIT COMMITANDACTIVATE PING ";
    expect(Following.Phase.DISCOVERY, "LEADERINFO ");
    expect(Following.Phase.EPOCH_ACKED, "DIFF TRUNC SNAP ");
    expect(Following.Phase.SNAPSHOT, "");
    expect(Following.Phase.SYNCHRONISATION, anywhere + "NEWLEADER ");
    expect(Following.Phase.LOGGING, anywhere);
    expect(Following.Phase.SYNCED, anywhere + "UPTODATE ");
    expect(Following.Phase.BROADCAST, anywhere + "REVALIDATE SYNC ");
  }

  private void expect(Following.Phase phase, String names) {
    for (QuorumPacketType type : QuorumPacketType.values()) {
      begin(withTail(false, z(1, 6)), false);
      reach(phase);
      assertThat(following.phase()).isEqualTo(phase);
      port.take();
      receive(new QuorumPacket(type, z(2, 0), new byte[20]));
      boolean outOfPlace =
          port.take().stream().anyMatch(line -> line.contains("out of place, phase=" + phase));
      assertThat(outOfPlace)
          .as("%s in %s", type, phase)
          .isEqualTo(!(names + " ").contains(type.name() + " "));
    }
    begin(withTail(false, z(1, 6)), false);
    reach(phase);
    receive(new QuorumPacket(99, 0, null, null));
    assertLeft("unknown type 99");
  }

  private void reach(Following.Phase phase) {
    following.connected(now);
    if (phase != Following.Phase.DISCOVERY) {
      receive(leaderInfo(2, APACHE));
    }
    if (phase == Following.Phase.SNAPSHOT) {
      receive(QuorumPacketType.SNAP, z(1, 9));
    } else if (phase.ordinal() > Following.Phase.SNAPSHOT.ordinal()) {
      receive(QuorumPacketType.DIFF, z(1, 6));
    }
    if (phase.ordinal() >= Following.Phase.LOGGING.ordinal()) {
      receive(newLeader(2));
    }
    if (phase.ordinal() >= Following.Phase.SYNCED.ordinal()) {
      durable(z(1, 6));
    }
    if (phase == Following.Phase.BROADCAST) {
      receive(QuorumPacketType.UPTODATE, -1);
    }
  }

  // Time

  @Test
  void aSilentLeaderIsLeftAfterInitLimitAndLaterAfterSyncLimit() {
    assertThat(following.nextWakeMs()).isEqualTo(Long.MAX_VALUE);
    agree(APACHE);
    receive(QuorumPacketType.SNAP, z(1, 6));
    for (int i = 0; i < 5; i++) {
      assertThat(following.nextWakeMs()).isEqualTo(now + INIT);
      now += INIT - 1;
      following.tick(now);
      following.progressed(now);
    }
    assertThat(port.take()).isEmpty();
    following.snapshot("tree", now);
    receive(newLeader(2), packet(QuorumPacketType.UPTODATE, -1));
    long patience = SYNC - TICK / 10;
    now += patience - 1;
    following.tick(now);
    receive(QuorumPacketType.PING, z(2, 0));
    now += patience - 1;
    following.tick(now);
    assertThat(following.isServing()).isTrue();
    now += 1;
    following.tick(now);
    assertLeft("the leader was silent for 490 ms, phase=BROADCAST");
    assertThat(following.nextWakeMs()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void whoHasLeftDoesNothing() {
    serve(APACHE);
    receive(propose(z(2, 1)));
    port.take();
    following.closed("gone", now);
    assertLeft("gone");
    following.closed("gone again", now);
    receive(propose(z(2, 2)), commit(z(2, 1)));
    durable(z(2, 1));
    following.tick(now + INIT);
    following.connected(now);
    following.snapshot("tree", now);
    assertThat(port.take()).isEmpty();
    assertThat(show(Objects.requireNonNull(history.nextToCommit()).zxid())).isEqualTo("2.1");
    assertThat(history.isDurable()).isTrue();
  }
}
