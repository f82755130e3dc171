package conclave.compat.recipes;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.client.ConclaveClient;
import conclave.recipes.ServiceDiscovery;
import conclave.recipes.ServiceInstance;
import conclave.recipes.ServiceProvider;
import conclave.recipes.ServiceRegistration;
import conclave.recipes.Strategy;
import java.util.List;
import java.util.Map;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryOneTime;
import org.apache.curator.x.discovery.ServiceDiscoveryBuilder;
import org.apache.curator.x.discovery.ServiceInstanceBuilder;
import org.apache.curator.x.discovery.ServiceType;
import org.apache.curator.x.discovery.UriSpec;
import org.apache.curator.x.discovery.details.JsonInstanceSerializer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Service discovery and Curator's: each finds the other's providers, with all that they tell. */
final class DiscoveryBesideCuratorTest extends FaultTest {
  private CuratorFramework curator;
  private ServiceDiscovery ours;

  @BeforeEach
  void connectCurator() {
    curator =
        keep(
            CuratorFrameworkFactory.builder()
                .connectString(server.connectString())
                .sessionTimeoutMs(20_000)
                .retryPolicy(new RetryOneTime(100))
                .build());
    curator.start();
    ours = new ServiceDiscovery(client(), path);
  }

  private <T> org.apache.curator.x.discovery.ServiceDiscovery<T> theirs(Class<T> payloads)
      throws Exception {
    // As Curator is by itself: then it doesn't write whether a provider is enabled.
    return theirs(payloads, new JsonInstanceSerializer<>(payloads));
  }

  private <T> org.apache.curator.x.discovery.ServiceDiscovery<T> theirs(
      Class<T> payloads, JsonInstanceSerializer<T> serializer) throws Exception {
    var discovery =
        keep(
            ServiceDiscoveryBuilder.builder(payloads)
                .client(curator)
                .basePath(path)
                .serializer(serializer)
                .build());
    discovery.start();
    return discovery;
  }

  private ServiceProvider consumer() throws Exception {
    return keep(soon(ours.provider("orders", Strategy.roundRobin()).start()));
  }

  @Test
  void curatorReadsAllOfOurs() throws Exception {
    ServiceInstance instance =
        new ServiceInstance(
            "orders",
            "one",
            "10.0.0.1",
            8080,
            3,
            Map.of("zone", "a", "say", "\"\u00e4\u20ac\n"),
            1_700_000_000_123L,
            true);
    ServiceRegistration registration = soon(ours.register(instance));
    var theirs = theirs(Object.class);
    assertThat(theirs.queryForNames()).containsExactly("orders");

    var read = theirs.queryForInstance("orders", "one");
    assertThat(read.getName()).isEqualTo("orders");
    assertThat(read.getId()).isEqualTo("one");
    assertThat(read.getAddress()).isEqualTo("10.0.0.1");
    assertThat(read.getPort()).isEqualTo(8080);
    assertThat(read.getSslPort()).isNull();
    assertThat(read.getPayload())
        .isEqualTo(Map.of("zone", "a", "say", "\"\u00e4\u20ac\n", "weight", "3"));
    assertThat(read.getRegistrationTimeUTC()).isEqualTo(1_700_000_000_123L);
    assertThat(read.getServiceType()).isEqualTo(ServiceType.DYNAMIC);
    assertThat(read.getUriSpec()).isNull();
    assertThat(read.isEnabled()).isTrue();

    soon(registration.update(instance.withEnabled(false)));
    assertThat(theirs.queryForInstance("orders", "one").isEnabled()).isFalse();
  }

  @Test
  void curatorReadsOursWithoutAPayloadWhateverItsClassOfPayloads() throws Exception {
    soon(ours.register(ServiceInstance.of("orders", "10.0.0.1", 80).withId("plain")));
    assertThat(theirs(Void.class).queryForInstance("orders", "plain").getPayload()).isNull();
    assertThat(theirs(String.class).queryForInstances("orders")).hasSize(1);
  }

  @Test
  void curatorFollowsOurs() throws Exception {
    var following = theirs(Object.class).serviceProviderBuilder().serviceName("orders").build();
    following.start();
    keep(following);
    assertThat(following.getInstance()).isNull();
    ServiceInstance instance = ServiceInstance.of("orders", "10.0.0.1", 80).withWeight(2);
    ServiceRegistration registration = soon(ours.register(instance));
    until(() -> sees(following, 1));
    soon(registration.update(instance.withEnabled(false)));
    until(() -> sees(following, 0));
    soon(registration.update(instance));
    until(() -> sees(following, 1));
    soon(registration.withdraw());
    until(() -> sees(following, 0));
  }

  private static boolean sees(
      org.apache.curator.x.discovery.ServiceProvider<?> following, int providers) {
    try {
      return following.getAllInstances().size() == providers;
    } catch (Exception e) {
      // Curator's methods throw the class itself.
      throw new IllegalStateException(e);
    }
  }

  /** What somebody else's payload may be. */
  public static final class Details {
    public String zone = "b";
    public int cores = 4;
  }

  private static <T> ServiceInstanceBuilder<T> theirInstance(T payload) throws Exception {
    return org.apache.curator.x.discovery.ServiceInstance.<T>builder()
        .name("orders")
        .id("theirs")
        .address("10.0.0.7")
        .port(8080)
        .sslPort(8443)
        .payload(payload)
        .registrationTimeUTC(1_700_000_000_456L)
        .uriSpec(new UriSpec("{scheme}://{address}:{port}/orders?{name}"));
  }

  @ParameterizedTest
  @EnumSource(ServiceType.class)
  void weReadAllOfTheirs(ServiceType type) throws Exception {
    ServiceProvider consumer = consumer();
    var theirs = theirs(Details.class);
    var instance = theirInstance(new Details()).serviceType(type).build();
    theirs.registerService(instance);
    ServiceInstance expected =
        new ServiceInstance(
            "orders",
            "theirs",
            "10.0.0.7",
            8080,
            1,
            Map.of("zone", "b", "cores", "4"),
            1_700_000_000_456L,
            true);
    until(() -> consumer.instances().equals(List.of(expected)));
    assertThat(soon(ours.services())).containsExactly("orders");

    if (type == ServiceType.DYNAMIC_SEQUENTIAL) {
      // Curator looks for its znode without the number, and so leaves it until its session ends. It
      // may also have registered twice: when it hears only now that it is connected.
      until(
          () -> {
            for (String left : children(path + "/orders")) {
              direct.delete(path + "/orders/" + left, ConclaveClient.ANY_VERSION);
            }
            return consumer.instances().isEmpty();
          });
    } else {
      theirs.unregisterService(instance);
    }
    until(() -> consumer.instances().isEmpty());
  }

  @Test
  void weFollowTheirs() throws Exception {
    ServiceProvider consumer = consumer();
    var theirs = theirs(String.class, new JsonInstanceSerializer<>(String.class, false));
    theirs.registerService(theirInstance("a text").build());
    until(() -> consumer.instances().size() == 1);
    assertThat(consumer.instances().get(0).metadata()).isEqualTo(Map.of("payload", "a text"));
    theirs.updateService(theirInstance("a text").enabled(false).build());
    until(() -> consumer.instances().isEmpty());
    theirs.updateService(theirInstance("another").build());
    until(() -> consumer.instances().size() == 1);
    assertThat(consumer.instances().get(0).metadata()).isEqualTo(Map.of("payload", "another"));
    theirs.close();
    until(() -> consumer.instances().isEmpty());
  }

  @Test
  void anInstanceWithMapsGoesThereAndBack() throws Exception {
    ServiceInstance instance =
        ServiceInstance.of("orders", "10.0.0.1", 80).withWeight(5).withMetadata(Map.of("a", "b"));
    ServiceRegistration registration = soon(ours.register(instance));
    var theirs = theirs(Object.class);
    var read = theirs.queryForInstance("orders", instance.id());
    soon(registration.withdraw());
    theirs.registerService(read);
    ServiceProvider consumer = consumer();
    assertThat(consumer.instances()).containsExactly(instance);
  }
}
