package conclave.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import conclave.client.ConclaveClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class ReadWriteLockTest extends RecipeTest {

  private ReadWriteLock lock() {
    return new ReadWriteLock(client(), path);
  }

  @Test
  void readersTogetherWritersAlone() throws Exception {
    Held one = soon(lock().read().acquire());
    Held other = soon(lock().read().acquire());
    CompletableFuture<Held> writer = lock().write().acquire();
    awaitChildren(3);
    CompletableFuture<Held> lateReader = lock().read().acquire();
    awaitChildren(4);
    assertThat(one.isHeld() && other.isHeld()).isTrue();

    one.close();
    assertThat(writer).isNotDone();
    other.close();
    Held writing = soon(writer);
    assertThat(writing.token()).isGreaterThan(other.token());
    assertThat(lateReader).isNotDone();
    writing.close();
    assertThat(soon(lateReader).token()).isGreaterThan(writing.token());
    soon(lateReader).close();
    awaitNoWatches();
  }

  @Test
  void nodesAreNamedAsCuratorsAre() throws Exception {
    ReadWriteLock lock = lock();
    try (Held reading = lock.read().lock()) {
      assertThat(reading.isHeld()).isTrue();
      assertThat(children()).singleElement().asString().matches("_c_[0-9a-f-]{36}-__READ__\\d{10}");
    }
    try (Held writing = lock.write().lock()) {
      assertThat(writing.isHeld()).isTrue();
      assertThat(children()).singleElement().asString().matches("_c_[0-9a-f-]{36}-__WRIT__\\d{10}");
      assertThat(lock.read().tryLock(Duration.ZERO)).isEmpty();
      assertThat(lock.write().tryLock(Duration.ZERO)).isEmpty();
    }
  }

  @Test
  void readersWaitForTheLastWriterBeforeThemOnly() throws Exception {
    Held first = soon(lock().write().acquire());
    CompletableFuture<Held> second = lock().write().acquire();
    awaitChildren(2);
    List<CompletableFuture<Held>> readers = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      readers.add(lock().read().acquire());
      awaitChildren(3 + i);
    }
    // Five watch themselves, the second writer the first, three readers the second writer.
    awaitWatches(9);
    // The one that they wait for gives up: now they wait for the first.
    second.cancel(false);
    awaitChildren(4);
    awaitWatches(7);
    assertThat(readers).noneMatch(CompletableFuture::isDone);
    first.close();
    for (CompletableFuture<Held> reader : readers) {
      soon(reader);
    }
    for (CompletableFuture<Held> reader : readers) {
      soon(reader).close();
    }
    awaitNoWatches();
  }

  @Test
  void writerBecomesReaderBeforeTheWritersThatWait() throws Exception {
    ReadWriteLock lock = lock();
    Held writing = soon(lock.write().acquire());
    CompletableFuture<Held> nextWriter = lock().write().acquire();
    awaitChildren(2);
    Held reading = soon(lock.downgrade(writing));
    assertThat(reading.isHeld()).isTrue();
    awaitChildren(2);
    assertThat(writing.isHeld()).isFalse();
    assertThat(nextWriter).isNotDone();
    assertThat(reading.token()).isGreaterThan(writing.token());
    reading.close();
    soon(nextWriter).close();
    assertThatThrownBy(() -> lock.downgrade(reading)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void downgradeOfWhatIsLostFails() throws Exception {
    ReadWriteLock lock = lock();
    Held writing = soon(lock.write().acquire());
    direct.delete(path + "/" + children().get(0), ConclaveClient.ANY_VERSION);
    soon(writing.lost());
    assertThatThrownBy(() -> soon(lock.downgrade(writing)))
        .hasCauseInstanceOf(IllegalStateException.class);
    awaitChildren(0);
    awaitNoWatches();
  }
}
