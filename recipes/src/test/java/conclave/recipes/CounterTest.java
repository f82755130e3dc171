package conclave.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import conclave.client.ConclaveClient;
import conclave.protocol.CreateMode;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CounterTest extends CutTest {
  @Test
  void countsFromZero() throws Exception {
    Counter counter = new Counter(client, path + "/deep/counter");
    assertThat(counter.get().join()).isZero();
    assertThat(counter.increment().join()).isEqualTo(1);
    assertThat(counter.addBlocking(41)).isEqualTo(42);
    assertThat(counter.decrement().join()).isEqualTo(41);
    assertThat(counter.compareAndSet(40, 0).join()).isFalse();
    assertThat(counter.compareAndSet(41, 7).join()).isTrue();
    assertThat(counter.set(-3).join()).isEqualTo(-3);
    assertThat(counter.get().join()).isEqualTo(-3);
    assertThat(direct.getData(path + "/deep/counter").data())
        .containsExactly(-1, -1, -1, -1, -1, -1, -1, -3);
    counter.close().join();
  }

  @Test
  void aSumThatIsTooLargeFailsAlone() {
    Counter counter = new Counter(client, path + "/counter");
    counter.set(Long.MAX_VALUE - 1).join();
    CompletableFuture<Long> fits = counter.increment();
    CompletableFuture<Long> tooLarge = counter.increment();
    CompletableFuture<Long> back = counter.add(-5);
    assertThat(fits.join()).isEqualTo(Long.MAX_VALUE);
    assertThatThrownBy(tooLarge::join).hasCauseInstanceOf(ArithmeticException.class);
    assertThat(back.join()).isEqualTo(Long.MAX_VALUE - 5);
  }

  @Test
  void whatIsNoNumberIsSaid() {
    direct.create(path + "/counter", bytes("seven"), CreateMode.PERSISTENT);
    Counter counter = new Counter(client, path + "/counter");
    assertThatThrownBy(() -> counter.increment().join()).hasMessageContaining("has 5 bytes");
    assertThatThrownBy(() -> counter.get().join()).hasMessageContaining("has 5 bytes");
  }

  @Test
  void everyAdditionOfManyCounts() {
    List<ConclaveClient> clients = new ArrayList<>();
    List<CompletableFuture<Long>> all = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      ConclaveClient mine = ConclaveClient.connect(server().connectString()).join();
      clients.add(mine);
      Counter counter = new Counter(mine, path + "/counter");
      for (int n = 0; n < 500; n++) {
        all.add(counter.increment());
      }
    }
    assertThat(all.stream().map(CompletableFuture::join)).doesNotHaveDuplicates();
    assertThat(new Counter(client, path + "/counter").get().join()).isEqualTo(2_000);
    clients.forEach(ConclaveClient::close);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void everyAdditionCountsOnceWhereverTheConnectionBreaks(boolean loseSession) throws Exception {
    Cuts.everywhere(
        server(),
        loseSession,
        (fragile, name) -> {
          Counter counter = new Counter(fragile, path + "/" + name + "/counter");
          assertThat(counter.increment().join()).isEqualTo(1);
          assertThat(counter.add(2).join()).isEqualTo(3);
          assertThat(counter.compareAndSet(3, 10).join()).isTrue();
          assertThat(counter.compareAndSet(3, 11).join()).isFalse();
          assertThat(counter.get().join()).isEqualTo(10);
        });
  }
}
