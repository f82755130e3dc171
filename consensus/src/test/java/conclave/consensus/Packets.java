package conclave.consensus;

import conclave.protocol.AckEpoch;
import conclave.protocol.LeaderInfo;
import conclave.protocol.LearnerInfo;
import conclave.protocol.QuorumFeatures;
import conclave.protocol.QuorumPacket;
import conclave.protocol.QuorumPacketType;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/** Quorum packets for tests: made in a word, and shown as one. A zxid is written 2.5. */
final class Packets {
  static final int APACHE = 0;
  static final int CONCLAVE = QuorumFeatures.CUMULATIVE;

  private Packets() {}

  static long z(long epoch, long counter) {
    return epoch << 32 | counter;
  }

  static String show(long zxid) {
    return zxid < 0 ? Long.toString(zxid) : Zxid.epoch(zxid) + "." + Zxid.counter(zxid);
  }

  static byte[] body(long zxid) {
    return ("t" + show(zxid)).getBytes(StandardCharsets.UTF_8);
  }

  static Proposal proposal(long zxid) {
    return new Proposal(zxid, body(zxid), "t" + show(zxid));
  }

  static QuorumPacket followerInfo(long sid, long acceptedEpoch, int features) {
    return info(QuorumPacketType.FOLLOWERINFO, sid, acceptedEpoch, 0, features);
  }

  static QuorumPacket observerInfo(long sid, long acceptedEpoch, int features) {
    return info(QuorumPacketType.OBSERVERINFO, sid, acceptedEpoch, 0, features);
  }

  static QuorumPacket info(
      QuorumPacketType type, long sid, long acceptedEpoch, long configVersion, int features) {
    return new QuorumPacket(
        type,
        Zxid.beginOf(acceptedEpoch),
        new LearnerInfo(sid, LearnerInfo.PROTOCOL_VERSION, configVersion, features).toBytes());
  }

  static QuorumPacket leaderInfo(long epoch, int features) {
    return new QuorumPacket(
        QuorumPacketType.LEADERINFO,
        Zxid.beginOf(epoch),
        new LeaderInfo(LearnerInfo.PROTOCOL_VERSION, features).toBytes());
  }

  static QuorumPacket ackEpoch(long lastZxid, int currentEpoch) {
    return new QuorumPacket(
        QuorumPacketType.ACKEPOCH, lastZxid, new AckEpoch(currentEpoch).toBytes());
  }

  static QuorumPacket packet(QuorumPacketType type, long zxid) {
    return new QuorumPacket(type, zxid);
  }

  static QuorumPacket propose(long zxid) {
    return new QuorumPacket(QuorumPacketType.PROPOSAL, zxid, body(zxid));
  }

  static QuorumPacket inform(long zxid) {
    return new QuorumPacket(QuorumPacketType.INFORM, zxid, body(zxid));
  }

  static QuorumPacket commit(long zxid) {
    return new QuorumPacket(QuorumPacketType.COMMIT, zxid);
  }

  static QuorumPacket ack(long zxid) {
    return new QuorumPacket(QuorumPacketType.ACK, zxid);
  }

  static QuorumPacket newLeader(long epoch) {
    return new QuorumPacket(
        QuorumPacketType.NEWLEADER, Zxid.beginOf(epoch), "config".getBytes(StandardCharsets.UTF_8));
  }

  static QuorumPacket pong() {
    return new QuorumPacket(QuorumPacketType.PING, 0, new byte[0]);
  }

  /** Checks on the way that the data of a transaction is that of its zxid. */
  static String show(QuorumPacket packet) {
    String text = packet.type() + " " + show(packet.zxid());
    byte[] data = packet.data();
    return switch (Objects.requireNonNull(packet.type())) {
      case LEADERINFO -> text + " " + features(LeaderInfo.read(data).features(), data.length, 4);
      case FOLLOWERINFO, OBSERVERINFO -> {
        LearnerInfo info = LearnerInfo.read(data);
        yield text + " sid=" + info.serverId() + " " + features(info.features(), data.length, 20);
      }
      case ACKEPOCH -> text + " current=" + AckEpoch.read(data).currentEpoch();
      case NEWLEADER -> text + " " + new String(data, StandardCharsets.UTF_8);
      case PROPOSAL, INFORM ->
          new String(data, StandardCharsets.UTF_8).equals("t" + show(packet.zxid()))
              ? text
              : text + " WRONG BODY";
      default -> data == null ? text : text + " data=" + data.length;
    };
  }

  private static String features(int features, int length, int lengthOfApaches) {
    return features != 0 ? "conclave" : length == lengthOfApaches ? "apache" : "ODD LENGTH";
  }
}
