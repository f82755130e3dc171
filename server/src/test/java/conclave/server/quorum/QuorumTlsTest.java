package conclave.server.quorum;

import static conclave.server.quorum.Members.vote;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import conclave.protocol.QuorumPacket;
import conclave.protocol.QuorumPacketType;
import conclave.server.auth.Certificates;
import conclave.server.auth.TlsException;
import conclave.server.config.ServerConfig.QuorumSecurity;
import conclave.server.quorum.QuorumInput.LeaderClosed;
import conclave.server.quorum.QuorumInput.LeaderConnected;
import conclave.server.quorum.QuorumInput.LeaderPackets;
import conclave.server.quorum.QuorumInput.LearnerConnected;
import conclave.server.quorum.QuorumInput.LearnerPackets;
import conclave.server.quorum.QuorumInput.Notified;
import conclave.server.quorum.QuorumInput.PeerLinkDown;
import conclave.server.quorum.QuorumInput.PeerLinkUp;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
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

  private final RecordingInbox first = new RecordingInbox();
  private final RecordingInbox second = new RecordingInbox();
  private final List<QuorumNetwork> open = new ArrayList<>();

  @BeforeAll
  static void makeCertificates() throws Exception {
    memberKeys = Certificates.keyStore(dir.resolve("member.p12"), "CN=member", "dns:localhost");
    eveKeys = Certificates.keyStore(dir.resolve("eve.p12"), "CN=eve", "dns:eve.example.org");
    trust = Certificates.trusting(dir.resolve("trust.jks"), "JKS", memberKeys);
    trustingEve = Certificates.trusting(dir.resolve("trusting.jks"), "JKS", memberKeys, eveKeys);
  }

  @AfterEach
  void stop() {
    open.forEach(QuorumNetwork::stop);
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

  private final List<Integer> ports = new ArrayList<>();

  private Members members(QuorumSecurity security) throws Exception {
    while (ports.size() < 4) {
      ports.add(Members.freePort());
    }
    return new Members()
        .with(1, ports.get(0), ports.get(1))
        .with(2, ports.get(2), ports.get(3))
        .security(security);
  }

  private QuorumNetwork start(long sid, QuorumSecurity security, RecordingInbox inbox)
      throws Exception {
    QuorumNetwork network = members(security).start(sid, inbox);
    open.add(network);
    return network;
  }

  private void meet(QuorumSecurity ofOne, QuorumSecurity ofTwo) throws Exception {
    QuorumNetwork one = start(1, ofOne, first);
    QuorumNetwork two = start(2, ofTwo, second);
    second.await(PeerLinkUp.class);
    first.await(PeerLinkUp.class);
    // What was said last may be said again: when it knocks, a peer may have lost its connection.
    one.sendNotification(2, vote(1, 1));
    assertThat(second.next(Notified.class).notification()).isEqualTo(vote(1, 1));
    two.sendNotification(1, vote(2, 1));
    assertThat(first.next(Notified.class).notification()).isEqualTo(vote(2, 1));
    two.connect(-1, 1);
    second.await(LeaderConnected.class);
    QuorumPacket info =
        new QuorumPacket(QuorumPacketType.FOLLOWERINFO, 0, new byte[] {0, 0, 0, 0, 0, 0, 0, 2});
    two.send(-1, info);
    two.flushLinks();
    long link = first.await(LearnerConnected.class).link();
    first.await(LearnerPackets.class);
    QuorumPacket proposal = new QuorumPacket(QuorumPacketType.PROPOSAL, 1, new byte[300_000]);
    one.send(link, proposal);
    one.flushLinks();
    assertThat(second.await(LeaderPackets.class).packets().get(0).data()).hasSize(300_000);
  }

  @Test
  void membersThatTrustEachOtherSpeakEncrypted() throws Exception {
    QuorumSecurity tls = tls(memberKeys, trust, Map.of());
    meet(tls, tls);
  }

  @Test
  void membersAreSwitchedOverOneByOne() throws Exception {
    QuorumSecurity plainButTakesBoth =
        tls(memberKeys, trust, Map.of("sslQuorum", false, "portUnification", true));
    meet(Members.security(Map.of()), plainButTakesBoth);
  }

  @Test
  void whatIsConfiguredForBothTakesTls() throws Exception {
    QuorumSecurity plainButTakesBoth =
        tls(memberKeys, trust, Map.of("sslQuorum", false, "portUnification", true));
    QuorumSecurity tlsButTakesBoth = tls(memberKeys, trust, Map.of("portUnification", true));
    meet(plainButTakesBoth, tlsButTakesBoth);
  }

  @Test
  void whoIsNotTrustedIsNotLetIn() throws Exception {
    QuorumNetwork one = start(1, tls(memberKeys, trust, Map.of()), first);
    first.expect(new PeerLinkDown(2));
    QuorumNetwork eve = start(2, tls(eveKeys, trustingEve, Map.of()), second);
    second.await(PeerLinkDown.class);
    eve.connect(-1, 1);
    QuorumPacket info =
        new QuorumPacket(QuorumPacketType.FOLLOWERINFO, 0, new byte[] {0, 0, 0, 0, 0, 0, 0, 2});
    eve.send(-1, info);
    eve.flushLinks();
    second.await(LeaderClosed.class);
    first.expectNothingMore();
    assertThat(one.quorumAddresses()).hasSize(1);
  }

  @Test
  void whoSpeaksPlainlyIsNotLetIn() throws Exception {
    QuorumNetwork one = start(1, tls(memberKeys, trust, Map.of()), first);
    first.expect(new PeerLinkDown(2));
    try (RawSocket plain = RawSocket.connect(one.electionAddresses().get(0))) {
      assertThat(plain.greet(2).isHungUpOn()).isTrue();
    }
    try (RawSocket plain = RawSocket.connect(one.quorumAddresses().get(0))) {
      assertThat(plain.greet(2).isHungUpOn()).isTrue();
    }
    first.expectNothingMore();
  }

  @Test
  void namesAreLookedAtWithoutFipsMode() throws Exception {
    QuorumSecurity anybody = tls(eveKeys, trustingEve, Map.of());
    QuorumSecurity careful = tls(memberKeys, trustingEve, Map.of("fips-mode", false));
    // Two opens the connection to one, who has a certificate of eve.example.org.
    start(1, anybody, first);
    QuorumNetwork two = start(2, careful, second);
    second.expect(new PeerLinkDown(1));
    two.connect(-1, 1);
    assertThat(second.await(LeaderClosed.class).why()).contains("127.0.0.1");
  }

  @Test
  void storesThatCannotBeLoadedAreTold() {
    QuorumSecurity none = tls(dir.resolve("none.p12"), trust, Map.of());
    assertThatThrownBy(() -> members(none).start(1, first))
        .isInstanceOf(ExecutionException.class)
        .cause()
        .isInstanceOf(TlsException.class)
        .hasMessageContaining("none.p12");
  }
}
