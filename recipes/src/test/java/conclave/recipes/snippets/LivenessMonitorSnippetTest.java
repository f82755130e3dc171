package conclave.recipes.snippets;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.recipes.LivenessMonitor;
import java.util.List;
import org.junit.jupiter.api.Test;

class LivenessMonitorSnippetTest extends SnippetTest {
  @Test
  void liveness() {
    // tag::liveness
    List<String> expected = List.of("host-1", "host-2", "host-3");
    LivenessMonitor monitor = new LivenessMonitor(client, "/members", expected).start().join();
    monitor.onChange(status -> System.out.println(status.id() + " is " + status.state()));
    if (!monitor.isHealthy()) {
      System.out.println(monitor.report());
    }
    // end::liveness
    assertThat(monitor.report()).startsWith("0 of 3 present");
  }
}
