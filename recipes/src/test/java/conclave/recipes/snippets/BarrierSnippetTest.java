package conclave.recipes.snippets;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.recipes.Barrier;
import conclave.recipes.DoubleBarrier;
import org.junit.jupiter.api.Test;

class BarrierSnippetTest extends SnippetTest {
  @Test
  void barrier() throws Exception {
    // tag::barrier
    Barrier maintenance = new Barrier(client, "/barriers/maintenance");
    maintenance.raise().join();
    maintenance.awaitRemoval().thenRun(() -> System.out.println("open again"));
    maintenance.remove().join();
    // end::barrier
    soon(maintenance.awaitRemoval());
  }

  @Test
  void doubleBarrier() throws Exception {
    DoubleBarrier other = new DoubleBarrier(anotherClient(), "/barriers/step-1", 2);
    other.enter().thenCompose(in -> other.leave());
    // tag::double-barrier
    DoubleBarrier step = new DoubleBarrier(client, "/barriers/step-1", 2);
    step.enter().join(); // both are there
    System.out.println("working");
    step.leave().join(); // both have ended
    // end::double-barrier
    assertThat(client.blocking().getChildren("/barriers/step-1")).isEmpty();
  }
}
