package conclave.server.quorum;

import static conclave.server.quorum.Members.vote;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import conclave.server.auth.SaslSetupException;
import conclave.server.config.ServerConfig.QuorumSecurity;
import conclave.server.quorum.QuorumInput.LeaderClosed;
import conclave.server.quorum.QuorumInput.PeerLinkDown;
import java.util.HashMap;
import java.util.Map;
import javax.security.auth.login.AppConfigurationEntry;
import javax.security.auth.login.AppConfigurationEntry.LoginModuleControlFlag;
import javax.security.auth.login.Configuration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Two members that prove to each other who they are, or can't. */
class QuorumSaslTest {
  private static final String DIGEST = "org.apache.zookeeper.server.auth.DigestLoginModule";

  private static @Nullable Configuration before;

  private final TwoMembers two = new TwoMembers();

  @BeforeAll
  static void describe() {
    try {
      before = Configuration.getConfiguration();
    } catch (SecurityException e) {
      // There is none, which the JDK tells in this way.
      before = null;
    }
    Configuration.setConfiguration(
        new Sections(
            Map.of(
                "QuorumServer",
                entry(DIGEST, Map.of("user_ann", "secret")),
                "QuorumLearner",
                entry(DIGEST, Map.of("username", "ann", "password", "secret")),
                "Wrong",
                entry(DIGEST, Map.of("username", "ann", "password", "guess")),
                "Kerberos",
                entry("com.sun.security.auth.module.Krb5LoginModule", Map.of()))));
  }

  private static AppConfigurationEntry entry(String module, Map<String, String> options) {
    return new AppConfigurationEntry(module, LoginModuleControlFlag.REQUIRED, options);
  }

  private static final class Sections extends Configuration {
    private final Map<String, AppConfigurationEntry> sections;

    Sections(Map<String, AppConfigurationEntry> sections) {
      this.sections = sections;
    }

    @Override
    public AppConfigurationEntry @Nullable [] getAppConfigurationEntry(String name) {
      AppConfigurationEntry entry = sections.get(name);
      return entry == null ? null : new AppConfigurationEntry[] {entry};
    }
  }

  @AfterAll
  static void forget() {
    Configuration.setConfiguration(before);
  }

  @AfterEach
  void stop() {
    two.close();
  }

  private static QuorumSecurity sasl(boolean proves, boolean requires, Map<String, ?> more) {
    Map<String, Object> lines = new HashMap<>();
    lines.put("quorum.auth.enableSasl", true);
    lines.put("quorum.auth.learnerRequireSasl", proves);
    lines.put("quorum.auth.serverRequireSasl", requires);
    lines.put("fips-mode", false);
    lines.putAll(more);
    return Members.security(lines);
  }

  @Test
  void membersProveWhoTheyAre() throws Exception {
    QuorumSecurity both = sasl(true, true, Map.of());
    two.meet(both, both);
  }

  @Test
  void whoProvesItMeetsWhoDoesNotAskForIt() throws Exception {
    two.meet(sasl(true, false, Map.of()), sasl(false, false, Map.of()));
  }

  @Test
  void whoDoesNotProveItMeetsWhoDoesNotAskForIt() throws Exception {
    two.meet(sasl(false, false, Map.of()), sasl(true, false, Map.of()));
  }

  @Test
  void whoSpeaksNoSaslMeetsWhoDoesNotAskForIt() throws Exception {
    two.meet(Members.security(Map.of()), sasl(false, false, Map.of()));
  }

  @Test
  void aWrongPasswordIsNotLetIn() throws Exception {
    QuorumNetwork one = two.start(1, sasl(true, true, Map.of()));
    two.first.expect(new PeerLinkDown(2));
    QuorumNetwork wrong =
        two.start(2, sasl(true, true, Map.of("quorum.auth.learner.saslLoginContext", "Wrong")));
    two.second.await(PeerLinkDown.class);
    wrong.connect(-1, 1);
    wrong.send(-1, TwoMembers.INFO);
    wrong.flushLinks();
    assertThat(two.second.await(LeaderClosed.class).why()).contains("SASL");
    two.first.expectNothingMore();
    assertThat(one.quorumAddresses()).hasSize(1);
  }

  @Test
  void whoProvesNothingIsNotLetIn() throws Exception {
    QuorumNetwork one = two.start(1, sasl(true, true, Map.of()));
    two.first.expect(new PeerLinkDown(2));
    try (RawSocket raw = RawSocket.connect(one.electionAddresses().get(0))) {
      assertThat(raw.greet(2).send(vote(2, 1)).isHungUpOn()).isTrue();
    }
    try (RawSocket raw = RawSocket.connect(one.quorumAddresses().get(0))) {
      assertThat(raw.send(TwoMembers.INFO).isHungUpOn()).isTrue();
    }
    two.first.expectNothingMore();
  }

  @Test
  void whatCannotBeSetUpIsTold() {
    assertThatThrownBy(
            () ->
                two.start(
                    1, sasl(true, true, Map.of("quorum.auth.server.saslLoginContext", "Kerberos"))))
        .cause()
        .isInstanceOf(SaslSetupException.class)
        .hasMessageContaining("Krb5LoginModule");
    assertThatThrownBy(
            () ->
                two.start(
                    1, sasl(true, true, Map.of("quorum.auth.server.saslLoginContext", "None"))))
        .cause()
        .isInstanceOf(SaslSetupException.class)
        .hasMessageContaining("None");
    assertThatThrownBy(() -> two.start(1, sasl(true, true, Map.of("fips-mode", true))))
        .cause()
        .isInstanceOf(SaslSetupException.class)
        .hasMessageContaining("fips-mode=false");
  }
}
