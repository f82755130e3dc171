package conclave.recipes.snippets;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.recipes.ServiceDiscovery;
import conclave.recipes.ServiceInstance;
import conclave.recipes.ServiceProvider;
import conclave.recipes.ServiceRegistration;
import conclave.recipes.Strategy;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ServiceDiscoverySnippetTest extends SnippetTest {
  @Test
  void discovery() throws Exception {
    // tag::discovery
    ServiceDiscovery discovery = new ServiceDiscovery(client, "/services");
    ServiceInstance me =
        ServiceInstance.of("orders", "10.0.0.1", 8080)
            .withWeight(2)
            .withMetadata(Map.of("zone", "a"));
    ServiceRegistration offered = discovery.register(me).join();

    ServiceProvider orders = discovery.provider("orders", Strategy.weighted()).start().join();
    ServiceInstance next = orders.next().orElseThrow();
    System.out.println("calling " + next.address() + ":" + next.port());
    orders.failed(next); // leaves it alone for half a minute
    // end::discovery
    assertThat(next).isEqualTo(me);
    soon(offered.withdraw());
  }
}
