package conclave.consensus;

import static conclave.protocol.ServerState.FOLLOWING;
import static conclave.protocol.ServerState.LEADING;
import static conclave.protocol.ServerState.LOOKING;
import static conclave.protocol.ServerState.OBSERVING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import conclave.protocol.Notification;
import conclave.protocol.ServerState;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** One rule a test, seen from one server. */
class ElectionTest {
  private static final String THREE =
      "server.1=a:1:2\nserver.2=a:1:2\nserver.3=a:1:2\nserver.9=a:1:2:observer\n";
  private static final String FIVE = THREE + "server.4=a:1:2\nserver.5=a:1:2\n";
  private static final long FOREVER = Long.MAX_VALUE;

  /** What the election did, as text: "to 2: LOOKING 1@5 round 1 epoch 0", "decided LEADING 1". */
  private final List<String> did = new ArrayList<>();

  private final ElectionPort port =
      new ElectionPort() {
        @Override
        public void send(long server, Notification n) {
          assertThat(n.version()).isEqualTo(2);
          assertThat(n.config()).startsWith("server.");
          did.add(
              String.format(
                  "to %d: %s %d@%d round %d epoch %d",
                  server, n.state(), n.leader(), n.zxid(), n.electionEpoch(), n.peerEpoch()));
        }

        @Override
        public void decided(ServerState state, long leader, Vote vote) {
          assertThat(vote.leader()).isEqualTo(leader);
          did.add("decided " + state + " " + leader);
        }
      };

  private Election election(long self, String config) {
    return new Election(self, Membership.parse(config), ElectionSettings.DEFAULT, port);
  }

  /** Looking since time 0, with zxid 5 in epoch 1; nothing done that isn't forgotten. */
  private Election looking(long self, String config) {
    Election election = election(self, config);
    election.lookForLeader(5, 1, 0);
    did.clear();
    return election;
  }

  private static Notification said(
      ServerState state, long leader, long zxid, long round, long peerEpoch) {
    return new Notification(state, leader, zxid, round, peerEpoch, 2, "version=0");
  }

  private List<String> did() {
    List<String> all = List.copyOf(did);
    did.clear();
    return all;
  }

  @Test
  void proposesItselfToAllVoters() {
    Election election = election(2, THREE);
    assertThat(election.nextWakeMs()).isEqualTo(FOREVER);
    election.lookForLeader(5, 1, 1000);
    assertThat(did())
        .containsExactly("to 1: LOOKING 2@5 round 1 epoch 1", "to 3: LOOKING 2@5 round 1 epoch 1");
    assertThat(election.state()).isEqualTo(LOOKING);
    assertThat(election.nextWakeMs()).isEqualTo(1200);
  }

  @Test
  void theEpochGoesBeforeTheZxidAndThatBeforeTheNumber() {
    Vote vote = new Vote(2, 5, 1);
    assertThat(new Vote(1, 4, 2).beats(vote)).isTrue();
    assertThat(new Vote(1, 6, 1).beats(vote)).isTrue();
    assertThat(new Vote(3, 5, 1).beats(vote)).isTrue();
    assertThat(new Vote(3, 6, 0).beats(vote)).isFalse();
    assertThat(new Vote(3, 4, 1).beats(vote)).isFalse();
    assertThat(new Vote(1, 5, 1).beats(vote)).isFalse();
    assertThat(vote.beats(vote)).isFalse();
  }

  @Test
  void takesABetterVoteAndTellsAll() {
    Election election = looking(1, FIVE);
    election.received(2, said(LOOKING, 4, 6, 1, 1), 10);
    assertThat(did())
        .containsExactly(
            "to 2: LOOKING 4@6 round 1 epoch 1",
            "to 3: LOOKING 4@6 round 1 epoch 1",
            "to 4: LOOKING 4@6 round 1 epoch 1",
            "to 5: LOOKING 4@6 round 1 epoch 1");
  }

  @Test
  void aWorseVoteIsAnsweredWithOurs() {
    Election election = looking(2, THREE);
    election.received(1, said(LOOKING, 1, 5, 1, 1), 10);
    assertThat(did()).containsExactly("to 1: LOOKING 2@5 round 1 epoch 1");
    election.received(1, said(LOOKING, 2, 5, 1, 1), 10);
    assertThat(did()).isEmpty();
  }

  @Test
  void aQuorumWaitsForABetterVoteAndThenSettles() {
    Election election = looking(2, THREE);
    election.received(1, said(LOOKING, 2, 5, 1, 1), 10);
    assertThat(did()).isEmpty();
    assertThat(election.nextWakeMs()).isEqualTo(200);
    election.tick(200);
    assertThat(did()).hasSize(2).allMatch(what -> what.contains("LOOKING"));
    assertThat(election.nextWakeMs()).isEqualTo(210);
    election.tick(209);
    assertThat(did()).isEmpty();
    election.tick(210);
    assertThat(did()).containsExactly("decided LEADING 2");
    assertThat(election.state()).isEqualTo(LEADING);
    assertThat(election.nextWakeMs()).isEqualTo(FOREVER);
  }

  @Test
  void aBetterVoteWithinTheWaitIsTaken() {
    Election election = looking(2, FIVE);
    election.received(1, said(LOOKING, 2, 5, 1, 1), 10);
    election.received(4, said(LOOKING, 2, 5, 1, 1), 10);
    assertThat(did()).isEmpty();
    election.received(3, said(LOOKING, 3, 5, 1, 1), 100);
    assertThat(did()).contains("to 3: LOOKING 3@5 round 1 epoch 1");
    election.received(1, said(LOOKING, 3, 5, 1, 1), 110);
    election.tick(211);
    assertThat(election.state()).isEqualTo(LOOKING);
    election.tick(310);
    assertThat(did()).last().isEqualTo("decided FOLLOWING 3");
  }

  @Test
  void aVoterThatChangesItsMindWithinTheWaitIsNotCounted() {
    Election election = looking(2, THREE);
    election.received(1, said(LOOKING, 2, 5, 1, 1), 10);
    // It was restarted, and has lost its vote with its memory.
    election.received(1, said(LOOKING, 1, 5, 1, 1), 20);
    election.tick(210);
    assertThat(election.state()).isEqualTo(LOOKING);
    election.received(1, said(LOOKING, 2, 5, 1, 1), 220);
    // Now it has settled on somebody else.
    election.received(1, said(FOLLOWING, 3, 5, 1, 1), 230);
    election.tick(430);
    assertThat(election.state()).isEqualTo(LOOKING);
  }

  @Test
  void nobodyIsWaitedForWhenAllHaveVotedTheSame() {
    Election election = looking(3, THREE);
    election.received(1, said(LOOKING, 3, 5, 1, 1), 10);
    election.received(2, said(LOOKING, 3, 5, 1, 1), 11);
    assertThat(did()).containsExactly("decided LEADING 3");
  }

  @Test
  void nobodyIsWaitedForWhoseLinkIsLost() {
    Election election = looking(2, THREE);
    election.linkUp(1, 0);
    election.linkUp(3, 0);
    election.linkDown(3, 5);
    did.clear();
    election.received(1, said(LOOKING, 2, 5, 1, 1), 10);
    assertThat(did()).containsExactly("decided LEADING 2");
  }

  @Test
  void theLossOfALinkEndsTheWaitForIt() {
    Election election = looking(2, THREE);
    election.received(1, said(LOOKING, 2, 5, 1, 1), 10);
    election.linkUp(3, 20);
    did.clear();
    election.linkDown(3, 30);
    assertThat(did()).containsExactly("decided LEADING 2");
  }

  @Test
  void whoIsReachableOrNotKnownYetIsWaitedFor() {
    for (boolean up : new boolean[] {true, false}) {
      Election election = looking(2, THREE);
      if (up) {
        election.linkDown(3, 5);
        election.linkUp(3, 6);
      }
      did.clear();
      election.received(1, said(LOOKING, 2, 5, 1, 1), 10);
      assertThat(did()).isEmpty();
      election.tick(210);
      assertThat(did()).last().isEqualTo("decided LEADING 2");
    }
  }

  @Test
  void whoElectsOneThatIsLostWaits() {
    Election election = looking(2, THREE);
    election.received(3, said(LOOKING, 3, 5, 1, 1), 10);
    election.received(1, said(LOOKING, 1, 5, 1, 1), 10);
    election.linkDown(3, 20);
    election.received(1, said(LOOKING, 3, 5, 1, 1), 30);
    assertThat(election.state()).isEqualTo(LOOKING);
  }

  @Test
  void aLaterRoundIsEnteredAndVotesBeginAnew() {
    Election election = looking(2, FIVE);
    election.received(1, said(LOOKING, 2, 5, 1, 1), 10);
    election.received(4, said(LOOKING, 1, 4, 7, 1), 10);
    assertThat(election.round()).isEqualTo(7);
    assertThat(did()).hasSize(4).allMatch(what -> what.endsWith("LOOKING 2@5 round 7 epoch 1"));
    // The vote of server 1 was for the other round: two of five are no quorum.
    election.received(4, said(LOOKING, 2, 5, 7, 1), 20);
    assertThat(election.nextWakeMs()).isEqualTo(200);
    election.received(1, said(LOOKING, 2, 5, 7, 1), 30);
    election.tick(230);
    assertThat(did()).last().isEqualTo("decided LEADING 2");
  }

  @Test
  void aLaterRoundsBetterVoteIsTaken() {
    Election election = looking(2, FIVE);
    // Forgotten with the round in which it was made.
    election.received(1, said(LOOKING, 5, 50, 1, 1), 10);
    did.clear();
    election.received(4, said(LOOKING, 4, 6, 7, 1), 10);
    assertThat(did()).hasSize(4).allMatch(what -> what.endsWith("LOOKING 4@6 round 7 epoch 1"));
  }

  @Test
  void anEarlierRoundIsAnsweredAndNotCounted() {
    Election election = looking(2, THREE);
    election.lookForLeader(5, 1, 0);
    did.clear();
    election.received(1, said(LOOKING, 3, 6, 1, 1), 10);
    assertThat(did()).containsExactly("to 1: LOOKING 2@5 round 2 epoch 1");
    assertThat(election.nextWakeMs()).isEqualTo(200);
  }

  @Test
  void aServerWithoutDatabaseNeitherLeadsNorHelps() {
    Election election = looking(2, THREE);
    election.received(1, said(LOOKING, 1, -1, 1, 1), 10);
    election.received(3, said(LOOKING, 3, -1, 1, 2), 10);
    assertThat(did()).isEmpty();
    Election empty = election(2, THREE);
    empty.lookForLeader(-1, 0, 0);
    did.clear();
    empty.received(1, said(LOOKING, 1, 5, 7, 1), 10);
    empty.received(3, said(LOOKING, 1, 5, 7, 1), 10);
    assertThat(did()).isEmpty();
    assertThat(empty.round()).isEqualTo(1);
    // But it joins an ensemble that runs.
    empty.received(1, said(LEADING, 1, 5, 7, 1), 10);
    empty.received(3, said(FOLLOWING, 1, 5, 7, 1), 10);
    assertThat(did()).containsExactly("decided FOLLOWING 1");
    Election alone = election(1, "server.1=a:1:2");
    alone.lookForLeader(-1, 0, 0);
    assertThat(alone.state()).isEqualTo(LOOKING);
  }

  @Test
  void aVoterAloneLeadsAtOnce() {
    Election election = election(1, "server.1=a:1:2\nserver.2=a:1:2:observer");
    election.lookForLeader(0, 0, 0);
    assertThat(did()).containsExactly("decided LEADING 1");
  }

  @Test
  void strangersAndObserversHaveNoVote() {
    Election election = looking(2, THREE);
    election.received(9, said(LOOKING, 2, 5, 1, 1), 10);
    election.received(77, said(LOOKING, 2, 5, 1, 1), 10);
    // They are told what is proposed, though.
    assertThat(did())
        .containsExactly("to 9: LOOKING 2@5 round 1 epoch 1", "to 77: LOOKING 2@5 round 1 epoch 1");
    election.received(77, said(LEADING, 77, 50, 1, 7), 10);
    election.received(9, said(FOLLOWING, 77, 50, 1, 7), 10);
    election.received(77, said(LOOKING, 77, 50, 9, 7), 10);
    assertThat(election.round()).isEqualTo(1);
    assertThat(election.vote()).isEqualTo(new Vote(2, 5, 1));
    election.tick(10_000);
    assertThat(election.state()).isEqualTo(LOOKING);
  }

  @Test
  void nobodyIsElectedWhoIsNotAVoter() {
    Election election = looking(2, THREE);
    election.received(1, said(LOOKING, 9, 50, 1, 7), 10);
    election.received(3, said(LOOKING, 9, 50, 8, 7), 10);
    election.received(3, said(FOLLOWING, 77, 50, 8, 7), 10);
    assertThat(did()).isEmpty();
    assertThat(election.round()).isEqualTo(1);
    assertThat(election.vote()).isEqualTo(new Vote(2, 5, 1));
  }

  @Test
  void oneWithoutWeightDoesNotWin() {
    Election election = looking(2, THREE + "group.1=1:2:3\nweight.3=0\n");
    election.received(3, said(LOOKING, 3, 50, 1, 1), 10);
    assertThat(election.vote()).isEqualTo(new Vote(2, 5, 1));
    election.received(3, said(LOOKING, 3, 50, 5, 1), 10);
    assertThat(election.vote()).isEqualTo(new Vote(2, 5, 1));
    assertThat(election.round()).isEqualTo(5);
    election.received(1, said(LOOKING, 2, 5, 5, 1), 10);
    election.tick(210);
    assertThat(did()).last().isEqualTo("decided LEADING 2");
  }

  @Test
  void joinsARunningEnsembleOfAnotherRound() {
    Election election = looking(1, THREE);
    election.received(2, said(FOLLOWING, 3, 2, 40, 7), 10);
    assertThat(did()).isEmpty();
    election.received(3, said(LEADING, 3, 1, 41, 7), 10);
    assertThat(did()).containsExactly("decided FOLLOWING 3");
    assertThat(election.round()).isEqualTo(41);
    assertThat(election.vote()).isEqualTo(new Vote(3, 1, 7));
  }

  @Test
  void doesNotFollowALeaderThatDoesNotSayThatItLeads() {
    Election election = looking(1, FIVE);
    election.received(2, said(FOLLOWING, 3, 2, 40, 7), 10);
    election.received(4, said(FOLLOWING, 3, 2, 40, 7), 10);
    election.received(5, said(FOLLOWING, 3, 2, 40, 7), 10);
    election.received(3, said(LOOKING, 3, 2, 1, 7), 10);
    assertThat(election.state()).isEqualTo(LOOKING);
    election.received(3, said(LEADING, 3, 2, 40, 7), 10);
    assertThat(election.state()).isEqualTo(FOLLOWING);
  }

  @Test
  void doesNotJoinServersOfDifferentEpochs() {
    Election election = looking(1, THREE);
    election.received(2, said(FOLLOWING, 3, 2, 40, 6), 10);
    election.received(3, said(LEADING, 3, 2, 40, 7), 10);
    assertThat(did()).isEmpty();
    // The follower has caught up meanwhile.
    election.received(2, said(FOLLOWING, 3, 2, 40, 7), 20);
    assertThat(did()).containsExactly("decided FOLLOWING 3");
  }

  @Test
  void doesNotAskForTheEpochOfServersThatDoNotKeepIt() {
    Election election = looking(1, THREE);
    election.received(2, new Notification(FOLLOWING, 3, 2, 40, 6, 0, null), 10);
    election.received(3, said(LEADING, 3, 2, 41, 7), 10);
    assertThat(did()).containsExactly("decided FOLLOWING 3");
  }

  @Test
  void joinsTheRestOfItsOwnRound() {
    Election election = looking(1, THREE);
    election.received(3, said(LOOKING, 3, 6, 1, 1), 10);
    did.clear();
    // Settled already, and in a later epoch than that in which it was elected; in the round that
    // doesn't matter.
    election.received(3, said(LEADING, 3, 6, 1, 2), 20);
    assertThat(did()).isEmpty();
    election.received(2, said(FOLLOWING, 3, 6, 1, 1), 30);
    assertThat(did()).containsExactly("decided FOLLOWING 3");
  }

  @Test
  void ownVoteAndTheLeadersAreEnough() {
    Election election = looking(1, THREE);
    election.received(3, said(LOOKING, 3, 6, 1, 1), 10);
    did.clear();
    election.received(3, said(LEADING, 3, 6, 1, 1), 20);
    assertThat(did()).containsExactly("decided FOLLOWING 3");
  }

  @Test
  void leadsWhenTheOthersSayThatItDoes() {
    Election election = looking(3, THREE);
    election.received(1, said(FOLLOWING, 3, 5, 1, 1), 10);
    election.received(2, said(FOLLOWING, 3, 5, 1, 1), 10);
    assertThat(did()).containsExactly("decided LEADING 3");
    // But not because of a round before it was restarted.
    Election restarted = looking(3, THREE);
    restarted.received(1, said(FOLLOWING, 3, 5, 4, 1), 10);
    restarted.received(2, said(FOLLOWING, 3, 5, 4, 1), 10);
    assertThat(restarted.state()).isEqualTo(LOOKING);
  }

  @Test
  void anObserverTakesTheFirstVoteAndObserves() {
    Election election = election(9, THREE);
    election.lookForLeader(5, 1, 0);
    String none = "LOOKING " + Long.MIN_VALUE + "@" + Long.MIN_VALUE;
    assertThat(did()).hasSize(3).allMatch(what -> what.contains(none));
    election.received(1, said(LOOKING, 3, 5, 1, 1), 10);
    election.received(2, said(LOOKING, 3, 5, 1, 1), 10);
    election.tick(210);
    assertThat(did()).last().isEqualTo("decided OBSERVING 3");
    election.lookForLeader(5, 1, 300);
    election.received(3, said(LEADING, 3, 2, 40, 7), 310);
    election.received(2, said(FOLLOWING, 3, 2, 40, 7), 310);
    assertThat(did()).last().isEqualTo("decided OBSERVING 3");
  }

  /** One that is to become a member asks the members so. */
  @Test
  void aServerThatIsNotConfiguredFollowsWithoutAVote() {
    Election election = election(77, THREE);
    election.lookForLeader(5, 1, 0);
    assertThat(did()).hasSize(3).allMatch(what -> what.contains(Long.MIN_VALUE + "@5"));
    election.received(1, said(LEADING, 1, 2, 40, 7), 310);
    election.received(2, said(FOLLOWING, 1, 2, 40, 7), 310);
    assertThat(did()).last().isEqualTo("decided FOLLOWING 1");
  }

  @Test
  void observersAreNotListenedTo() {
    Election election = looking(2, THREE);
    election.received(1, said(OBSERVING, 3, 5, 9, 1), 10);
    election.received(3, said(OBSERVING, 3, 5, 9, 1), 10);
    assertThat(did()).isEmpty();
    assertThat(election.round()).isEqualTo(1);
  }

  @Test
  void votesAreSentAgainAtGrowingIntervals() {
    Election election = looking(2, THREE);
    long nowMs = 0;
    for (int intervalMs = 200; intervalMs < 60_000; intervalMs *= 2) {
      nowMs += intervalMs;
      assertThat(election.nextWakeMs()).isEqualTo(nowMs);
      election.tick(nowMs - 1);
      assertThat(did()).isEmpty();
      election.tick(nowMs);
      assertThat(did()).hasSize(2);
    }
    for (int i = 0; i < 3; i++) {
      nowMs += 60_000;
      assertThat(election.nextWakeMs()).isEqualTo(nowMs);
      election.tick(nowMs);
    }
    // A server that has settled was heard: it is asked again soon.
    election.received(1, said(FOLLOWING, 3, 5, 7, 1), nowMs + 5);
    assertThat(election.nextWakeMs()).isEqualTo(nowMs + 1005);
    election.linkUp(1, nowMs + 10);
    assertThat(election.nextWakeMs()).isEqualTo(nowMs + 210);
    // What is received doesn't put it off.
    election.received(1, said(LOOKING, 2, 5, 1, 1), nowMs + 200);
    assertThat(election.nextWakeMs()).isEqualTo(nowMs + 210);
  }

  @Test
  void whoseLinkComesUpIsTold() {
    Election election = looking(2, THREE);
    election.linkUp(3, 10);
    assertThat(did()).containsExactly("to 3: LOOKING 2@5 round 1 epoch 1");
    election.linkUp(9, 10);
    assertThat(did()).isEmpty();
    election.received(1, said(LOOKING, 2, 5, 1, 1), 20);
    election.tick(220);
    did.clear();
    election.linkUp(1, 300);
    assertThat(did()).isEmpty();
  }

  @Test
  void whoHasSettledAnswersWhoIsLooking() {
    Election election = looking(2, THREE);
    election.received(1, said(LOOKING, 2, 5, 1, 1), 10);
    election.tick(210);
    did.clear();
    election.received(3, said(LOOKING, 3, 50, 70, 9), 300);
    election.received(9, said(LOOKING, 0, 0, 70, 9), 300);
    election.received(77, said(LOOKING, 0, 0, 70, 9), 300);
    assertThat(did())
        .containsExactly(
            "to 3: LEADING 2@5 round 1 epoch 1",
            "to 9: LEADING 2@5 round 1 epoch 1",
            "to 77: LEADING 2@5 round 1 epoch 1");
    election.received(3, said(FOLLOWING, 2, 5, 1, 1), 300);
    election.received(3, said(LEADING, 3, 50, 70, 9), 300);
    election.received(9, said(OBSERVING, 3, 50, 70, 9), 300);
    assertThat(did()).isEmpty();
    assertThat(election.round()).isEqualTo(1);
    election.established(8);
    election.received(3, said(LOOKING, 3, 50, 70, 9), 300);
    assertThat(did()).containsExactly("to 3: LEADING 2@5 round 1 epoch 8");
    // The next round is the one after this, whatever others said meanwhile.
    election.lookForLeader(6, 8, 400);
    assertThat(did()).contains("to 3: LOOKING 2@6 round 2 epoch 8");
  }

  @Test
  void nothingIsEstablishedWhileLooking() {
    Election election = looking(2, THREE);
    assertThatThrownBy(() -> election.established(8))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("epoch=8");
  }

  @Test
  void nothingHappensBeforeItBegins() {
    Election election = election(2, THREE);
    election.linkUp(1, 0);
    election.received(1, said(LOOKING, 3, 50, 70, 9), 0);
    election.tick(1000);
    assertThat(did()).isEmpty();
  }

  @Test
  void aNewConfigurationCountsFromTheNextRoundOn() {
    Election election = looking(2, THREE);
    election.membership(Membership.parse(FIVE + "version=a"));
    election.lookForLeader(5, 1, 10);
    assertThat(did()).hasSize(4);
    election.received(1, said(LOOKING, 2, 5, 2, 1), 20);
    assertThat(election.nextWakeMs()).isEqualTo(210);
    election.received(5, said(LOOKING, 2, 5, 2, 1), 20);
    election.tick(220);
    assertThat(election.state()).isEqualTo(LEADING);
  }

  @Test
  void itsOwnMessagesMeanNothing() {
    Election election = looking(2, THREE);
    election.received(2, said(LOOKING, 3, 50, 9, 9), 10);
    assertThat(election.round()).isEqualTo(1);
    assertThat(did()).isEmpty();
  }

  @Test
  void theSameIsNotAnsweredAgainAtOnce() {
    Election election = looking(2, FIVE);
    Notification asked = said(LOOKING, 1, 5, 1, 1);
    election.received(1, asked, 10);
    election.received(1, asked, 109);
    assertThat(did()).hasSize(1);
    election.received(1, asked, 110);
    assertThat(did()).hasSize(1);
    election.received(1, said(LOOKING, 1, 4, 1, 1), 111);
    assertThat(did()).hasSize(1);
    // A new connection is a new server, which knows nothing.
    election.linkDown(1, 112);
    election.received(1, said(LOOKING, 1, 4, 1, 1), 113);
    assertThat(did()).hasSize(1);
    election.received(3, said(LOOKING, 3, 5, 1, 1), 114);
    did.clear();
    election.received(1, said(LOOKING, 1, 4, 1, 1), 115);
    assertThat(did()).containsExactly("to 1: LOOKING 3@5 round 1 epoch 1");
  }

  /** One of the two has a configuration in which the other has no vote (or no place). */
  @Test
  void serversThatDoNotAgreeWhoVotesDoNotAnswerEachOtherForEver() {
    String without1 = "server.2=a:1:2\nserver.3=a:1:2\nserver.1=a:1:2:observer";
    for (long round1 : new long[] {1, 3}) {
      for (long zxid1 : new long[] {4, 6}) {
        List<Notification> to1 = new ArrayList<>();
        List<Notification> to2 = new ArrayList<>();
        Election one =
            new Election(1, Membership.parse(THREE), ElectionSettings.DEFAULT, to(2, to2));
        Election two =
            new Election(2, Membership.parse(without1), ElectionSettings.DEFAULT, to(1, to1));
        for (int i = 0; i < round1; i++) {
          one.lookForLeader(zxid1, 1, 0);
        }
        two.lookForLeader(5, 1, 0);
        two.lookForLeader(5, 1, 0);
        int messages = 0;
        while (!to1.isEmpty() || !to2.isEmpty()) {
          if (!to1.isEmpty()) {
            one.received(2, to1.remove(0), 10);
          }
          if (!to2.isEmpty()) {
            two.received(1, to2.remove(0), 10);
          }
          assertThat(++messages).isLessThan(20);
        }
      }
    }
  }

  private static ElectionPort to(long server, List<Notification> sent) {
    return new ElectionPort() {
      @Override
      public void send(long to, Notification notification) {
        if (to == server) {
          sent.add(notification);
        }
      }

      @Override
      public void decided(ServerState state, long leader, Vote vote) {}
    };
  }
}
