package conclave.server.loop;

import conclave.protocol.QuorumPacket;
import conclave.protocol.QuorumPacketType;
import conclave.replica.RoleView;
import conclave.replica.Serving;
import conclave.server.admin.Counter;
import conclave.server.admin.Recorder;
import conclave.server.admin.Summary;

/** What a member of an ensemble counts and measures as such. Replica only. */
final class EnsembleFigures {
  private final Recorder recorder;
  private final Clock clock;
  private RoleView.Part part = RoleView.Part.STANDALONE;
  private long lookingSinceMs;
  private long electedMs;

  /** An election that comes to nothing doesn't make it new. */
  private long unavailableSinceMs;

  private boolean available;

  EnsembleFigures(Recorder recorder, Clock clock) {
    this.recorder = recorder;
    this.clock = clock;
  }

  /** The member looks for its first leader; nothing tells of that. */
  void began() {
    part = RoleView.Part.LOOKING;
    available = true;
    looking();
  }

  void changed(RoleView now) {
    RoleView.Part before = part;
    part = now.role();
    if (part == RoleView.Part.STANDALONE) {
      return;
    }
    if (part == RoleView.Part.LOOKING) {
      if (before != RoleView.Part.LOOKING) {
        looking();
      }
      return;
    }
    if (before == RoleView.Part.LOOKING) {
      electedMs = clock.monotonicMs();
      recorder.record(Summary.ELECTION_TIME, electedMs - lookingSinceMs);
    }
    if (!available && now.serving() != Serving.NOBODY) {
      available();
    }
  }

  private void looking() {
    recorder.count(Counter.LOOKING_COUNT);
    lookingSinceMs = clock.monotonicMs();
    if (available) {
      available = false;
      unavailableSinceMs = lookingSinceMs;
    }
  }

  private void available() {
    available = true;
    long nowMs = clock.monotonicMs();
    recorder.record(Summary.UNAVAILABLE_TIME, nowMs - unavailableSinceMs);
    if (part == RoleView.Part.LEADING) {
      recorder.record(Summary.LEADER_UNAVAILABLE_TIME, nowMs - unavailableSinceMs);
    } else {
      Summary syncTime =
          part == RoleView.Part.OBSERVING ? Summary.OBSERVER_SYNC_TIME : Summary.FOLLOWER_SYNC_TIME;
      recorder.record(syncTime, nowMs - electedMs);
    }
  }

  /** A transaction of the ensemble goes to the log. */
  void logged() {
    if (part == RoleView.Part.LEADING) {
      recorder.count(Counter.PROPOSAL_COUNT);
    } else if (part == RoleView.Part.FOLLOWING) {
      recorder.count(Counter.LEARNER_PROPOSAL_RECEIVED_COUNT);
    }
  }

  /** A transaction was applied. */
  void applied() {
    if (part == RoleView.Part.LEADING) {
      recorder.count(Counter.COMMIT_COUNT);
    } else if (part != RoleView.Part.STANDALONE) {
      recorder.count(Counter.LEARNER_COMMIT_RECEIVED_COUNT);
    }
  }

  /** A learner is being sent what it lacks. */
  void sent(QuorumPacket packet) {
    if (packet.is(QuorumPacketType.DIFF) || packet.is(QuorumPacketType.TRUNC)) {
      recorder.count(Counter.DIFF_COUNT);
    }
  }

  /** A learner is being sent everything. */
  void sentSnapshot() {
    recorder.count(Counter.SNAP_COUNT);
  }
}
