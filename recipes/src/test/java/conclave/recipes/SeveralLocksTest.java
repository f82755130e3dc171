package conclave.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import conclave.client.ConclaveClient;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** The reentrant lock, and several locks held together. */
class SeveralLocksTest extends RecipeTest {

  @Test
  void ownerMayComeAgainAndOthersMayNot() throws Exception {
    ReentrantLock lock = new ReentrantLock(client(), path);
    Held outer = soon(lock.acquire("me"));
    Held inner = soon(lock.acquire("me"));
    CompletableFuture<Held> other = lock.acquire("you");
    awaitChildren(2);
    assertThat(inner.token()).isEqualTo(outer.token());
    inner.close();
    inner.close();
    assertThat(inner.isHeld()).isFalse();
    assertThat(outer.isHeld()).isTrue();
    assertThat(other).isNotDone();
    outer.close();
    assertThat(soon(other).token()).isGreaterThan(outer.token());
    soon(other).close();
    awaitChildren(0);
    awaitNoWatches();
  }

  @Test
  void threadIsAnOwner() throws Exception {
    ReentrantLock lock = new ReentrantLock(client(), path);
    try (Held outer = lock.lock();
        Held inner = lock.lock()) {
      assertThat(inner.token()).isEqualTo(outer.token());
      assertThat(children()).hasSize(1);
    }
    assertThat(children()).isEmpty();
  }

  @Test
  void oneWaitOfSeveralCanBeCancelled() throws Exception {
    Held holder = soon(new Lock(client(), path).acquire());
    ReentrantLock lock = new ReentrantLock(client(), path);
    CompletableFuture<Held> first = lock.acquire("me");
    CompletableFuture<Held> second = lock.acquire("me");
    awaitChildren(2);
    first.cancel(false);
    holder.close();
    soon(second).close();
    CompletableFuture<Held> third = lock.acquire("me");
    soon(third).close();
    awaitChildren(0);
  }

  @Test
  void ownerOfALostLockQueuesUpAnew() throws Exception {
    ReentrantLock lock = new ReentrantLock(client(), path);
    Held lost = soon(lock.acquire("me"));
    direct.delete(path + "/" + children().get(0), ConclaveClient.ANY_VERSION);
    soon(lost.lost());
    Held again = soon(lock.acquire("me"));
    assertThat(again.isHeld()).isTrue();
    lost.close();
    assertThat(again.isHeld()).isTrue();
    again.close();
    awaitChildren(0);
  }

  @Test
  void allTogetherOrNone() throws Exception {
    ConclaveClient client = client();
    Lock a = new Lock(client, path + "/a");
    Lock b = new Lock(client, path + "/b");
    MultiLock both = new MultiLock(client, List.of(a, b));
    Held onlyB = soon(new Lock(client(), path + "/b").acquire());
    CompletableFuture<MultiLock.Locks> waiting = both.acquire();
    await()
        .atMost(Duration.ofMinutes(1))
        .until(() -> children(path + "/a").size() == 1 && children(path + "/b").size() == 2);
    waiting.cancel(false);
    await()
        .atMost(Duration.ofMinutes(1))
        .until(() -> children(path + "/a").isEmpty() && children(path + "/b").size() == 1);
    CompletableFuture<MultiLock.Locks> again = both.acquire();
    await().atMost(Duration.ofMinutes(1)).until(() -> children(path + "/b").size() == 2);
    onlyB.close();
    MultiLock.Locks held = soon(again);
    assertThat(held.isHeld()).isTrue();
    assertThat(held.certainFor()).isPositive();
    assertThat(held.each()).hasSize(2);
    assertThat(held.token()).isEqualTo(held.each().get(1).token()).isGreaterThan(onlyB.token());
    held.close();
    assertThat(children(path + "/a")).isEmpty();
    assertThat(children(path + "/b")).isEmpty();
    awaitNoWatches();
    assertThatThrownBy(() -> new MultiLock(client, List.of()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void oneThatIsLostWhileOthersAreWaitedForIsAskedForAgain() throws Exception {
    ConclaveClient client = client();
    MultiLock both =
        new MultiLock(
            client, List.of(new Lock(client, path + "/a"), new Lock(client, path + "/b")));
    Held onlyB = soon(new Lock(client(), path + "/b").acquire());
    CompletableFuture<MultiLock.Locks> waiting = both.acquire();
    await().atMost(Duration.ofMinutes(1)).until(() -> children(path + "/b").size() == 2);
    direct.delete(path + "/a/" + children(path + "/a").get(0), ConclaveClient.ANY_VERSION);
    onlyB.close();
    try (MultiLock.Locks held = soon(waiting)) {
      assertThat(held.isHeld()).isTrue();
      direct.delete(path + "/b/" + children(path + "/b").get(0), ConclaveClient.ANY_VERSION);
      assertThat(soon(held.lost())).isEqualTo(Loss.ZNODE_DELETED);
      assertThat(held.isHeld()).isFalse();
    }
  }
}
