package conclave.server.quorum;

import static conclave.server.quorum.Members.vote;
import static org.assertj.core.api.Assertions.assertThat;

import conclave.protocol.QuorumPacket;
import conclave.protocol.QuorumPacketType;
import conclave.server.config.ServerConfig.QuorumSecurity;
import conclave.server.quorum.QuorumInput.LeaderConnected;
import conclave.server.quorum.QuorumInput.LeaderPackets;
import conclave.server.quorum.QuorumInput.LearnerConnected;
import conclave.server.quorum.QuorumInput.LearnerPackets;
import conclave.server.quorum.QuorumInput.Notified;
import conclave.server.quorum.QuorumInput.PeerLinkUp;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Members 1 and 2, each with its own idea of security. */
final class TwoMembers implements AutoCloseable {
  static final QuorumPacket INFO =
      new QuorumPacket(QuorumPacketType.FOLLOWERINFO, 0, new byte[] {0, 0, 0, 0, 0, 0, 0, 2});

  final RecordingInbox first = new RecordingInbox();
  final RecordingInbox second = new RecordingInbox();
  private final List<QuorumNetwork> open = new ArrayList<>();
  private final List<Integer> ports = new ArrayList<>();

  QuorumNetwork start(long sid, QuorumSecurity security) throws Exception {
    QuorumNetwork network = members(security).start(sid, sid == 1 ? first : second);
    open.add(network);
    return network;
  }

  private Members members(QuorumSecurity security) throws IOException {
    while (ports.size() < 4) {
      ports.add(Members.freePort());
    }
    return new Members()
        .with(1, ports.get(0), ports.get(1))
        .with(2, ports.get(2), ports.get(3))
        .security(security);
  }

  /** Starts both, and has them exchange votes, and packets of the second as a learner. */
  void meet(QuorumSecurity ofOne, QuorumSecurity ofTwo) throws Exception {
    QuorumNetwork one = start(1, ofOne);
    QuorumNetwork two = start(2, ofTwo);
    second.await(PeerLinkUp.class);
    // What was said last may be said again: when it knocks, a peer may have lost its connection.
    two.sendNotification(1, vote(2, 1));
    first.await(PeerLinkUp.class);
    assertThat(first.await(Notified.class).notification()).isEqualTo(vote(2, 1));
    one.sendNotification(2, vote(1, 1));
    assertThat(second.await(Notified.class).notification()).isEqualTo(vote(1, 1));
    two.connect(-1, 1);
    second.await(LeaderConnected.class);
    two.send(-1, INFO);
    two.flushLinks();
    long link = first.await(LearnerConnected.class).link();
    first.await(LearnerPackets.class);
    QuorumPacket proposal = new QuorumPacket(QuorumPacketType.PROPOSAL, 1, new byte[300_000]);
    one.send(link, proposal);
    one.flushLinks();
    assertThat(second.await(LeaderPackets.class).packets().get(0).data()).hasSize(300_000);
  }

  @Override
  public void close() {
    open.forEach(QuorumNetwork::stop);
  }
}
