package conclave.compat;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What Prometheus finds: the same names of the same types. */
@Timeout(300)
final class PrometheusTest extends OneServer {
  private static final int PORT = ServerProcess.freePort();

  PrometheusTest() {
    super(
        ServerSpec.standard()
            .with(
                "metricsProvider.className",
                "org.apache.zookeeper.metrics.prometheus.PrometheusMetricsProvider")
            .with("metricsProvider.httpHost", "127.0.0.1")
            .with("metricsProvider.httpPort", Integer.toString(PORT)));
  }

  @Test
  void namesAndTypesAreThoseOfAStandaloneServer() throws Exception {
    List<String> types =
        metrics()
            .lines()
            .filter(line -> line.startsWith("# TYPE "))
            .map(line -> line.substring("# TYPE ".length()))
            .toList();
    // Less sets by server and by quota, which a standalone server has no samples of, and what pools
    // of memory have allocated, which only a listener to the collector can know.
    assertThat(types).containsAll(expected());
    assertThat(types).doesNotHaveDuplicates();
  }

  @Test
  void summariesHaveTheirQuantiles() throws Exception {
    Wire wire = session();
    for (int i = 0; i < 10; i++) {
      wire.ok(Requests.setData(root, new byte[0], -1));
    }
    List<String> samples = metrics().lines().map(line -> line.replace(",}", "}")).toList();
    for (String begin :
        List.of(
            "updatelatency{quantile=\"0.5\"} ",
            "updatelatency{quantile=\"0.9\"} ",
            "updatelatency{quantile=\"0.99\"} ",
            "updatelatency_count ",
            "updatelatency_sum ",
            "fsynctime{quantile=\"0.5\"} ",
            "write_per_namespace_count{key=\"",
            "jvm_threads_state{state=\"RUNNABLE\"} ")) {
      assertThat(samples).as(begin).anyMatch(line -> line.startsWith(begin));
    }
    assertThat(samples)
        .noneMatch(line -> line.startsWith("fsynctime{quantile=\"0.9\"}"))
        .contains("quorum_ack_latency{quantile=\"0.5\"} NaN");
  }

  @Test
  void theTypeOfThePageIsPrometheuss() throws Exception {
    assertThat(
            get("/metrics")
                .headers()
                .firstValue("content-type")
                .orElse("")
                .toLowerCase(java.util.Locale.ROOT))
        .isEqualTo("text/plain; version=0.0.4; charset=utf-8");
    assertThat(get("/").statusCode()).isEqualTo(404);
  }

  private static String metrics() throws Exception {
    return get("/metrics").body();
  }

  private static HttpResponse<String> get(String path) throws Exception {
    URI uri = URI.create("http://127.0.0.1:" + PORT + path);
    return HttpClient.newHttpClient()
        .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
  }

  private static List<String> expected() throws Exception {
    try (InputStream in =
        Objects.requireNonNull(
            PrometheusTest.class.getResourceAsStream("/prometheus-metrics-3.9.txt"))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    }
  }
}
