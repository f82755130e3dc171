package conclave.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import conclave.client.ConclaveClient;
import conclave.client.Registration;
import conclave.recipes.Configuration.Revision;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigurationTest extends CutTest {
  private static final Setting<Integer> THREADS =
      Setting.ofInt("threads", 8).where(n -> n > 0, "greater than 0");

  private Configuration by(String author) {
    return new Configuration(client, path, author);
  }

  @Test
  void everyChangeIsInTheHistoryWithItsAuthor() {
    assertThat(by("alice").get(THREADS).join()).isEqualTo(8);
    assertThat(by("alice").history(THREADS).join()).isEmpty();
    by("alice").set(THREADS, 16).join();
    by("bob").set(THREADS, 32).join();
    assertThat(by("alice").get(THREADS).join()).isEqualTo(32);
    List<Revision> history = by("alice").history(THREADS).join();
    assertThat(history).extracting(Revision::text).containsExactly("16", "32");
    assertThat(history).extracting(Revision::author).containsExactly("alice", "bob");
    Revision back = by("carol").rollBack(THREADS, history.get(0).number()).join();
    assertThat(back.rolledBackTo()).hasValue(history.get(0).number());
    assertThat(back.author()).isEqualTo("carol");
    assertThat(by("alice").get(THREADS).join()).isEqualTo(16);
    assertThat(by("alice").history(THREADS).join()).hasSize(3).last().isEqualTo(back);
    assertThatThrownBy(() -> by("alice").rollBack(THREADS, 1_000).join())
        .hasMessageContaining("no revision 1000");
  }

  @Test
  void whatIsNotAllowedIsNotWritten() {
    Configuration config = by("alice");
    config.set(THREADS, 5).join();
    assertThatThrownBy(() -> config.set(THREADS, 0)).hasMessageContaining("greater than 0");
    assertThatThrownBy(() -> config.setText(THREADS, "x")).hasMessageContaining("whole number");
    assertThat(config.setText(THREADS, "6").join().text()).isEqualTo("6");
    assertThat(config.get(THREADS).join()).isEqualTo(6);
  }

  @Test
  void theValueIsPlainTextThatOtherToolsMayWrite() {
    Configuration config = by("alice");
    config.set(THREADS, 5).join();
    String value = path + "/values/threads";
    assertThat(direct.getData(value).data()).isEqualTo(bytes("5"));
    direct.setData(value, bytes("12"), ConclaveClient.ANY_VERSION);
    assertThat(config.get(THREADS).join()).isEqualTo(12);
    direct.setData(value, bytes("a dozen"), ConclaveClient.ANY_VERSION);
    assertThatThrownBy(() -> config.get(THREADS).join())
        .hasMessageContaining(value)
        .hasMessageContaining("a dozen");
  }

  @Test
  void listenersAreToldWhatIsAllowed() throws Exception {
    Configuration config = by("alice");
    BlockingQueue<Integer> told = new LinkedBlockingQueue<>();
    BlockingQueue<Throwable> refused = new LinkedBlockingQueue<>();
    try (Registration listening = config.onChange(THREADS, told::add, refused::add)) {
      assertThat(told.poll(60, TimeUnit.SECONDS)).isEqualTo(8);
      config.set(THREADS, 9).join();
      assertThat(told.poll(60, TimeUnit.SECONDS)).isEqualTo(9);
      direct.setData(path + "/values/threads", bytes("-1"), ConclaveClient.ANY_VERSION);
      assertThat(refused.poll(60, TimeUnit.SECONDS)).hasMessageContaining("greater than 0");
      config.set(THREADS, 10).join();
      assertThat(told.poll(60, TimeUnit.SECONDS)).isEqualTo(10);
    }
  }

  @Test
  void anExpectedRevisionHasToBeTheNewest() {
    Configuration config = by("alice");
    Revision first = config.set(THREADS, 1).join();
    Revision second = config.compareAndSet(THREADS, first, 2).join().orElseThrow();
    assertThat(config.compareAndSet(THREADS, first, 3).join()).isEmpty();
    assertThat(config.compareAndSet(THREADS, second, 4).join()).isPresent();
    assertThat(config.get(THREADS).join()).isEqualTo(4);
  }

  @Test
  void theOldestRevisionsGo() {
    Configuration config = new Configuration(client, path, "alice", 5);
    for (int i = 1; i <= 41; i++) {
      config.set(THREADS, i).join();
    }
    await()
        .atMost(Duration.ofMinutes(1))
        .untilAsserted(() -> assertThat(config.history(THREADS).join()).hasSizeBetween(5, 15));
    assertThat(config.history(THREADS).join()).last().extracting(Revision::text).isEqualTo("41");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void everyChangeIsMadeOnceWhereverTheConnectionBreaks(boolean loseSession) throws Exception {
    Cuts.everywhere(
        server(),
        loseSession,
        (fragile, name) -> {
          Configuration config = new Configuration(fragile, path + "/" + name, "alice");
          config.set(THREADS, 1).join();
          Revision two = config.set(THREADS, 2).join();
          Optional<Revision> three = config.compareAndSet(THREADS, two, 3).join();
          assertThat(three).isPresent();
          config.rollBack(THREADS, two.number()).join();
          assertThat(config.get(THREADS).join()).isEqualTo(2);
          assertThat(config.history(THREADS).join())
              .extracting(Revision::text)
              .containsExactly("1", "2", "3", "2");
        });
  }
}
