package conclave.server.quorum;

import conclave.protocol.Notification;
import conclave.protocol.QuorumPacket;
import conclave.state.StateMachine;
import java.util.List;

/** Something for the replica on its way from the network's thread to the replica's. */
public sealed interface QuorumInput {

  /** Tells the replica; on its own thread, once. */
  void giveTo(QuorumReceiver replica);

  record Notified(long sid, Notification notification, Credit credit) implements QuorumInput {
    @Override
    public void giveTo(QuorumReceiver replica) {
      credit.giveBack(1);
      replica.notified(sid, notification);
    }
  }

  record PeerLinkUp(long sid) implements QuorumInput {
    @Override
    public void giveTo(QuorumReceiver replica) {
      replica.peerLinkUp(sid);
    }
  }

  record PeerLinkDown(long sid) implements QuorumInput {
    @Override
    public void giveTo(QuorumReceiver replica) {
      replica.peerLinkDown(sid);
    }
  }

  record LearnerConnected(long link) implements QuorumInput {
    @Override
    public void giveTo(QuorumReceiver replica) {
      replica.learnerConnected(link);
    }
  }

  /** What one reading of the socket brought. */
  record LearnerPackets(long link, List<QuorumPacket> packets, long bytes, Credit credit)
      implements QuorumInput {
    @Override
    public void giveTo(QuorumReceiver replica) {
      credit.giveBack(bytes);
      for (QuorumPacket packet : packets) {
        replica.learnerPacket(link, packet);
      }
    }
  }

  record LearnerProgress(long link) implements QuorumInput {
    @Override
    public void giveTo(QuorumReceiver replica) {
      replica.learnerProgress(link);
    }
  }

  record LearnerClosed(long link) implements QuorumInput {
    @Override
    public void giveTo(QuorumReceiver replica) {
      replica.learnerClosed(link);
    }
  }

  record LeaderConnected(long link) implements QuorumInput {
    @Override
    public void giveTo(QuorumReceiver replica) {
      replica.leaderConnected(link);
    }
  }

  /** What one reading of the socket brought. */
  record LeaderPackets(long link, List<QuorumPacket> packets, long bytes, Credit credit)
      implements QuorumInput {
    @Override
    public void giveTo(QuorumReceiver replica) {
      credit.giveBack(bytes);
      for (QuorumPacket packet : packets) {
        replica.leaderPacket(link, packet);
      }
    }
  }

  record LeaderProgress(long link) implements QuorumInput {
    @Override
    public void giveTo(QuorumReceiver replica) {
      replica.leaderProgress(link);
    }
  }

  record LeaderSnapshot(long link, StateMachine state) implements QuorumInput {
    @Override
    public void giveTo(QuorumReceiver replica) {
      replica.leaderSnapshot(link, state);
    }
  }

  record LeaderClosed(long link, String why) implements QuorumInput {
    @Override
    public void giveTo(QuorumReceiver replica) {
      replica.leaderClosed(link, why);
    }
  }
}
