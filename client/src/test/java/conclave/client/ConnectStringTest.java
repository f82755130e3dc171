package conclave.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConnectStringTest {
  @Test
  void hostsPortsAndChroot() {
    ConnectString parsed = ConnectString.parse("a:1, b,[::1]:3,[fe80::1],::2/x/y");
    assertThat(parsed.servers())
        .containsExactly(
            InetSocketAddress.createUnresolved("a", 1),
            InetSocketAddress.createUnresolved("b", 2181),
            InetSocketAddress.createUnresolved("::1", 3),
            InetSocketAddress.createUnresolved("fe80::1", 2181),
            InetSocketAddress.createUnresolved("::2", 2181));
    assertThat(parsed.chroot()).isEqualTo("/x/y");
  }

  @Test
  void rootAsChrootIsNone() {
    assertThat(ConnectString.parse("a/").chroot()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", ":1", "a:", "a:x", "a:0", "a:65536", "a,,b", "a:1/x/", "a:1/x//y", "[::1"})
  void nonsenseIsRefusedWithTheText(String text) {
    assertThatThrownBy(() -> ConnectString.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining('"' + text + '"');
  }

  @Test
  void pathsGoThereAndBack() {
    ConnectString chrooted = ConnectString.parse("a/x");
    assertThat(chrooted.toServer("/")).isEqualTo("/x");
    assertThat(chrooted.toServer("/y")).isEqualTo("/x/y");
    assertThat(chrooted.toClient("/x")).isEqualTo("/");
    assertThat(chrooted.toClient("/x/y")).isEqualTo("/y");
    assertThat(chrooted.toClient("/xy")).isEqualTo("/xy");
    assertThat(chrooted.toClient("/zookeeper")).isEqualTo("/zookeeper");
  }
}
