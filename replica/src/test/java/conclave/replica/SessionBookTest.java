package conclave.replica;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.protocol.SessionTouches;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Who is alive, who is connected here, and what a learner tells its leader of that. */
class SessionBookTest {
  private static final int TICK_MS = 1_000;
  private static final int TIMEOUT_MS = 4_000;

  private final SessionBook book = new SessionBook(TICK_MS);

  private Map<Long, Integer> touched(long nowMs) {
    Map<Long, Integer> touched = new TreeMap<>();
    SessionTouches.read(book.touched(nowMs), touched::put);
    return touched;
  }

  @Test
  void aLeaderLetsSilentSessionsExpireOnce() {
    book.watchAll(Map.of(1L, TIMEOUT_MS, 2L, TIMEOUT_MS), 0);
    for (long nowMs = 500; nowMs <= 4_000; nowMs += 500) {
      assertThat(book.touch(2, TIMEOUT_MS, nowMs)).isTrue();
      assertThat(book.expired(nowMs)).isEmpty();
    }

    assertThat(book.expired(5_500)).containsExactly(1L);
    book.closing(1);
    assertThat(book.isAlive(1)).isFalse();
    assertThat(book.touch(1, TIMEOUT_MS, 5_500)).isFalse();
    assertThat(book.expired(6_000)).isEmpty();
  }

  @Test
  void aLearnerTellsWhoWasHeardFrom() {
    RecordingClient first = new RecordingClient(1);
    RecordingClient second = new RecordingClient(2);
    book.watchOwn(0);
    book.attach(1, TIMEOUT_MS, first, 10);
    book.attach(2, TIMEOUT_MS, second, 10);
    assertThat(touched(100)).containsOnlyKeys(1L, 2L);
    assertThat(touched(200)).as("nobody was heard from").isEmpty();

    book.attach(1, TIMEOUT_MS, first, 250);
    assertThat(touched(300)).containsExactly(Map.entry(1L, TIMEOUT_MS));
  }

  @Test
  void aLearnerTellsOnceMoreOfWhoHasLeft() {
    RecordingClient client = new RecordingClient(1);
    book.watchOwn(0);
    book.attach(1, TIMEOUT_MS, client, 50);

    book.detach(1, client);

    assertThat(touched(100)).containsOnlyKeys(1L);
    assertThat(touched(200)).isEmpty();
    assertThat(book.isAlive(1)).isFalse();
  }

  @Test
  void whoIsHeardFromRightBehindWhatTheLeaderWasToldAndLeavesIsToldOf() {
    RecordingClient client = new RecordingClient(1);
    book.watchOwn(0);
    book.attach(1, TIMEOUT_MS, client, 50);
    assertThat(touched(100)).containsOnlyKeys(1L);

    book.attach(1, TIMEOUT_MS, client, 100);
    book.detach(1, client);

    assertThat(touched(200)).containsOnlyKeys(1L);
  }

  @Test
  void whoTakesASessionUpEndsTheConnectionThatHadIt() {
    RecordingClient before = new RecordingClient(1);
    RecordingClient after = new RecordingClient(1);
    book.watchAll(Map.of(1L, TIMEOUT_MS), 0);
    book.attach(1, TIMEOUT_MS, before, 0);

    book.attach(1, TIMEOUT_MS, after, 1);
    book.detach(1, before);

    assertThat(before.isHungUpOn()).isTrue();
    assertThat(after.isHungUpOn()).isFalse();
    assertThat(book.owner(1)).as("what was before does not take it away").isSameAs(after);
  }

  @Test
  void aClosedSessionEndsItsConnectionUnlessItAskedForThat() {
    RecordingClient asking = new RecordingClient(1);
    RecordingClient expired = new RecordingClient(2);
    book.watchAll(Map.of(1L, TIMEOUT_MS, 2L, TIMEOUT_MS), 0);
    book.attach(1, TIMEOUT_MS, asking, 0);
    book.attach(2, TIMEOUT_MS, expired, 0);

    book.closed(1, asking);
    book.closed(2, null);

    assertThat(asking.isHungUpOn()).isFalse();
    assertThat(expired.isHungUpOn()).isTrue();
    assertThat(book.handles()).isEmpty();
  }

  @Test
  void localSessionsAreNobodyElsesBusiness() {
    RecordingClient client = new RecordingClient(1);
    book.watchOwn(0);
    book.createdLocal(1, TIMEOUT_MS, client, 10);

    assertThat(touched(100)).isEmpty();
    book.detach(1, client);
    assertThat(book.isLocal(1)).as("its client may come again").isTrue();
    book.expireLocal(3_000);
    assertThat(book.isLocal(1)).isTrue();
    book.expireLocal(4_500);
    book.expireLocal(6_000);
    assertThat(book.isLocal(1)).isFalse();
    assertThat(book.handles()).isEmpty();
  }

  @Test
  void anUpgradedSessionIsToldOf() {
    RecordingClient client = new RecordingClient(1);
    book.watchOwn(0);
    book.createdLocal(1, TIMEOUT_MS, client, 10);

    assertThat(book.upgraded(1)).isEqualTo(TIMEOUT_MS);
    book.created(1, TIMEOUT_MS, null, 20);

    assertThat(book.isLocal(1)).isFalse();
    assertThat(touched(100)).containsOnlyKeys(1L);
    assertThat(book.owner(1)).isSameAs(client);
  }
}
