package conclave.server.quorum;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import conclave.protocol.QuorumPacket;
import conclave.protocol.QuorumPacketType;
import conclave.server.auth.Certificates;
import conclave.server.auth.TlsException;
import conclave.server.config.ServerConfig.QuorumSecurity;
import conclave.server.quorum.QuorumInput.LeaderClosed;
import conclave.server.quorum.QuorumInput.PeerLinkDown;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two members with certificates, or without, or with those of somebody else. */
class QuorumTlsTest {
  @TempDir static Path dir;
  private static Path memberKeys;
  private static Path eveKeys;
  private static Path trust;
  private static Path trustingEve;

  private final TwoMembers two = new TwoMembers();

  @BeforeAll
  static void makeCertificates() throws Exception {
    memberKeys = Certificates.keyStore(dir.resolve("member.p12"), "CN=member", "dns:localhost");
    eveKeys = Certificates.keyStore(dir.resolve("eve.p12"), "CN=eve", "dns:eve.example.org");
    trust = Certificates.trusting(dir.resolve("trust.jks"), "JKS", memberKeys);
    trustingEve = Certificates.trusting(dir.resolve("trusting.jks"), "JKS", memberKeys, eveKeys);
  }

  @AfterEach
  void stop() {
    two.close();
  }

  private static QuorumSecurity tls(Path keys, Path trusted, Map<String, ?> more) {
    Map<String, Object> lines = new HashMap<>();
    lines.put("sslQuorum", true);
    lines.put("ssl.quorum.keyStore.location", keys);
    lines.put("ssl.quorum.keyStore.password", Certificates.PASSWORD);
    lines.put("ssl.quorum.trustStore.location", trusted);
    lines.put("ssl.quorum.trustStore.password", Certificates.PASSWORD);
    lines.putAll(more);
    return Members.security(lines);
  }

  @Test
  void membersThatTrustEachOtherSpeakEncrypted() throws Exception {
    QuorumSecurity tls = tls(memberKeys, trust, Map.of());
    two.meet(tls, tls);
  }

  @Test
  void membersAreSwitchedOverOneByOne() throws Exception {
    QuorumSecurity plainButTakesBoth =
        tls(memberKeys, trust, Map.of("sslQuorum", false, "portUnification", true));
    two.meet(Members.security(Map.of()), plainButTakesBoth);
  }

  @Test
  void whatIsConfiguredForBothTakesTls() throws Exception {
    QuorumSecurity plainButTakesBoth =
        tls(memberKeys, trust, Map.of("sslQuorum", false, "portUnification", true));
    QuorumSecurity tlsButTakesBoth = tls(memberKeys, trust, Map.of("portUnification", true));
    two.meet(plainButTakesBoth, tlsButTakesBoth);
  }

  @Test
  void whoIsNotTrustedIsNotLetIn() throws Exception {
    QuorumNetwork one = two.start(1, tls(memberKeys, trust, Map.of()));
    two.first.expect(new PeerLinkDown(2));
    QuorumNetwork eve = two.start(2, tls(eveKeys, trustingEve, Map.of()));
    two.second.await(PeerLinkDown.class);
    eve.connect(-1, 1);
    QuorumPacket info =
        new QuorumPacket(QuorumPacketType.FOLLOWERINFO, 0, new byte[] {0, 0, 0, 0, 0, 0, 0, 2});
    eve.send(-1, info);
    eve.flushLinks();
    two.second.await(LeaderClosed.class);
    two.first.expectNothingMore();
    assertThat(one.quorumAddresses()).hasSize(1);
  }

  @Test
  void whoSpeaksPlainlyIsNotLetIn() throws Exception {
    QuorumNetwork one = two.start(1, tls(memberKeys, trust, Map.of()));
    two.first.expect(new PeerLinkDown(2));
    try (RawSocket plain = RawSocket.connect(one.electionAddresses().get(0))) {
      assertThat(plain.greet(2).isHungUpOn()).isTrue();
    }
    try (RawSocket plain = RawSocket.connect(one.quorumAddresses().get(0))) {
      assertThat(plain.greet(2).isHungUpOn()).isTrue();
    }
    two.first.expectNothingMore();
  }

  @Test
  void namesAreLookedAtWithoutFipsMode() throws Exception {
    QuorumSecurity anybody = tls(eveKeys, trustingEve, Map.of());
    QuorumSecurity careful = tls(memberKeys, trustingEve, Map.of("fips-mode", false));
    // Two opens the connection to one, who has a certificate of eve.example.org.
    two.start(1, anybody);
    QuorumNetwork network = two.start(2, careful);
    two.second.expect(new PeerLinkDown(1));
    network.connect(-1, 1);
    assertThat(two.second.await(LeaderClosed.class).why()).contains("127.0.0.1");
  }

  @Test
  void storesThatCannotBeLoadedAreTold() {
    QuorumSecurity none = tls(dir.resolve("none.p12"), trust, Map.of());
    assertThatThrownBy(() -> two.start(1, none))
        .isInstanceOf(ExecutionException.class)
        .cause()
        .isInstanceOf(TlsException.class)
        .hasMessageContaining("none.p12");
  }
}
