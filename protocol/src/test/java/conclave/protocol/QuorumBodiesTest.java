package conclave.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.jute.BinaryInputArchive;
import org.junit.jupiter.api.Test;

/** The data of the packets between a leader and its learners. */
class QuorumBodiesTest {
  @Test
  void learnerInfoIsApaches() {
    assertThat(new LearnerInfo(3, LearnerInfo.PROTOCOL_VERSION, 0x500000001L, 0).toBytes())
        .isEqualTo(
            ApacheJute.bytesOf(
                new org.apache.zookeeper.server.quorum.LearnerInfo(3, 0x10000, 0x500000001L)));
  }

  @Test
  void apacheDoesNotSeeOurFeatures() throws IOException {
    byte[] learner = new LearnerInfo(3, 0x10000, 7, QuorumFeatures.CUMULATIVE).toBytes();
    var read = new org.apache.zookeeper.server.quorum.LearnerInfo();
    read.deserialize(
        BinaryInputArchive.getArchive(new ByteArrayInputStream(learner)), "LearnerInfo");
    assertThat(read.getServerid()).isEqualTo(3);
    assertThat(read.getProtocolVersion()).isEqualTo(0x10000);
    assertThat(read.getConfigVersion()).isEqualTo(7);
    // Apache's LearnerHandler doesn't use that record but reads so, and its Learner the int so.
    ByteBuffer asHandler = ByteBuffer.wrap(learner);
    assertThat(asHandler.getLong()).isEqualTo(3);
    assertThat(asHandler.getInt()).isEqualTo(0x10000);
    assertThat(asHandler.getLong()).isEqualTo(7);
    byte[] leader = new LeaderInfo(0x10000, QuorumFeatures.CUMULATIVE).toBytes();
    assertThat(ByteBuffer.wrap(leader).getInt()).isEqualTo(0x10000);
  }

  @Test
  void featuresComeBack() {
    LearnerInfo learner = new LearnerInfo(3, 0x10000, 7, QuorumFeatures.CUMULATIVE);
    assertThat(LearnerInfo.read(learner.toBytes())).isEqualTo(learner);
    LeaderInfo leader = new LeaderInfo(0x10000, QuorumFeatures.CUMULATIVE);
    assertThat(LeaderInfo.read(leader.toBytes())).isEqualTo(leader);
    assertThat(LeaderInfo.read(new LeaderInfo(0x10000, 0).toBytes()).features()).isZero();
  }

  @Test
  void learnerInfoOfOldServersAndOfStrangeOnes() {
    byte[] whole = new LearnerInfo(3, 0x10000, 7, QuorumFeatures.CUMULATIVE).toBytes();
    assertThat(LearnerInfo.read(Arrays.copyOf(whole, 8))).isEqualTo(new LearnerInfo(3, 1, 0, 0));
    assertThat(LearnerInfo.read(Arrays.copyOf(whole, 12)))
        .isEqualTo(new LearnerInfo(3, 0x10000, 0, 0));
    assertThat(LearnerInfo.read(Arrays.copyOf(whole, 20)))
        .isEqualTo(new LearnerInfo(3, 0x10000, 7, 0));
    // Not our magic: somebody else's bytes, and no features.
    byte[] foreign = whole.clone();
    foreign[20] ^= 1;
    assertThat(LearnerInfo.read(foreign)).isEqualTo(new LearnerInfo(3, 0x10000, 7, 0));
    assertThat(LearnerInfo.read(Arrays.copyOf(whole, 27)).features()).isZero();
    assertThat(LearnerInfo.read(Arrays.copyOf(whole, 40)).features()).isEqualTo(1);
    assertThatThrownBy(() -> LearnerInfo.read(new byte[7]))
        .isInstanceOf(MalformedRecordException.class);
    assertThatThrownBy(() -> LeaderInfo.read(new byte[3]))
        .isInstanceOf(MalformedRecordException.class);
  }

  @Test
  void ackEpoch() {
    assertThat(AckEpoch.read(new AckEpoch(5).toBytes())).isEqualTo(new AckEpoch(5));
    assertThat(new AckEpoch(AckEpoch.ALREADY_ACCEPTED).toBytes()).containsExactly(-1, -1, -1, -1);
    assertThatThrownBy(() -> AckEpoch.read(new byte[0]))
        .isInstanceOf(MalformedRecordException.class);
  }

  @Test
  void touches() {
    JuteWriter out = new JuteWriter();
    SessionTouches.write(out, 0x1000000abcdef00L, 4000);
    SessionTouches.write(out, 2, 6000);
    List<Long> read = new ArrayList<>();
    SessionTouches.read(
        out.toByteArray(),
        (id, timeoutMs) -> {
          read.add(id);
          read.add((long) timeoutMs);
        });
    assertThat(read).containsExactly(0x1000000abcdef00L, 4000L, 2L, 6000L);
    SessionTouches.read(null, (id, timeoutMs) -> read.clear());
    SessionTouches.read(new byte[0], (id, timeoutMs) -> read.clear());
    assertThat(read).hasSize(4);
    assertThatThrownBy(() -> SessionTouches.read(new byte[13], (id, timeoutMs) -> {}))
        .isInstanceOf(MalformedRecordException.class);
  }

  @Test
  void revalidation() {
    Revalidation.Ask ask = new Revalidation.Ask(5, 4000);
    assertThat(Revalidation.Ask.read(ask.toBytes())).isEqualTo(ask);
    assertThat(ask.toBytes()).hasSize(12);
    for (boolean valid : new boolean[] {true, false}) {
      Revalidation.Answer answer = new Revalidation.Answer(5, valid);
      assertThat(Revalidation.Answer.read(answer.toBytes())).isEqualTo(answer);
      assertThat(answer.toBytes()).hasSize(9);
    }
  }

  @Test
  void forwardedRequest() {
    byte[] body = {9, 1, 2, 3, 9};
    byte[] data = ForwardedRequest.toBytes(0x123456789aL, 17, 5, body, 1, 3);
    assertThat(data).hasSize(19);
    ForwardedRequest request = ForwardedRequest.read(data);
    assertThat(request.sessionId()).isEqualTo(0x123456789aL);
    assertThat(request.cxid()).isEqualTo(17);
    assertThat(request.opCode()).isEqualTo(5);
    JuteReader in = request.body();
    assertThat(in.remaining()).isEqualTo(3);
    assertThat(in.readByte()).isEqualTo((byte) 1);
    assertThat(ForwardedRequest.read(Arrays.copyOf(data, 16)).body().remaining()).isZero();
    assertThatThrownBy(() -> ForwardedRequest.read(new byte[15]))
        .isInstanceOf(MalformedRecordException.class);
    assertThatThrownBy(() -> ForwardedRequest.read(null))
        .isInstanceOf(MalformedRecordException.class);
  }

  @Test
  void quorumAuthIsApaches() {
    QuorumAuthPacket packet =
        new QuorumAuthPacket(
            QuorumAuthPacket.MAGIC, QuorumAuthPacket.SUCCESS, new byte[] {1, 2, 3});
    JuteWriter out = new JuteWriter();
    packet.write(out);
    assertThat(out.toByteArray())
        .isEqualTo(
            ApacheJute.bytesOf(
                new org.apache.zookeeper.server.quorum.QuorumAuthPacket(
                    org.apache.zookeeper.server.quorum.auth.QuorumAuth.QUORUM_AUTH_MAGIC_NUMBER,
                    1,
                    new byte[] {1, 2, 3})));
    QuorumAuthPacket read = QuorumAuthPacket.read(new JuteReader(out.toByteArray()));
    assertThat(read.magic()).isEqualTo(QuorumAuthPacket.MAGIC);
    assertThat(read.status()).isEqualTo(QuorumAuthPacket.SUCCESS);
    assertThat(read.token()).containsExactly(1, 2, 3);
  }
}
