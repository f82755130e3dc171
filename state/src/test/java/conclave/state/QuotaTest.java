package conclave.state;

import static conclave.protocol.ErrorCode.OK;
import static conclave.protocol.ErrorCode.QUOTA_EXCEEDED;
import static org.assertj.core.api.Assertions.assertThat;

import conclave.protocol.Acl;
import conclave.protocol.CreateMode;
import conclave.protocol.OpCode;
import conclave.protocol.Request;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class QuotaTest {
  private final List<String> notices = new ArrayList<>();
  private final StateMachine state =
      new StateMachine(
          StateConfig.DEFAULT.withEnforceQuota(true),
          new Notices() {
            @Override
            public void quotaExceeded(
                String prefix, String what, boolean hard, long wouldBe, long limit) {
              notices.add(prefix + " " + what + " " + hard + " " + wouldBe + " > " + limit);
            }
          });
  private final Harness h = new Harness(state);

  private void quota(String path, String limits) {
    StringBuilder node = new StringBuilder("/zookeeper/quota");
    for (String part : path.substring(1).split("/")) {
      node.append('/').append(part);
      if (h.stat(node.toString()) == null) {
        h.create(node.toString());
      }
    }
    put(node + "/zookeeper_limits", limits);
    put(node + "/zookeeper_stats", "count=0,bytes=0");
  }

  private void put(String path, String text) {
    h.run(new Request.Create(OpCode.CREATE, path, Harness.bytes(text), Acl.OPEN, 0, 0));
  }

  private String stats(String path) {
    return h.data("/zookeeper/quota" + path + "/zookeeper_stats");
  }

  @Test
  void countsWhatIsThereAndWhatComesAndGoes() {
    h.create("/a");
    put("/a/b", "12345");
    quota("/a", "count=10,bytes=100");
    assertThat(stats("/a")).isEqualTo("count=2,bytes=5");
    put("/a/c", "123");
    assertThat(stats("/a")).isEqualTo("count=3,bytes=8");
    h.set("/a/b", "1");
    assertThat(stats("/a")).isEqualTo("count=3,bytes=4");
    h.set("/a", "123456");
    assertThat(stats("/a")).isEqualTo("count=3,bytes=10");
    h.delete("/a/b");
    assertThat(stats("/a")).isEqualTo("count=2,bytes=9");
    h.create("/a/e", CreateMode.EPHEMERAL);
    assertThat(stats("/a")).isEqualTo("count=3,bytes=9");
    h.run(new Request.CloseSession());
    assertThat(stats("/a")).isEqualTo("count=2,bytes=9");
    assertThat(notices).isEmpty();
  }

  @Test
  void onlyTheNearestQuotaCounts() {
    h.create("/a");
    h.create("/a/b");
    quota("/a", "count=10,bytes=100");
    quota("/a/b", "count=10,bytes=100");
    put("/a/b/c", "123");
    assertThat(stats("/a/b")).isEqualTo("count=2,bytes=3");
    assertThat(stats("/a")).isEqualTo("count=2,bytes=0");
    put("/a/bc", "1");
    assertThat(stats("/a")).isEqualTo("count=3,bytes=1");
    h.delete("/zookeeper/quota/a/b/zookeeper_limits");
    put("/a/b/d", "1");
    assertThat(stats("/a")).isEqualTo("count=4,bytes=2");
  }

  @Test
  void softLimitsAreToldAndHardOnesHold() {
    h.create("/a");
    quota("/a", "count=1,bytes=5=;byteHardLimit=8;countHardLimit=-1");
    assertThat(h.error(Harness.creation("/a/x", 0))).isEqualTo(OK);
    assertThat(notices).containsExactly("/a count false 2 > 1");
    notices.clear();
    assertThat(h.error(new Request.SetData("/a/x", new byte[8], -1))).isEqualTo(OK);
    assertThat(h.error(new Request.SetData("/a/x", new byte[9], -1))).isEqualTo(QUOTA_EXCEEDED);
    assertThat(notices).containsExactly("/a bytes true 9 > 8");
    notices.clear();
    assertThat(h.error(Harness.creation("/a/y", 0))).isEqualTo(QUOTA_EXCEEDED);
    assertThat(notices).containsExactly("/a count false 3 > 1", "/a bytes true 9 > 8");
    assertThat(h.stat("/a/y")).isNull();
    assertThat(h.error(new Request.SetData("/a/x", null, -1))).isEqualTo(OK);
  }

  @Test
  void nothingIsEnforcedUnlessConfigured() {
    Harness lax = new Harness();
    lax.create("/a");
    lax.create("/zookeeper/quota/a");
    byte[] none = Harness.bytes("count=0,bytes=0=;byteHardLimit=0;countHardLimit=0");
    for (String name : new String[] {"zookeeper_limits", "zookeeper_stats"}) {
      String path = "/zookeeper/quota/a/" + name;
      lax.run(new Request.Create(OpCode.CREATE, path, none, Acl.OPEN, 0, 0));
    }
    lax.create("/a/b");
    assertThat(lax.data("/zookeeper/quota/a/zookeeper_stats")).isEqualTo("count=2,bytes=0");
  }

  @Test
  void nonsenseLimitsNothing() {
    h.create("/a");
    quota("/a", "=;=1;count;bytes=x;,,=");
    put("/zookeeper/quota/zookeeper_limits", "count=0,bytes=0");
    put("/zookeeper/quota/zookeeper_stats", "");
    h.set("/zookeeper/quota/a/zookeeper_stats", "\u0000\u0001");
    assertThat(h.error(Harness.creation("/a/x", 0))).isEqualTo(OK);
    assertThat(stats("/a")).isEqualTo("count=0,bytes=0");
    h.delete("/zookeeper/quota/a/zookeeper_stats");
    assertThat(h.error(Harness.creation("/a/y", 0))).isEqualTo(OK);
    h.delete("/zookeeper/quota/zookeeper_limits");
    StateMachine loaded = Images.reload(state, StateConfig.DEFAULT);
    assertThat(loaded.stat("/a").numChildren()).isEqualTo(2);
  }

  @Test
  void aRestartCountsAfresh() {
    h.create("/a");
    quota("/a", "count=3,bytes=-1");
    h.create("/a/b");
    h.set("/zookeeper/quota/a/zookeeper_stats", "count=77,bytes=77");
    StateMachine loaded = Images.reload(state, StateConfig.DEFAULT);
    assertThat(loaded.data("/zookeeper/quota/a/zookeeper_stats"))
        .isEqualTo(Harness.bytes("count=2,bytes=0"));
    Harness x = new Harness(loaded);
    x.create("/a/c");
    assertThat(x.data("/zookeeper/quota/a/zookeeper_stats")).isEqualTo("count=3,bytes=0");
  }

  @Test
  void textIsApaches() {
    byte[] text = Harness.bytes("count=4,bytes=5=;byteHardLimit=10;countHardLimit=7");
    QuotaText quota = QuotaText.parse(text);
    assertThat(quota.encode()).isEqualTo(text);
    assertThat(quota.count()).isEqualTo(4);
    assertThat(quota.bytes()).isEqualTo(5);
    assertThat(quota.byteHardLimit()).isEqualTo(10);
    assertThat(quota.countHardLimit()).isEqualTo(7);
    assertThat(QuotaText.parse(null).encode()).isEqualTo(Harness.bytes("count=-1,bytes=-1"));
    assertThat(QuotaText.parse(Harness.bytes("bytes=,count=1")).bytes()).isEqualTo(-1);
    assertThat(new org.apache.zookeeper.StatsTrack(text).getStatsBytes()).isEqualTo(text);
  }
}
