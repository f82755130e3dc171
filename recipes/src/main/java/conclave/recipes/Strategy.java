package conclave.recipes;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * How a consumer spreads its work over a service's providers. Each object belongs to one consumer
 * and remembers what it needs to; all are thread-safe.
 */
@FunctionalInterface
public interface Strategy {
  /** Chooses among providers, whose order is the same each time; empty only if there are none. */
  Optional<ServiceInstance> choose(List<ServiceInstance> instances);

  /** One after the other. */
  static Strategy roundRobin() {
    AtomicInteger next = new AtomicInteger();
    return instances ->
        instances.isEmpty()
            ? Optional.empty()
            : Optional.of(instances.get(Math.floorMod(next.getAndIncrement(), instances.size())));
  }

  /** Any, each as likely as the others. */
  static Strategy random(RandomGenerator dice) {
    return instances ->
        instances.isEmpty()
            ? Optional.empty()
            : Optional.of(instances.get(dice.nextInt(instances.size())));
  }

  /** The same one for as long as it is there; then another one of this strategy's choice. */
  static Strategy sticky(Strategy first) {
    return new Strategy() {
      private @Nullable String chosen;

      @Override
      public synchronized Optional<ServiceInstance> choose(List<ServiceInstance> instances) {
        Optional<ServiceInstance> same =
            instances.stream().filter(instance -> instance.id().equals(chosen)).findFirst();
        Optional<ServiceInstance> now = same.isPresent() ? same : first.choose(instances);
        chosen = now.map(ServiceInstance::id).orElse(null);
        return now;
      }
    };
  }

  /**
   * Each as often as its weight says, compared to the others', and evenly mixed: of weights 2 and 1
   * it is A, B, A and again. Weight 0 gets nothing, unless all have it.
   */
  static Strategy weighted() {
    return new Strategy() {
      /** How far each is behind its share: it grows by the weight, and goes down when chosen. */
      private final Map<String, Long> credit = new HashMap<>();

      @Override
      public synchronized Optional<ServiceInstance> choose(List<ServiceInstance> instances) {
        credit.keySet().removeIf(id -> instances.stream().noneMatch(i -> i.id().equals(id)));
        boolean allZero = instances.stream().allMatch(instance -> instance.weight() == 0);
        long total = 0;
        for (ServiceInstance instance : instances) {
          int weight = allZero ? 1 : instance.weight();
          total += weight;
          credit.merge(instance.id(), (long) weight, Long::sum);
        }
        long sum = total;
        Optional<ServiceInstance> best =
            instances.stream()
                .filter(instance -> allZero || instance.weight() > 0)
                .max(Comparator.comparingLong(instance -> credit.getOrDefault(instance.id(), 0L)));
        best.ifPresent(instance -> credit.merge(instance.id(), -sum, Long::sum));
        return best;
      }
    };
  }
}
