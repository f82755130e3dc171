package conclave.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import conclave.client.ConclaveClient;
import conclave.client.Registration;
import conclave.recipes.AtomicValue.Versioned;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AtomicValueTest extends CutTest {
  @Test
  void changesOnlyWhatIsAsExpected() {
    AtomicValue<String> mine = AtomicValue.ofString(client, path + "/value", "first");
    try (ConclaveClient other = ConclaveClient.connect(server().connectString()).join()) {
      AtomicValue<String> theirs = AtomicValue.ofString(other, path + "/value", "first");
      Versioned<String> seen = mine.get().join();
      assertThat(seen).isEqualTo(new Versioned<>("first", -1));
      assertThat(theirs.compareAndSet(seen, "theirs").join())
          .hasValue(new Versioned<>("theirs", 0));
      assertThat(mine.compareAndSet(seen, "mine").join()).isEmpty();
      assertThat(mine.update(now -> now + " and mine").join())
          .isEqualTo(new Versioned<>("theirs and mine", 1));
      assertThat(theirs.set("new").join()).isEqualTo(new Versioned<>("new", 2));
      assertThat(mine.compareAndSet(new Versioned<>("any", 2), "newer").join()).isPresent();
      assertThat(theirs.get().join().value()).isEqualTo("newer");
      mine.close().join();
    }
  }

  @Test
  void listenersAreToldTheValueOfNowAndLaterOnes() throws Exception {
    AtomicValue<Integer> value = AtomicValue.ofInt(client, path + "/value", 5);
    BlockingQueue<Integer> told = new LinkedBlockingQueue<>();
    try (Registration listening = value.onChange(now -> told.add(now.value()))) {
      assertThat(told.poll(60, TimeUnit.SECONDS)).isEqualTo(5);
      value.set(6).join();
      assertThat(told.poll(60, TimeUnit.SECONDS)).isEqualTo(6);
    }
    assertThat(direct.getData(path + "/value").data()).containsExactly(0, 0, 0, 6);
  }

  @Test
  void aMistakeOfTheStepIsItsCallers() {
    AtomicValue<String> value = AtomicValue.ofString(client, path + "/value", "x");
    assertThatThrownBy(
            () ->
                value
                    .update(
                        now -> {
                          throw new IllegalStateException("mistake");
                        })
                    .join())
        .hasMessageContaining("mistake");
    assertThat(value.set("y").join().value()).isEqualTo("y");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void everyChangeHappensOnceWhereverTheConnectionBreaks(boolean loseSession) throws Exception {
    Cuts.everywhere(
        server(),
        loseSession,
        (fragile, name) -> {
          AtomicValue<String> value =
              AtomicValue.ofString(fragile, path + "/" + name + "/value", "");
          assertThat(value.update(now -> now + "a").join()).isEqualTo(new Versioned<>("a", 0));
          Versioned<String> seen = value.update(now -> now + "b").join();
          assertThat(seen).isEqualTo(new Versioned<>("ab", 1));
          assertThat(value.compareAndSet(seen, "c").join()).hasValue(new Versioned<>("c", 2));
          assertThat(value.get().join()).isEqualTo(new Versioned<>("c", 2));
        });
  }
}
