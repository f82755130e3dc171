package conclave.server.admin;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.server.config.Words;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class MonitorTest {

  private final FakeServer server = new FakeServer();
  private final Recorder recorder = server.metrics.newRecorder();

  private Map<String, String> mntr() {
    Map<String, String> values = new LinkedHashMap<>();
    new FourLetterWords(Words.ALL)
        .answer("mntr", server)
        .lines()
        .map(line -> line.split("\t", -1))
        .forEach(parts -> assertThat(values.put(parts[0], parts[1])).as(parts[0]).isNull());
    return values;
  }

  /** The list is what a standalone Apache ZooKeeper 3.9.5 prints, without the prefix. */
  @Test
  void namesAreThoseOfAStandaloneApacheServer() throws IOException {
    List<String> names;
    try (InputStream in = getClass().getResourceAsStream("mntr-standalone-3.9.5.txt")) {
      names =
          new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8)
              .lines()
              .toList();
    }

    assertThat(mntr().keySet())
        .containsExactlyInAnyOrderElementsOf(names.stream().map(name -> "zk_" + name).toList());
  }

  @Test
  void gaugesComeFromTheServer() {
    assertThat(mntr())
        .containsEntry("zk_version", "3.9.5-test, built on 2026-01-01 00:00 UTC")
        .containsEntry("zk_server_state", "standalone")
        .containsEntry("zk_znode_count", "11")
        .containsEntry("zk_watch_count", "8")
        .containsEntry("zk_ephemerals_count", "4")
        .containsEntry("zk_approximate_data_size", "381")
        .containsEntry("zk_outstanding_requests", "7")
        .containsEntry("zk_connection_drop_probability", "0.0")
        .containsEntry("zk_avg_latency", "0.0")
        .containsEntry("zk_last_client_response_size", "-1");
    assertThat(Long.parseLong(mntr().get("zk_open_file_descriptor_count"))).isPositive();
  }

  @Test
  void numbersOfAllThreadsAddUp() {
    Recorder other = server.metrics.newRecorder();
    recorder.count(Counter.CONNECTION_REQUEST_COUNT);
    other.count(Counter.CONNECTION_REQUEST_COUNT, 2);
    recorder.record(Summary.FSYNCTIME, 4);
    other.record(Summary.FSYNCTIME, 1);
    other.record(Summary.FSYNCTIME, 10);
    recorder.responseSize(16);
    recorder.responseSize(111);

    assertThat(mntr())
        .containsEntry("zk_connection_request_count", "3")
        .containsEntry("zk_avg_fsynctime", "5.0")
        .containsEntry("zk_min_fsynctime", "1")
        .containsEntry("zk_max_fsynctime", "10")
        .containsEntry("zk_cnt_fsynctime", "3")
        .containsEntry("zk_sum_fsynctime", "15")
        .containsEntry("zk_response_bytes", "127")
        .containsEntry("zk_last_client_response_size", "111")
        .containsEntry("zk_min_client_response_size", "16");
  }

  @Test
  void percentiles() {
    for (int ms = 1; ms <= 100; ms++) {
      recorder.readLatency(ms);
    }
    recorder.updateLatency(1_000_000);

    assertThat(mntr())
        .containsEntry("zk_p50_readlatency", "50")
        .containsEntry("zk_p95_readlatency", "95")
        .containsEntry("zk_p99_readlatency", "99")
        .containsEntry("zk_p999_readlatency", "100")
        .containsEntry("zk_p50_updatelatency", "1000000")
        .containsEntry("zk_max_latency", "1000000")
        .containsEntry("zk_min_latency", "1");
  }

  @Test
  void namespacesAreFirstElements() {
    recorder.namespace(NamespaceMetric.READ_PER_NAMESPACE, "/app/a", 10);
    recorder.namespace(NamespaceMetric.READ_PER_NAMESPACE, "/app", 20);
    recorder.namespace(NamespaceMetric.READ_PER_NAMESPACE, "/apple/b", 5);
    recorder.namespace(NamespaceMetric.READ_PER_NAMESPACE, "/", 5);
    recorder.namespace(NamespaceMetric.WRITE_PER_NAMESPACE, "/app", 7);
    recorder.namespace(NamespaceMetric.QUOTA_EXCEEDED_ERROR_PER_NAMESPACE, "/app", 1);

    assertThat(mntr())
        .containsEntry("zk_cnt_app_read_per_namespace", "2")
        .containsEntry("zk_sum_app_read_per_namespace", "30")
        .containsEntry("zk_cnt_apple_read_per_namespace", "1")
        .containsEntry("zk_sum_app_write_per_namespace", "7")
        .containsEntry("zk_app_quota_exceeded_error_per_namespace", "1")
        .doesNotContainKey("zk_cnt__read_per_namespace");
  }

  @Test
  void inventedNamespacesDoNotFillTheMemory() {
    for (int i = 0; i < NamespaceCells.MAX_NAMESPACES + 10; i++) {
      recorder.namespace(NamespaceMetric.READ_PER_NAMESPACE, "/n" + i, 1);
    }

    assertThat(server.metrics.read(NamespaceMetric.READ_PER_NAMESPACE))
        .hasSize(NamespaceCells.MAX_NAMESPACES);
  }

  @Test
  void resetKeepsWhatApacheKeeps() {
    recorder.count(Counter.AUTH_FAILED_COUNT);
    recorder.count(Counter.CONNECTION_REJECTED);
    recorder.readLatency(5);
    recorder.namespace(NamespaceMetric.READ_PER_NAMESPACE, "/app", 10);

    server.metrics.reset();

    assertThat(mntr())
        .containsEntry("zk_auth_failed_count", "1")
        .containsEntry("zk_connection_rejected", "0")
        .containsEntry("zk_max_latency", "0")
        .containsEntry("zk_cnt_readlatency", "0")
        .doesNotContainKey("zk_cnt_app_read_per_namespace");

    recorder.count(Counter.CONNECTION_REJECTED);
    recorder.namespace(NamespaceMetric.READ_PER_NAMESPACE, "/app", 10);

    assertThat(mntr())
        .containsEntry("zk_auth_failed_count", "1")
        .containsEntry("zk_connection_rejected", "1")
        .containsEntry("zk_cnt_readlatency", "0")
        .containsEntry("zk_cnt_app_read_per_namespace", "1");
  }
}
