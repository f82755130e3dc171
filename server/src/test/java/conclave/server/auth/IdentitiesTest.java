package conclave.server.auth;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.protocol.ClientInfo;
import conclave.protocol.Id;
import conclave.server.admin.Counter;
import conclave.server.admin.ServerMetrics;
import conclave.server.config.ConfigException;
import conclave.server.config.ZooCfg;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class IdentitiesTest {

  private static final Id HERE = new Id("ip", "10.1.2.3");
  private static final List<Id> NEW = List.of(HERE);

  private final ServerMetrics metrics = new ServerMetrics();

  private Identities identities(String... lines) {
    try {
      String text = "dataDir=/d\nclientPort=1\n" + String.join("\n", lines);
      return new Identities(ZooCfg.parse(text, Map.of()).security(), metrics);
    } catch (ConfigException e) {
      throw new AssertionError(e);
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void addressIsThereFromTheStart() throws UnknownHostException {
    assertThat(identities().ofAddress(InetAddress.getByAddress(new byte[] {10, 1, 2, 3})))
        .containsExactly(HERE);
    assertThat(identities().ofAddress(InetAddress.getByName("::1")))
        .containsExactly(new Id("ip", "0:0:0:0:0:0:0:1"));
  }

  /** The hash is what Apache's own tool prints for super:test. */
  @Test
  void digestIsHashedAndAdded() {
    Id digest = new Id("digest", "super:D/InIHSb7yEEbrWz8b9l71RjZJU=");

    List<Id> ids = identities().authenticate("digest", bytes("super:test"), NEW);

    assertThat(ids).containsExactly(HERE, digest);
    assertThat(identities().authenticate("digest", bytes("super:test"), ids))
        .containsExactly(HERE, digest);
  }

  @Test
  void digestAlgorithmIsConfigurable() {
    assertThat(
            identities("DigestAuthenticationProvider.digestAlg=SHA-256")
                .authenticate("digest", bytes("ann:secret"), List.of()))
        .containsExactly(new Id("digest", Identities.digest("SHA-256", "ann:secret")))
        .doesNotContain(new Id("digest", Identities.digest("SHA1", "ann:secret")));
  }

  @Test
  void passwordMayHaveColonsAndUserMayBeAlone() {
    assertThat(Identities.digest("SHA1", "a:b:c"))
        .startsWith("a:")
        .isNotEqualTo(Identities.digest("SHA1", "a:b"));
    assertThat(Identities.digest("SHA1", "alone")).startsWith("alone:");
  }

  @Test
  void superDigestMakesTheSuperUser() {
    Identities withSuper =
        identities("DigestAuthenticationProvider.superDigest=super:D/InIHSb7yEEbrWz8b9l71RjZJU\\=");

    assertThat(withSuper.authenticate("digest", bytes("super:test"), NEW))
        .contains(new Id("super", ""));
    assertThat(withSuper.authenticate("digest", bytes("super:other"), NEW))
        .doesNotContain(new Id("super", ""));
  }

  @Test
  void whatProvesNothingFails() {
    assertThat(identities().authenticate("digest", null, NEW)).isNull();
    assertThat(identities().authenticate("nosuch", bytes("x"), NEW)).isNull();
    assertThat(identities().authenticate("super", bytes("x"), NEW)).isNull();
    assertThat(identities().authenticate("world", bytes("anyone"), NEW)).isNull();
    assertThat(identities().authenticate("sasl", bytes("x"), NEW)).isNull();
    assertThat(
            identities("DigestAuthenticationProvider.enabled=false")
                .authenticate("digest", bytes("a:b"), NEW))
        .isNull();
    assertThat(identities("secureClientPort=2").authenticate("x509", null, NEW)).isNull();
    assertThat(
            identities("authProvider.1=org.apache.zookeeper.server.auth.SASLAuthenticationProvider")
                .authenticate("sasl", bytes("x"), NEW))
        .isNull();
  }

  @Test
  void whatIsKnownAlreadyIsConfirmed() {
    List<Id> tls = List.of(HERE, new Id("x509", "CN=ann"));

    assertThat(identities().authenticate("ip", null, NEW)).isEqualTo(NEW);
    assertThat(identities("secureClientPort=2").authenticate("x509", null, tls)).isEqualTo(tls);
  }

  @Test
  void ensembleNameIsChecked() {
    String provider =
        "authProvider.1=org.apache.zookeeper.server.auth.EnsembleAuthenticationProvider";
    Identities ours = identities(provider, "ensembleAuthName=east, west");

    assertThat(ours.authenticate("ensemble", bytes("west"), NEW)).isEqualTo(NEW);
    assertThat(ours.authenticate("ensemble", bytes("north"), NEW)).isNull();
    assertThat(ours.authenticate("ensemble", null, NEW)).isEqualTo(NEW);
    assertThat(identities(provider).authenticate("ensemble", bytes("north"), NEW)).isEqualTo(NEW);
    assertThat(identities().authenticate("ensemble", bytes("east"), NEW)).isNull();
    assertThat(metrics.read(Counter.ENSEMBLE_AUTH_SUCCESS)).isEqualTo(1);
    assertThat(metrics.read(Counter.ENSEMBLE_AUTH_FAIL)).isEqualTo(1);
    assertThat(metrics.read(Counter.ENSEMBLE_AUTH_SKIP)).isEqualTo(2);
  }

  @Test
  void sessionsMayBeMadeToAuthenticate() {
    Identities strict = identities("enforce.auth.enabled=true", "enforce.auth.schemes=digest");

    assertThat(identities().mayAct(NEW)).isTrue();
    assertThat(strict.mayAct(NEW)).isFalse();
    assertThat(strict.mayAct(List.of(HERE, new Id("digest", "a:b")))).isTrue();
  }

  @Test
  void whoAmIShowsNamesOnly() {
    assertThat(
            identities()
                .whoAmI(
                    List.of(
                        HERE,
                        new Id("digest", "ann:hash"),
                        new Id("super", "x"),
                        new Id("x509", "CN=ann"))))
        .containsExactly(
            new ClientInfo("ip", "10.1.2.3"),
            new ClientInfo("digest", "ann"),
            new ClientInfo("super", ""),
            new ClientInfo("x509", ""));
  }

  @Test
  void schemesAreThoseOfTheConfiguration() {
    assertThat(identities("letAnySaslUserDoX=any").schemes().names())
        .containsExactlyInAnyOrder("ip", "digest");
    assertThat(identities("letAnySaslUserDoX=any").schemes().anySaslUserName()).isEqualTo("any");
  }
}
