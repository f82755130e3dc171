package conclave.consensus;

import conclave.protocol.Notification;
import conclave.protocol.ServerState;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The last that was heard of each voter, and whether enough of them agree. */
final class Ballots {
  private final Map<Long, Ballot> byVoter = new HashMap<>();

  /**
   * What a voter said.
   *
   * @param round its election epoch
   * @param version of the format that it came in; 0 if that doesn't matter
   */
  record Ballot(ServerState state, Vote vote, long round, int version) {

    static Ballot of(Notification said) {
      return new Ballot(
          said.state(),
          new Vote(said.leader(), said.zxid(), said.peerEpoch()),
          said.electionEpoch(),
          said.version());
    }

    Ballot withoutVersion() {
      return new Ballot(state, vote, round, 0);
    }

    /**
     * Whether both are for the same. While one of them is looking, everything must be equal. Two
     * that have settled may have heard of their leader's vote at different times, so its zxid and
     * round say nothing; an epoch has one leader, so leader and epoch say all (ZOOKEEPER-1805). And
     * servers of before 3.4.6 don't keep the epoch up to date, so among those and newer ones the
     * leader alone counts (ZOOKEEPER-1732).
     */
    boolean agreesWith(Ballot other) {
      if (state == ServerState.LOOKING || other.state == ServerState.LOOKING) {
        return vote.equals(other.vote) && round == other.round;
      }
      return vote.leader() == other.vote.leader()
          && (vote.peerEpoch() == other.vote.peerEpoch() || (version > 0) != (other.version > 0));
    }
  }

  void put(long voter, Ballot ballot) {
    byVoter.put(voter, ballot);
  }

  @Nullable Ballot of(long voter) {
    return byVoter.get(voter);
  }

  void clear() {
    byVoter.clear();
  }

  boolean agrees(long voter, Ballot ballot) {
    Ballot said = byVoter.get(voter);
    return said != null && ballot.agreesWith(said);
  }

  boolean isQuorumFor(Ballot ballot, Quorum quorum) {
    return quorum.isQuorum(voter -> agrees(voter, ballot));
  }
}
