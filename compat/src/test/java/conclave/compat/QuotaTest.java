package conclave.compat;

import static conclave.compat.Requests.create;
import static conclave.compat.Requests.delete;
import static conclave.compat.Requests.getData;
import static conclave.compat.Requests.multi;
import static conclave.compat.Requests.setData;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Quotas, as the clients' {@code setquota} makes them: two nodes below /zookeeper/quota. */
final class QuotaTest extends OneServer {
  private Wire wire;

  @BeforeEach
  void connect() throws IOException {
    wire = session();
  }

  @Test
  void statisticsFollowTheTree() throws IOException {
    wire.ok(create(root + "/before", "12345".getBytes(UTF_8), 0));
    quota("count=-1,bytes=-1=;byteHardLimit=-1;countHardLimit=-1");
    assertThat(statistics()).isEqualTo("count=2,bytes=5");
    wire.ok(create(root + "/a", "123".getBytes(UTF_8), 0));
    assertThat(statistics()).startsWith("count=3,bytes=8");
    wire.ok(setData(root + "/a", "1".getBytes(UTF_8), -1));
    assertThat(statistics()).startsWith("count=3,bytes=6");
    wire.ok(delete(root + "/before", -1));
    assertThat(statistics()).startsWith("count=2,bytes=1");
    wire.ok(create(root + "/a/null", null, 0));
    assertThat(statistics()).startsWith("count=3,bytes=1");
  }

  @Test
  void hardCountIsEnforced() throws IOException {
    quota("count=-1,bytes=-1=;byteHardLimit=-1;countHardLimit=3");
    wire.ok(create(root + "/a"));
    wire.ok(create(root + "/b"));
    assertThat(wire.call(create(root + "/c")).err()).isEqualTo(-125);
    assertThat(wire.call(create(root + "/a/c")).err()).isEqualTo(-125);
    assertThat(wire.ok(multi(create(root + "/c"))).read().int32()).isEqualTo(-1);
    wire.ok(delete(root + "/b", -1));
    wire.ok(create(root + "/c"));
  }

  @Test
  void hardBytesAreEnforced() throws IOException {
    quota("count=-1,bytes=-1=;byteHardLimit=10;countHardLimit=-1");
    wire.ok(create(root + "/a", "12345".getBytes(UTF_8), 0));
    assertThat(wire.call(create(root + "/b", "123456".getBytes(UTF_8), 0)).err()).isEqualTo(-125);
    wire.ok(create(root + "/b", "12345".getBytes(UTF_8), 0));
    assertThat(wire.call(setData(root + "/a", "123456".getBytes(UTF_8), -1)).err()).isEqualTo(-125);
    wire.ok(setData(root + "/a", "1".getBytes(UTF_8), -1));
  }

  @Test
  void quotaComesBeforeTheVersion() throws IOException {
    quota("count=-1,bytes=-1=;byteHardLimit=3;countHardLimit=-1");
    wire.ok(create(root + "/a"));
    assertThat(wire.call(setData(root + "/a", "1234".getBytes(UTF_8), 9)).err()).isEqualTo(-125);
    assertThat(wire.call(setData(root + "/a", "123".getBytes(UTF_8), 9)).err()).isEqualTo(-103);
  }

  @Test
  void softLimitsOnlyWarn() throws IOException {
    quota("count=1,bytes=1=;byteHardLimit=-1;countHardLimit=-1");
    wire.ok(create(root + "/a", "12345".getBytes(UTF_8), 0));
    wire.ok(create(root + "/b", "12345".getBytes(UTF_8), 0));
    assertThat(statistics()).startsWith("count=3,bytes=10");
  }

  @Test
  void limitsOfOldClientsAreRead() throws IOException {
    quota("count=2,bytes=-1");
    wire.ok(create(root + "/a"));
    wire.ok(create(root + "/b"));
    assertThat(statistics()).startsWith("count=3,bytes=0");
  }

  @Test
  void removedQuotaNoLongerCounts() throws IOException {
    quota("count=-1,bytes=-1=;byteHardLimit=-1;countHardLimit=1");
    assertThat(wire.call(create(root + "/a")).err()).isEqualTo(-125);
    wire.ok(delete("/zookeeper/quota" + root + "/zookeeper_limits", -1));
    wire.ok(delete("/zookeeper/quota" + root + "/zookeeper_stats", -1));
    wire.ok(create(root + "/a"));
  }

  @Test
  void nearestAncestorsQuotaCounts() throws IOException {
    wire.ok(create(root + "/in"));
    quota("count=-1,bytes=-1=;byteHardLimit=-1;countHardLimit=-1");
    String inner = "/zookeeper/quota" + root + "/in";
    wire.ok(create(inner));
    wire.ok(create(inner + "/zookeeper_limits", "count=-1,bytes=-1".getBytes(UTF_8), 0));
    wire.ok(create(inner + "/zookeeper_stats", "count=0,bytes=0".getBytes(UTF_8), 0));
    String outerBefore = statistics();
    wire.ok(create(root + "/in/x", "123".getBytes(UTF_8), 0));
    assertThat(data(inner + "/zookeeper_stats")).startsWith("count=2,bytes=3");
    assertThat(statistics()).isEqualTo(outerBefore);
  }

  private void quota(String limits) throws IOException {
    String node = "/zookeeper/quota" + root;
    wire.ok(create(node));
    wire.ok(create(node + "/zookeeper_limits", limits.getBytes(UTF_8), 0));
    wire.ok(
        create(
            node + "/zookeeper_stats",
            "count=0,bytes=0=;byteHardLimit=-1;countHardLimit=-1".getBytes(UTF_8),
            0));
  }

  private String statistics() throws IOException {
    return data("/zookeeper/quota" + root + "/zookeeper_stats");
  }

  private String data(String path) throws IOException {
    byte[] data = wire.ok(getData(path, false)).read().buffer();
    return data == null ? "null" : new String(data, UTF_8);
  }
}
