package conclave.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import conclave.client.ConclaveClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UniqueIdsTest extends CutTest {
  @Test
  void numbersGrowFromZero() throws Exception {
    UniqueIds ids = new UniqueIds(client, path + "/ids", 10);
    for (long expected = 0; expected < 35; expected++) {
      assertThat(ids.nextBlocking()).isEqualTo(expected);
    }
    ids.close().join();
  }

  @Test
  void nobodyHasANumberTwice() {
    List<CompletableFuture<Long>> all = new ArrayList<>();
    List<ConclaveClient> clients = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      ConclaveClient mine = ConclaveClient.connect(server().connectString()).join();
      clients.add(mine);
      UniqueIds ids = new UniqueIds(mine, path + "/ids", 7);
      for (int n = 0; n < 200; n++) {
        all.add(ids.next());
      }
    }
    assertThat(all.stream().map(CompletableFuture::join)).doesNotHaveDuplicates();
    clients.forEach(ConclaveClient::close);
  }

  @Test
  void aSeriesThatWasSetBackIsNoticed() throws Exception {
    UniqueIds ids = new UniqueIds(client, path + "/ids", 2);
    for (int i = 0; i < 6; i++) {
      ids.nextBlocking();
    }
    direct.deleteTree(path + "/ids");
    assertThatThrownBy(
            () -> {
              for (int i = 0; i < 6; i++) {
                ids.nextBlocking();
              }
            })
        .hasMessageContaining("was set back");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void nobodyHasANumberTwiceWhereverTheConnectionBreaks(boolean loseSession) throws Exception {
    Queue<Long> given = new ConcurrentLinkedQueue<>();
    Cuts.everywhere(
        server(),
        loseSession,
        (fragile, name) -> {
          UniqueIds ids = new UniqueIds(fragile, path + "/ids", 2);
          for (int i = 0; i < 5; i++) {
            given.add(ids.nextBlocking());
          }
        });
    assertThat(given).hasSizeGreaterThan(50).doesNotHaveDuplicates();
  }
}
