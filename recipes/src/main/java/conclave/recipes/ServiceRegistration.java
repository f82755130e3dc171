package conclave.recipes;

import conclave.client.ConclaveClient;
import java.util.concurrent.CompletableFuture;

/**
 * One provider's offer of a service, kept through lost sessions until it is closed. Thread-safe.
 */
public final class ServiceRegistration implements AutoCloseable {
  private final Membership membership;
  private volatile ServiceInstance instance;

  ServiceRegistration(ConclaveClient client, String path, ServiceInstance instance) {
    this.membership = new Membership(client, path, instance.toJson(), () -> {});
    this.instance = instance;
  }

  CompletableFuture<ServiceRegistration> start() {
    return membership.start().thenApply(in -> this);
  }

  /** What consumers see. */
  public ServiceInstance instance() {
    return instance;
  }

  /** Whether consumers can see it, as far as this client can know. */
  public boolean isOffered() {
    return membership.isIn();
  }

  /** Changes weight, metadata and the like; completes when the server has it. */
  public CompletableFuture<Void> update(ServiceInstance next) {
    if (!next.service().equals(instance.service()) || !next.id().equals(instance.id())) {
      throw new IllegalArgumentException(
          "service and id stay: " + instance.service() + " " + instance.id());
    }
    instance = next;
    return membership.setData(next.toJson());
  }

  /** Takes the offer back; completes when the server has forgotten it. */
  public CompletableFuture<Void> withdraw() {
    return membership.leave();
  }

  /** Takes the offer back, without waiting. */
  @Override
  public void close() {
    membership.close();
  }
}
