package conclave.recipes;

import conclave.client.Children;
import conclave.client.ConclaveClient;
import conclave.client.Refusal;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Services, each provided by any number of processes, which others find and spread their work over.
 *
 * <pre>{@code
 * ServiceDiscovery discovery = new ServiceDiscovery(client, "/services");
 * ServiceInstance me = ServiceInstance.of("orders", "10.0.0.1", 8080).withWeight(2);
 * ServiceRegistration mine = discovery.register(me).join();
 *
 * ServiceProvider orders = discovery.provider("orders", Strategy.weighted()).start().join();
 * ServiceInstance next = orders.next().orElseThrow();
 * }</pre>
 *
 * <p><b>When sessions are lost:</b> a provider is found for as long as its session lives at the
 * servers: one that was killed, stands still or is cut off is gone a session timeout later, rounded
 * up to the servers' tick. It registers again by itself in its next session. A consumer keeps the
 * list that it knew last while its connection is lost, so it can go on working; it may then be
 * given a provider that is gone, which a call that fails and {@link ServiceProvider#failed} take
 * care of.
 *
 * <p>The layout is that of Curator's service discovery, so both find each other's providers: {@code
 * /services/NAME/ID}, ephemeral, with the provider as JSON.
 *
 * <p>Thread-safe.
 */
public final class ServiceDiscovery {
  private final ConclaveClient client;
  private final String root;

  /**
   * @param root the znode of all services, made with the first provider
   */
  public ServiceDiscovery(ConclaveClient client, String root) {
    this.client = client;
    this.root = root;
  }

  /**
   * Offers a service, until it is closed. Completes when the server knows. While another session
   * offers it with the same id, it waits for that one to go.
   */
  public CompletableFuture<ServiceRegistration> register(ServiceInstance instance) {
    String path = Group.childOf(Group.childOf(root, instance.service()), instance.id());
    return new ServiceRegistration(client, path, instance).start();
  }

  /** Follows the providers of a service, once it is started. */
  public ServiceProvider provider(String service, Strategy strategy) {
    return new ServiceProvider(client, Group.childOf(root, service), strategy, System::nanoTime);
  }

  /** The names of all services that were ever offered and still have a znode, sorted. */
  public CompletableFuture<List<String>> services() {
    return client
        .getChildren(root)
        .thenApply(
            outcome -> {
              Children children = outcome.orNullIf(Refusal.NO_NODE);
              return children == null ? List.of() : children.names().stream().sorted().toList();
            });
  }
}
