package conclave.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import conclave.bench.ClientLoad.Operation;
import conclave.bench.ClientLoad.Result;
import conclave.testkit.TestServer;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(60)
final class ClientLoadTest {
  private static final Duration SHORT = Duration.ofMillis(200);

  @ParameterizedTest
  @EnumSource
  void oneSessionOfConclavesClient(Operation operation) throws Exception {
    try (TestServer server = TestServer.start();
        PipelinedClient client = new ConclavePipelinedClient(server.connectString())) {
      measure(client, operation);
    }
  }

  @ParameterizedTest
  @EnumSource
  void oneSessionOfApachesClient(Operation operation) throws Exception {
    try (TestServer server = TestServer.start();
        PipelinedClient client = new ApachePipelinedClient(server.connectString())) {
      measure(client, operation);
    }
  }

  private static void measure(PipelinedClient client, Operation operation) throws Exception {
    Result result = ClientLoad.run(client, operation, 50, SHORT, SHORT);
    assertThat(result.operations()).isPositive();
    assertThat(result.nanos()).isGreaterThanOrEqualTo(SHORT.toNanos());
  }

  @Test
  void aRequestThatFailsEndsTheMeasurement() {
    PipelinedClient broken =
        new PipelinedClient() {
          @Override
          public void create(List<String> paths, byte[] data) {}

          @Override
          public void get(String path, Consumer<@Nullable Throwable> done) {
            done.accept(new IllegalStateException("no get"));
          }

          @Override
          public void set(String path, byte[] data, Consumer<@Nullable Throwable> done) {}

          @Override
          public void close() {}
        };
    assertThatThrownBy(() -> ClientLoad.run(broken, Operation.GET, 1, SHORT, SHORT))
        .hasRootCauseMessage("no get");
  }

  @Test
  void resultsTravelAsALine() {
    Result result = new Result(500_000, 2_000_000_000L, 1_500_000);
    assertThat(Result.parse(result.line())).isEqualTo(result);
    assertThat(Result.parse("something else")).isNull();
    assertThat(result.perSecond()).isEqualTo(250_000);
    assertThat(result.cpuMicrosPerOperation()).isEqualTo(3);
  }
}
