package conclave.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.util.List;
import org.apache.zookeeper.server.quorum.QuorumCnxManager.InitialMessage;
import org.junit.jupiter.api.Test;

class ElectionGreetingTest {
  private static final ElectionGreeting ONE =
      new ElectionGreeting(
          ElectionGreeting.ONE_ADDRESS, 3, List.of(new HostPort("127.0.0.1", 3888)));
  private static final ElectionGreeting MANY =
      new ElectionGreeting(
          ElectionGreeting.MANY_ADDRESSES,
          4,
          List.of(new HostPort("127.0.0.1", 3888), new HostPort("0:0:0:0:0:0:0:1", 3889)));

  @Test
  void comesBackAndNeverTooEarly() {
    for (ElectionGreeting greeting : List.of(ONE, MANY)) {
      byte[] bytes = bytes(greeting);
      for (int length = 0; length < bytes.length; length++) {
        assertThat(ElectionGreeting.read(new JuteReader(bytes, 0, length))).isNull();
      }
      JuteWriter more = new JuteWriter();
      more.writeRaw(bytes, 0, bytes.length);
      more.writeLong(1);
      JuteReader in = new JuteReader(more.toByteArray());
      assertThat(ElectionGreeting.read(in)).isEqualTo(greeting);
      assertThat(in.remaining()).isEqualTo(8);
    }
  }

  @Test
  void apacheUnderstandsIt() throws Exception {
    for (ElectionGreeting greeting : List.of(ONE, MANY)) {
      DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes(greeting)));
      InitialMessage read = InitialMessage.parse(in.readLong(), in);
      assertThat(read.sid).isEqualTo(greeting.serverId());
      assertThat(read.electionAddr)
          .extracting(address -> new HostPort(address.getHostString(), address.getPort()))
          .isEqualTo(greeting.addresses());
    }
  }

  @Test
  void anOldServerSaysOnlyItsId() {
    JuteWriter out = new JuteWriter();
    out.writeLong(7);
    JuteReader in = new JuteReader(out.toByteArray());
    ElectionGreeting greeting = ElectionGreeting.read(in);
    assertThat(greeting).isNotNull();
    assertThat(greeting.serverId()).isEqualTo(7);
    assertThat(greeting.addresses()).isEmpty();
  }

  @Test
  void nonsenseIsRefused() {
    refused(-1, 8, "a:1", "version=-1");
    refused(-65536, 0, "", "length=0");
    refused(-65536, -1, "", "length=-1");
    refused(-65536, 2049, "", "length=2049");
    refused(-65536, 1, "a", "a");
    refused(-65536, 3, "a:b", "b");
    refused(-65536, 7, "a:65536", "65536");
    refused(-65536, 5, "a:1:2", "a:1:2");
    refused(-65535, 7, "a:1|b:x", "x");
    refused(-65536, 5, "[::1:", "[::1:");
  }

  private static void refused(long version, int length, String addresses, String message) {
    JuteWriter out = new JuteWriter();
    out.writeLong(version);
    out.writeLong(1);
    out.writeString(addresses);
    out.putInt(16, length);
    JuteReader in = new JuteReader(out.toByteArray());
    assertThatThrownBy(() -> ElectionGreeting.read(in))
        .isInstanceOf(MalformedRecordException.class)
        .hasMessageContaining(message);
  }

  private static byte[] bytes(ElectionGreeting greeting) {
    JuteWriter out = new JuteWriter();
    greeting.write(out);
    return out.toByteArray();
  }
}
