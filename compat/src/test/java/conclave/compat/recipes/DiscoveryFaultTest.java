package conclave.compat.recipes;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.client.ConclaveClient;
import conclave.client.SessionState;
import conclave.compat.recipes.FrameRelay.Fault;
import conclave.recipes.ServiceDiscovery;
import conclave.recipes.ServiceInstance;
import conclave.recipes.ServiceProvider;
import conclave.recipes.ServiceRegistration;
import conclave.recipes.Strategy;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Service discovery, when providers die and stand still and connections break. */
final class DiscoveryFaultTest extends FaultTest {
  /** What a busy machine may add to a session's timeout. */
  private static final Duration BUSY = Duration.ofSeconds(15);

  private ActorProcess provider(String id) {
    return actor(TogetherActor.class, "provide", id);
  }

  /** One whose session ends by itself soon after it was heard of last. */
  private ActorProcess mortal(String id) {
    return shortLived(server.connectString(), TogetherActor.class, "provide", id);
  }

  private static void register(ActorProcess... providers) throws InterruptedException {
    awaitReady(providers);
    for (ActorProcess provider : providers) {
      provider.tell("register");
      provider.await("offered");
    }
  }

  private ServiceProvider consumer(ConclaveClient client) throws Exception {
    return keep(
        soon(new ServiceDiscovery(client, path).provider("orders", Strategy.roundRobin()).start()));
  }

  private static List<String> ids(ServiceProvider consumer) {
    return consumer.instances().stream().map(ServiceInstance::id).toList();
  }

  @Test
  void whoIsKilledOrStandsStillIsGoneInTimeAndComesBack() throws Exception {
    ServiceProvider orders = consumer(client());
    ActorProcess dies = mortal("dies");
    ActorProcess stops = mortal("stops");
    register(dies, stops);
    until(() -> ids(orders).equals(List.of("dies", "stops")));
    ServiceInstance known = orders.instances().get(1);

    // By themselves: nothing else than the sessions' timeouts makes them go.
    long began = System.nanoTime();
    dies.kill();
    stops.pause();
    until(() -> orders.instances().isEmpty());
    assertThat(Duration.ofNanos(System.nanoTime() - began))
        .isLessThan(Duration.ofMillis(SHORT_SESSION_MS).plus(BUSY));
    assertThat(orders.next()).isEmpty();
    stops.resume();

    until(() -> ids(orders).equals(List.of("stops")));
    assertThat(orders.next()).contains(known);
    // The same one, killed and started anew, of which the old session has not heard.
    ActorProcess again = provider("stops");
    awaitReady(again);
    stops.kill();
    again.tell("register");
    again.await("offered");
    until(() -> ids(orders).equals(List.of("stops")) && !orders.instances().contains(known));
    expire(stops);
    assertThat(ids(orders)).containsExactly("stops");
  }

  @Test
  void withoutANetworkAConsumerKeepsItsListAndAProviderIsGone() throws Exception {
    FrameRelay relay = relay();
    ConclaveClient cutOff = client(relay.connectString());
    ServiceProvider there = consumer(cutOff);
    ServiceProvider here = consumer(client());
    ActorProcess far = actorVia(relay.connectString(), TogetherActor.class, "provide", "far");
    ActorProcess near = provider("near");
    register(far, near);
    until(() -> ids(here).equals(List.of("far", "near")) && ids(there).size() == 2);

    relay.refuse();
    expire(far);
    until(() -> ids(here).equals(List.of("near")));
    until(() -> cutOff.state() != SessionState.CONNECTED);
    assertThat(ids(there)).containsExactly("far", "near");
    near.kill();
    expire(near);
    until(() -> here.instances().isEmpty());
    assertThat(there.next()).isPresent();
    relay.open();

    until(() -> ids(here).equals(List.of("far")) && ids(there).equals(List.of("far")));
  }

  @ParameterizedTest
  @EnumSource(Fault.class)
  void faultAtEachStepOfProviding(Fault fault) throws Exception {
    ConclaveClient other = client();
    int steps =
        atEachStep(
            fault,
            (relay, path) -> {
              ServiceProvider orders =
                  keep(
                      soon(
                          new ServiceDiscovery(other, path)
                              .provider("orders", Strategy.roundRobin())
                              .start()));
              try (ConclaveClient unlucky = unlucky(relay)) {
                ServiceInstance first = ServiceInstance.of("orders", "10.0.0.1", 80);
                ServiceRegistration offer =
                    soon(new ServiceDiscovery(unlucky, path).register(first));
                until(() -> orders.instances().equals(List.of(first)));
                ServiceInstance second = first.withMetadata(Map.of("zone", "b"));
                soon(offer.update(second));
                until(() -> orders.instances().equals(List.of(second)));
                soon(offer.withdraw());
                until(() -> orders.instances().isEmpty());
                assertThat(children(path + "/orders")).isEmpty();
              }
            });
    assertThat(steps).isGreaterThanOrEqualTo(4);
  }
}
