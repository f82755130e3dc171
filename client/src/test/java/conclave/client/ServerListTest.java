package conclave.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ServerListTest {
  private final Map<String, String> failures = new HashMap<>();

  private ServerList of(String text) {
    return new ServerList(ConnectString.parse(text), new Random(1));
  }

  @Test
  void aRoundVisitsEveryServerOnceAndThenPauses() {
    ServerList servers = of("127.0.0.1:1,127.0.0.1:2,127.0.0.1:3");
    Set<Integer> seen = new HashSet<>();
    for (int i = 0; i < 3; i++) {
      seen.add(servers.next(failures).getPort());
    }
    assertThat(seen).containsExactlyInAnyOrder(1, 2, 3);
    assertThat(servers.next(failures)).isNull();
    assertThat(servers.next(failures)).isNotNull();
  }

  @Test
  void differentClientsBeginWithDifferentServers() {
    Set<Integer> first = new HashSet<>();
    for (int seed = 0; seed < 50; seed++) {
      ServerList servers =
          new ServerList(
              ConnectString.parse("127.0.0.1:1,127.0.0.1:2,127.0.0.1:3"), new Random(seed));
      first.add(servers.next(failures).getPort());
    }
    assertThat(first).containsExactlyInAnyOrder(1, 2, 3);
  }

  @Test
  void aPreferredServerComesFirst() {
    ServerList servers = of("127.0.0.1:1,127.0.0.1:2,127.0.0.1:3");
    InetSocketAddress two = new InetSocketAddress("127.0.0.1", 2);
    servers.prefer(two);
    assertThat(servers.next(failures)).isEqualTo(two);
    assertThat(servers.other(two)).isNotEqualTo(two);
    assertThat(of("127.0.0.1:1").other(new InetSocketAddress("127.0.0.1", 1))).isNull();
  }

  @Test
  void theServerThatWasLeftComesLastOnce() {
    InetSocketAddress two = new InetSocketAddress("127.0.0.1", 2);
    for (int seed = 0; seed < 20; seed++) {
      ServerList servers =
          new ServerList(
              ConnectString.parse("127.0.0.1:1,127.0.0.1:2,127.0.0.1:3"), new Random(seed));
      servers.connected();
      servers.tryLast(two);
      assertThat(servers.next(failures)).isNotEqualTo(two);
      assertThat(servers.next(failures)).isNotEqualTo(two);
      assertThat(servers.next(failures)).isEqualTo(two);
      assertThat(servers.next(failures)).isNull();
    }
    ServerList alone = of("127.0.0.1:2");
    alone.tryLast(two);
    assertThat(alone.next(failures)).isEqualTo(two);
  }

  @Test
  void aNameThatLeadsNowhereIsNamed() {
    ServerList servers = of("no-such-host.invalid:1,127.0.0.1:2");
    assertThat(servers.next(failures).getPort()).isEqualTo(2);
    assertThat(failures).containsEntry("no-such-host.invalid:1", "no such host");
  }

  @Test
  void anSrvRecordIsReadAsRfc2782HasIt() throws Exception {
    assertThat(SrvRecords.parse("10 60 2181 zk1.example.org."))
        .isEqualTo(InetSocketAddress.createUnresolved("zk1.example.org", 2181));
    assertThatThrownBy(() -> SrvRecords.parse("10 60 zk1.example.org."))
        .isInstanceOf(UnknownHostException.class);
    assertThatThrownBy(() -> SrvRecords.parse("10 60 99999 zk1."))
        .isInstanceOf(UnknownHostException.class);
    assertThat(ConnectString.parse("srv:_zookeeper._tcp.example.org/app"))
        .isEqualTo(new ConnectString(java.util.List.of(), "_zookeeper._tcp.example.org", "/app"));
  }
}
