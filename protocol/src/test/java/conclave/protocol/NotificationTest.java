package conclave.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class NotificationTest {
  private static final String CONFIG = "server.1=bücher:2888:3888:participant\nversion=0";
  private static final Notification WHOLE =
      new Notification(ServerState.LEADING, 3, 0x500000001L, 17, 6, 2, CONFIG);

  @Test
  void isApaches() throws ReflectiveOperationException {
    Class<?> election = Class.forName("org.apache.zookeeper.server.quorum.FastLeaderElection");
    Method build =
        election.getDeclaredMethod(
            "buildMsg", int.class, long.class, long.class, long.class, long.class, byte[].class);
    build.setAccessible(true);
    for (ServerState state : ServerState.values()) {
      Notification ours = new Notification(state, 3, 0x500000001L, 17, 6, 2, CONFIG);
      ByteBuffer theirs =
          (ByteBuffer)
              build.invoke(
                  null,
                  state.code(),
                  3L,
                  0x500000001L,
                  17L,
                  6L,
                  CONFIG.getBytes(StandardCharsets.UTF_8));
      assertThat(bytes(ours)).isEqualTo(theirs.array());
      assertThat(Notification.read(new JuteReader(bytes(ours)))).isEqualTo(ours);
    }
  }

  @Test
  void statesHaveApachesNumbers() {
    for (var state : org.apache.zookeeper.server.quorum.QuorumPeer.ServerState.values()) {
      assertThat(ServerState.valueOf(state.name()).code()).isEqualTo(state.ordinal());
    }
  }

  @Test
  void olderFormsAreUnderstood() {
    byte[] whole = bytes(WHOLE);
    // The oldest has no peer epoch: it is that of the zxid.
    assertThat(Notification.read(new JuteReader(whole, 0, 28)))
        .isEqualTo(new Notification(ServerState.LEADING, 3, 0x500000001L, 17, 5, 0, null));
    assertThat(Notification.read(new JuteReader(whole, 0, 40)))
        .isEqualTo(new Notification(ServerState.LEADING, 3, 0x500000001L, 17, 6, 0, null));
    byte[] one = Arrays.copyOf(whole, 44);
    one[39] = 1;
    assertThat(Notification.read(new JuteReader(one)))
        .isEqualTo(new Notification(ServerState.LEADING, 3, 0x500000001L, 17, 6, 1, null));
    byte[] more = Arrays.copyOf(whole, whole.length + 5);
    assertThat(Notification.read(new JuteReader(more))).isEqualTo(WHOLE);
  }

  @Test
  void everythingElseIsRefused() {
    byte[] whole = bytes(WHOLE);
    for (int length = 0; length < whole.length; length++) {
      if (length != 28 && length != 40) {
        JuteReader in = new JuteReader(whole, 0, length);
        assertThatThrownBy(() -> Notification.read(in))
            .as("length %s", length)
            .isInstanceOf(MalformedRecordException.class);
      }
    }
    for (int state : new int[] {-1, 4}) {
      byte[] unknown = whole.clone();
      BigEndian.putInt(unknown, 0, state);
      assertThatThrownBy(() -> Notification.read(new JuteReader(unknown)))
          .hasMessageContaining("state=" + state);
    }
    for (int length : new int[] {-1, -2, Integer.MAX_VALUE}) {
      byte[] wrong = whole.clone();
      BigEndian.putInt(wrong, 40, length);
      assertThatThrownBy(() -> Notification.read(new JuteReader(wrong)))
          .isInstanceOf(MalformedRecordException.class);
    }
  }

  private static byte[] bytes(Notification notification) {
    JuteWriter out = new JuteWriter();
    notification.write(out);
    return out.toByteArray();
  }
}
