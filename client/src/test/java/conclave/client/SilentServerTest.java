package conclave.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import conclave.testkit.Relay;
import conclave.testkit.TestServer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A server that takes connections and says nothing, as one does that was stopped by a signal. */
@Timeout(300)
class SilentServerTest {
  private static final int SESSION_TIMEOUT_MS = 6_000;

  /** Three ways to one server look to a client like three members of an ensemble. */
  private final TestServer server = TestServer.start("tickTime=500");

  private Relay first;
  private Relay second;
  private Relay third;
  private List<SessionState> states;
  private ConclaveClient client;
  private long sessionId;

  /**
   * Tells a story of seconds. A machine that stands still at the wrong moment spoils it, though not
   * three times in a row.
   */
  private void inTime(Runnable story) {
    for (int left = 2; true; left--) {
      connectToTheFirst();
      try {
        story.run();
        return;
      } catch (AssertionError | ConditionTimeoutException e) {
        if (left == 0) {
          throw e;
        }
      } finally {
        disconnect();
      }
    }
  }

  private void connectToTheFirst() {
    first = Relay.to(server::port);
    second = Relay.to(server::port);
    third = Relay.to(server::port);
    states = new CopyOnWriteArrayList<>();
    second.refuse();
    third.refuse();
    String servers =
        String.join(",", first.connectString(), second.connectString(), third.connectString());
    ClientOptions options =
        ClientOptions.defaults().withSessionTimeoutMs(SESSION_TIMEOUT_MS).withRenewSession(false);
    client = ConclaveClient.connect(servers, options).join();
    sessionId = client.sessionId();
    client.onSession(event -> states.add(event.state()));
    await()
        .atMost(Duration.ofMinutes(1))
        .until(() -> states.equals(List.of(SessionState.CONNECTED)));
  }

  private void disconnect() {
    List.of(first, second, third).forEach(Relay::open);
    client.close();
    List.of(first, second, third).forEach(Relay::close);
  }

  @AfterEach
  void close() {
    server.close();
  }

  @Test
  void isLeftBeforeHalfOfTheSessionTimeoutIsOver() {
    inTime(
        () -> {
          second.open();
          third.open();
          first.stall();
          awaitConnectionWithin(SESSION_TIMEOUT_MS / 2);
        });
  }

  @Test
  void thereIsTimeForOneMoreThatIsSilentToo() {
    inTime(
        () -> {
          second.stall();
          third.open();
          first.stall();
          awaitConnectionWithin(SESSION_TIMEOUT_MS);
        });
  }

  @Test
  void whenAllAreSilentTheSessionEndsByTheClientsClock() {
    inTime(
        () -> {
          second.stall();
          third.stall();
          first.stall();
          await()
              .atMost(Duration.ofMillis(SESSION_TIMEOUT_MS + 500))
              .until(() -> states.contains(SessionState.LOST));
          assertThat(states)
              .containsExactly(SessionState.CONNECTED, SessionState.SUSPENDED, SessionState.LOST);
          assertThat(client.certainFor()).isZero();
        });
  }

  private void awaitConnectionWithin(int ms) {
    await()
        .pollInterval(Duration.ofMillis(20))
        .atMost(Duration.ofMillis(ms))
        .until(() -> states.size() >= 3);
    assertThat(states)
        .containsExactly(SessionState.CONNECTED, SessionState.SUSPENDED, SessionState.CONNECTED);
    assertThat(client.sessionId()).isEqualTo(sessionId);
    assertThat(client.exists("/").join()).isPresent();
  }
}
