package conclave.replica;

import conclave.consensus.LearnerView;
import java.util.List;

/**
 * How a leader is doing, for those who watch the server. The replica's thread writes; any thread
 * reads, each number by itself.
 */
public final class LeaderFigures {
  private final long sinceMs;
  private volatile boolean established;
  private volatile int learners;
  private volatile int syncedFollowers;
  private volatile int syncedNonVotingFollowers;
  private volatile int syncedObservers;
  private volatile List<Long> observerIds = List.of();
  private volatile int pendingSyncs;
  private volatile int lastProposalBytes = -1;
  private volatile int minProposalBytes = -1;
  private volatile int maxProposalBytes = -1;

  LeaderFigures(long nowMs) {
    this.sinceMs = nowMs;
  }

  /** When it was elected, on the replica's clock. */
  public long sinceMs() {
    return sinceMs;
  }

  /** Whether a quorum follows it, so that it orders changes. */
  public boolean isEstablished() {
    return established;
  }

  /** All that have introduced themselves. */
  public int learners() {
    return learners;
  }

  /** Voters that are up to date. */
  public int syncedFollowers() {
    return syncedFollowers;
  }

  public int syncedNonVotingFollowers() {
    return syncedNonVotingFollowers;
  }

  public int syncedObservers() {
    return syncedObservers;
  }

  /** Of observers that are up to date. */
  public List<Long> observerIds() {
    return observerIds;
  }

  /** Syncs that wait for what is in flight, or for the proof that this server still leads. */
  public int pendingSyncs() {
    return pendingSyncs;
  }

  /** -1 before the first proposal, as are the other sizes. */
  public int lastProposalBytes() {
    return lastProposalBytes;
  }

  public int minProposalBytes() {
    return minProposalBytes;
  }

  public int maxProposalBytes() {
    return maxProposalBytes;
  }

  void established() {
    established = true;
  }

  void learners(List<LearnerView> views) {
    int followers = 0;
    int nonVoting = 0;
    int observers = 0;
    for (LearnerView view : views) {
      if (view.synced()) {
        followers += view.voter() ? 1 : 0;
        nonVoting += !view.voter() && !view.observer() ? 1 : 0;
        observers += view.observer() ? 1 : 0;
      }
    }
    learners = views.size();
    syncedFollowers = followers;
    syncedNonVotingFollowers = nonVoting;
    syncedObservers = observers;
    observerIds =
        views.stream()
            .filter(view -> view.synced() && view.observer())
            .map(LearnerView::sid)
            .toList();
  }

  void pendingSyncs(int count) {
    if (count != pendingSyncs) {
      pendingSyncs = count;
    }
  }

  void proposed(int bytes) {
    lastProposalBytes = bytes;
    if (minProposalBytes < 0 || bytes < minProposalBytes) {
      minProposalBytes = bytes;
    }
    if (bytes > maxProposalBytes) {
      maxProposalBytes = bytes;
    }
  }
}
