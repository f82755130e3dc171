package conclave.recipes;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import conclave.client.SessionState;
import conclave.protocol.CreateMode;
import conclave.testkit.Relay;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ServiceDiscoveryTest extends RecipeTest {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final ServiceInstance ONE =
      ServiceInstance.of("orders", "10.0.0.1", 80).withId("one").withMetadata(Map.of("zone", "a"));
  private static final ServiceInstance TWO =
      ServiceInstance.of("orders", "10.0.0.2", 80).withId("two").withWeight(3);

  @Test
  void consumersFollowProviders() throws Exception {
    ServiceDiscovery discovery = new ServiceDiscovery(client(), path);
    ServiceProvider orders =
        keep(
            soon(
                new ServiceDiscovery(client(), path)
                    .provider("orders", Strategy.roundRobin())
                    .start()));
    assertThat(orders.next()).isEmpty();
    ServiceRegistration one = soon(discovery.register(ONE));
    ServiceRegistration two = soon(discovery.register(TWO));
    await().atMost(SOON).until(() -> orders.instances().equals(List.of(ONE, TWO)));
    assertThat(List.of(orders.next(), orders.next(), orders.next()))
        .map(next -> next.orElseThrow().id())
        .containsExactly("one", "two", "one");
    assertThat(soon(discovery.services())).containsExactly("orders");

    ServiceInstance paused = ONE.withEnabled(false);
    soon(one.update(paused));
    await().atMost(SOON).until(() -> orders.instances().equals(List.of(TWO)));
    assertThat(one.instance()).isEqualTo(paused);
    soon(two.withdraw());
    await().atMost(SOON).until(() -> orders.instances().isEmpty());
    assertThatThrownBy(() -> one.update(TWO)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void theListIsKeptWithoutAConnectionAndAProviderComesBack() throws Exception {
    Relay relay = relay();
    var consumer = clientBehind(relay);
    ServiceRegistration registration = soon(new ServiceDiscovery(consumer, path).register(ONE));
    ServiceProvider orders =
        keep(
            soon(
                new ServiceDiscovery(consumer, path)
                    .provider("orders", Strategy.roundRobin())
                    .start()));
    ServiceProvider elsewhere =
        keep(
            soon(
                new ServiceDiscovery(client(), path)
                    .provider("orders", Strategy.roundRobin())
                    .start()));
    relay.refuse();
    await().atMost(SOON).until(() -> elsewhere.next().isEmpty());
    await().atMost(SOON).until(() -> consumer.state() != SessionState.CONNECTED);
    assertThat(orders.next()).contains(ONE);
    assertThat(registration.isOffered()).isFalse();
    relay.open();
    await().atMost(SOON).until(() -> elsewhere.next().isPresent() && registration.isOffered());
    assertThat(orders.next()).contains(ONE);
  }

  @Test
  void whoFailsIsLeftAloneForAWhile() throws Exception {
    ServiceDiscovery discovery = new ServiceDiscovery(client(), path);
    soon(discovery.register(ONE));
    soon(discovery.register(TWO));
    AtomicLong nanos = new AtomicLong();
    ServiceProvider orders =
        keep(new ServiceProvider(client(), path + "/orders", Strategy.roundRobin(), nanos::get));
    soon(orders.start());
    orders.failed(ONE);
    assertThat(List.of(orders.next(), orders.next()))
        .map(next -> next.orElseThrow().id())
        .containsOnly("two");
    orders.failed(TWO);
    assertThat(orders.next()).as("better anybody than nobody").isPresent();
    nanos.addAndGet(ServiceProvider.DOWN_FOR.toNanos());
    assertThat(List.of(orders.next(), orders.next()))
        .map(next -> next.orElseThrow().id())
        .containsExactlyInAnyOrder("one", "two");
  }

  @Test
  void whatIsNoProviderIsPassedOver() throws Exception {
    direct.ensurePath(path + "/orders");
    direct.create(path + "/orders/junk", new byte[] {1, 2}, CreateMode.PERSISTENT);
    direct.create(path + "/orders/none", null, CreateMode.PERSISTENT);
    soon(new ServiceDiscovery(client(), path).register(ONE));
    ServiceProvider orders =
        keep(
            soon(
                new ServiceDiscovery(client(), path)
                    .provider("orders", Strategy.roundRobin())
                    .start()));
    assertThat(orders.instances()).containsExactly(ONE);
  }

  /** As Curator 5.9 writes it, with a payload of its user's own class. */
  @Test
  void readsCuratorsProviders() {
    String json =
        "{\"name\":\"orders\",\"id\":\"7\",\"address\":\"10.0.0.7\",\"port\":8080,\"sslPort\":null,"
            + "\"payload\":{\"@class\":\"com.example.Details\",\"zone\":\"b\",\"cores\":4},"
            + "\"registrationTimeUTC\":1700000000000,\"serviceType\":\"DYNAMIC\",\"uriSpec\":"
            + "{\"parts\":[{\"value\":\"address\",\"variable\":true}]},\"enabled\":true}";
    ServiceInstance read = ServiceInstance.fromJson(json.getBytes(UTF_8));
    assertThat(read)
        .isEqualTo(
            new ServiceInstance(
                "orders",
                "7",
                "10.0.0.7",
                8080,
                1,
                Map.of("zone", "b", "cores", "4"),
                1_700_000_000_000L,
                true));
    assertThat(
            ServiceInstance.fromJson(
                    "{\"name\":\"a\",\"id\":\"b\",\"payload\":\"x\"}".getBytes(UTF_8))
                .metadata())
        .isEqualTo(Map.of("payload", "x"));
  }

  /** Curator refuses a payload that is not of its consumer's class, and none is of every class. */
  @Test
  void thereIsNoPayloadWhereItWouldSayNothing() {
    assertThat(new String(ServiceInstance.of("orders", "a", 1).toJson(), UTF_8))
        .contains("\"payload\":null");
    assertThat(new String(TWO.toJson(), UTF_8)).contains("\"weight\":\"3\"");
  }

  @Test
  void whatIsWrittenIsRead() {
    ServiceInstance odd =
        TWO.withMetadata(Map.of("quote", "\"", "empty", "")).withEnabled(false).withWeight(0);
    assertThat(ServiceInstance.fromJson(odd.toJson())).isEqualTo(odd);
    assertThatThrownBy(() -> ServiceInstance.fromJson("{}".getBytes(UTF_8)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> ONE.withMetadata(Map.of("weight", "1")))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
