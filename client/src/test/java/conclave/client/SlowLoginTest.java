package conclave.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.security.auth.Subject;
import javax.security.auth.callback.CallbackHandler;
import javax.security.auth.login.AppConfigurationEntry;
import javax.security.auth.login.AppConfigurationEntry.LoginModuleControlFlag;
import javax.security.auth.login.Configuration;
import javax.security.auth.login.FailedLoginException;
import javax.security.auth.login.LoginException;
import javax.security.auth.spi.LoginModule;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A key distribution centre that takes its time keeps nobody waiting but the login. */
@Timeout(300)
class SlowLoginTest {
  private static final int SESSION_TIMEOUT_MS = 600;

  private final CompletableFuture<Thread> asked = new CompletableFuture<>();
  private final CompletableFuture<Void> answer = new CompletableFuture<>();

  /** Stands for Kerberos': asks nobody, and fails when the test says so. */
  public static final class Waiting implements LoginModule {
    private Map<String, ?> options = Map.of();

    @Override
    public void initialize(
        Subject subject, CallbackHandler handler, Map<String, ?> state, Map<String, ?> given) {
      options = given;
    }

    @Override
    public boolean login() throws LoginException {
      SlowLoginTest test = (SlowLoginTest) options.get("test");
      test.asked.complete(Thread.currentThread());
      test.answer.join();
      throw new FailedLoginException("no");
    }

    @Override
    public boolean commit() {
      return true;
    }

    @Override
    public boolean abort() {
      return true;
    }

    @Override
    public boolean logout() {
      return true;
    }
  }

  @BeforeEach
  void configure() {
    Configuration.setConfiguration(
        new Configuration() {
          @Override
          public AppConfigurationEntry[] getAppConfigurationEntry(String name) {
            return new AppConfigurationEntry[] {
              new AppConfigurationEntry(
                  Waiting.class.getName(),
                  LoginModuleControlFlag.REQUIRED,
                  Map.of("test", SlowLoginTest.this))
            };
          }
        });
  }

  @AfterEach
  void restore() {
    answer.complete(null);
    Configuration.setConfiguration(null);
  }

  @Test
  void theClientsThreadDoesNotWaitForIt() throws Exception {
    ClientPorts ports = ClientPorts.open();
    try (ScriptedServer server = new ScriptedServer()) {
      CompletableFuture<ConclaveClient> client = connect(server, ports);
      try (ScriptedServer.Peer peer = server.acceptSession(SESSION_TIMEOUT_MS)) {
        Thread waits = asked.get(60, TimeUnit.SECONDS);
        assertThat(ports.loop().inEventLoop(waits)).isFalse();
        // Longer than any server would be left in peace, or waited for.
        ports
            .loop()
            .schedule(() -> {}, 2 * SESSION_TIMEOUT_MS, TimeUnit.MILLISECONDS)
            .get(60, TimeUnit.SECONDS);
        assertThat(client).isNotDone();
        answer.complete(null);
        assertThatThrownBy(() -> client.get(60, TimeUnit.SECONDS))
            .hasMessageContaining("AUTH_FAILED");
        assertThat(peer.isAtEnd()).as("nothing was said to it meanwhile").isTrue();
      }
    }
  }

  /** The second connection's login waits for the first's, whose connection is gone. */
  @Test
  void whatAConnectionWantedThatIsGoneIsOfNoConsequence() throws Exception {
    ClientPorts ports = ClientPorts.open();
    try (ScriptedServer server = new ScriptedServer()) {
      CompletableFuture<ConclaveClient> client = connect(server, ports);
      ScriptedServer.Peer gone = server.acceptSession(SESSION_TIMEOUT_MS);
      asked.get(60, TimeUnit.SECONDS);
      gone.close();
      try (ScriptedServer.Peer peer = server.acceptSession(SESSION_TIMEOUT_MS)) {
        assertThat(client).isNotDone();
        answer.complete(null);
        assertThatThrownBy(() -> client.get(60, TimeUnit.SECONDS))
            .hasMessageContaining("AUTH_FAILED");
        assertThat(peer.isAtEnd()).isTrue();
      }
    }
  }

  private static CompletableFuture<ConclaveClient> connect(
      ScriptedServer server, ClientPorts ports) {
    return ConclaveClient.connect(
        ConnectString.parse(server.address()),
        ClientOptions.defaults()
            .withSessionTimeoutMs(SESSION_TIMEOUT_MS)
            .withSasl(new SaslOptions.Kerberos("Slow", "zookeeper", "localhost")),
        ports);
  }
}
