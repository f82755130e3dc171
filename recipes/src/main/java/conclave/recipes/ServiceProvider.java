package conclave.recipes;

import conclave.client.Cache;
import conclave.client.ConclaveClient;
import conclave.client.Node;
import conclave.client.Registration;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The providers of one service, as a consumer follows them. While the connection is lost, the list
 * is the one known last. Thread-safe; listeners run on the client's thread.
 */
public final class ServiceProvider implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ServiceProvider.class);

  /** How long a provider that has failed is left alone; the same as Curator's. */
  static final Duration DOWN_FOR = Duration.ofSeconds(30);

  private final String path;
  private final Strategy strategy;
  private final LongSupplier clock;
  private final Cache cache;
  private final Map<String, Long> downSinceNanos = new ConcurrentHashMap<>();
  private final List<Consumer<List<ServiceInstance>>> listeners = new CopyOnWriteArrayList<>();
  private volatile List<ServiceInstance> instances = List.of();

  ServiceProvider(ConclaveClient client, String path, Strategy strategy, LongSupplier clock) {
    this.path = path;
    this.strategy = strategy;
    this.clock = clock;
    this.cache = client.cache(path, Cache.Depth.CHILDREN);
    cache.onChange(change -> refresh());
  }

  /** Completes when the providers are known. */
  public CompletableFuture<ServiceProvider> start() {
    return cache.start().thenApply(loaded -> this);
  }

  /** All that are offered and enabled, by id. */
  public List<ServiceInstance> instances() {
    return instances;
  }

  /** Whom to give the next piece of work; empty when there is nobody. */
  public Optional<ServiceInstance> next() {
    List<ServiceInstance> all = instances;
    List<ServiceInstance> well = all.stream().filter(instance -> !isDown(instance.id())).toList();
    // When everybody has failed, it is better to try than to give up.
    return strategy.choose(well.isEmpty() ? all : well);
  }

  /** A call to this provider has failed: it is given nothing for half a minute. */
  public void failed(ServiceInstance instance) {
    downSinceNanos.put(instance.id(), clock.getAsLong());
  }

  /** Is told of the providers at every change. */
  public Registration onChange(Consumer<List<ServiceInstance>> listener) {
    listeners.add(listener);
    return () -> listeners.remove(listener);
  }

  @Override
  public void close() {
    cache.close();
  }

  private boolean isDown(String id) {
    Long since = downSinceNanos.get(id);
    if (since != null && clock.getAsLong() - since >= DOWN_FOR.toNanos()) {
      downSinceNanos.remove(id, since);
      return false;
    }
    return since != null;
  }

  private void refresh() {
    List<ServiceInstance> found = new ArrayList<>();
    cache
        .nodes()
        .forEach(
            (at, node) -> {
              if (!at.equals(path)) {
                read(at, node).filter(ServiceInstance::enabled).ifPresent(found::add);
              }
            });
    if (!found.equals(instances)) {
      instances = List.copyOf(found);
      downSinceNanos
          .keySet()
          .removeIf(id -> found.stream().noneMatch(instance -> instance.id().equals(id)));
      listeners.forEach(listener -> listener.accept(instances));
    }
  }

  private static Optional<ServiceInstance> read(String at, Node node) {
    byte[] data = node.data();
    try {
      return Optional.of(ServiceInstance.fromJson(data == null ? new byte[0] : data));
    } catch (IllegalArgumentException e) {
      LOG.warn("{} is not a provider that can be read: {}", at, e.getMessage());
      return Optional.empty();
    }
  }
}
