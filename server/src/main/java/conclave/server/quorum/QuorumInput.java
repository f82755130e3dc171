package conclave.server.quorum;

import conclave.protocol.Notification;
import conclave.protocol.QuorumPacket;
import conclave.replica.Replica;
import conclave.server.loop.Input;
import conclave.state.StateMachine;
import java.util.List;

/** Something for the replica on its way from the network's thread to the replica's. */
public sealed interface QuorumInput extends Input {

  record Notified(long sid, Notification notification, Credit credit) implements QuorumInput {
    @Override
    public void into(Replica replica) {
      credit.giveBack(1);
      replica.notified(sid, notification);
    }
  }

  record PeerLinkUp(long sid) implements QuorumInput {
    @Override
    public void into(Replica replica) {
      replica.peerLinkUp(sid);
    }
  }

  record PeerLinkDown(long sid) implements QuorumInput {
    @Override
    public void into(Replica replica) {
      replica.peerLinkDown(sid);
    }
  }

  record LearnerConnected(long link) implements QuorumInput {
    @Override
    public void into(Replica replica) {
      replica.learnerConnected(link);
    }
  }

  /** What one reading of the socket brought. */
  record LearnerPackets(long link, List<QuorumPacket> packets, long bytes, Credit credit)
      implements QuorumInput {
    @Override
    public void into(Replica replica) {
      credit.giveBack(bytes);
      for (QuorumPacket packet : packets) {
        replica.learnerPacket(link, packet);
      }
    }
  }

  record LearnerProgress(long link) implements QuorumInput {
    @Override
    public void into(Replica replica) {
      replica.learnerProgress(link);
    }
  }

  record LearnerClosed(long link) implements QuorumInput {
    @Override
    public void into(Replica replica) {
      replica.learnerClosed(link);
    }
  }

  record LeaderConnected(long link) implements QuorumInput {
    @Override
    public void into(Replica replica) {
      replica.leaderConnected(link);
    }
  }

  /** What one reading of the socket brought. */
  record LeaderPackets(long link, List<QuorumPacket> packets, long bytes, Credit credit)
      implements QuorumInput {
    @Override
    public void into(Replica replica) {
      credit.giveBack(bytes);
      for (QuorumPacket packet : packets) {
        replica.leaderPacket(link, packet);
      }
    }
  }

  record LeaderProgress(long link) implements QuorumInput {
    @Override
    public void into(Replica replica) {
      replica.leaderProgress(link);
    }
  }

  record LeaderSnapshot(long link, StateMachine state) implements QuorumInput {
    @Override
    public void into(Replica replica) {
      replica.leaderSnapshot(link, state);
    }
  }

  record LeaderClosed(long link, String why) implements QuorumInput {
    @Override
    public void into(Replica replica) {
      replica.leaderClosed(link, why);
    }
  }
}
