package conclave.state;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.state.SessionExpiry.Handle;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class SessionExpiryTest {
  private static final long TICK = 2_000;

  @Example
  void aSilentSessionExpiresAtTheNextWholeTickOnce() {
    SessionExpiry expiry = new SessionExpiry(TICK);
    expiry.add(7, 4_000, 500);
    // (500 + 4000) / 2000 + 1 = 3 ticks
    assertThat(expiry.expire(2_000)).isEmpty();
    assertThat(expiry.expire(4_000)).isEmpty();
    assertThat(expiry.expire(5_999)).isEmpty();
    assertThat(expiry.expire(6_000)).containsExactly(7L);
    assertThat(expiry.expire(8_000)).isEmpty();
    assertThat(expiry.size()).isZero();
  }

  @Example
  void aTouchGivesItTheWholeTimeoutAgain() {
    SessionExpiry expiry = new SessionExpiry(TICK);
    Handle handle = expiry.add(7, 4_000, 0);
    long now = 0;
    for (; now < 100_000; now += 1_000) {
      handle.touch(now);
      assertThat(expiry.expire(now)).isEmpty();
    }
    assertThat(expiry.expire(now + 3_000)).isEmpty();
    assertThat(expiry.expire(now + 5_000)).containsExactly(7L);
  }

  @Example
  void aRemovedOneIsNotToldOf() {
    SessionExpiry expiry = new SessionExpiry(TICK);
    Handle gone = expiry.add(7, 4_000, 0);
    expiry.add(8, 4_000, 0);
    expiry.remove(gone);
    expiry.remove(gone);
    assertThat(expiry.size()).isEqualTo(1);
    for (long now = 0; now < 6_000; now += 1_000) {
      assertThat(expiry.expire(now)).isEmpty();
    }
    assertThat(expiry.expire(6_000)).containsExactly(8L);
    assertThat(expiry.nextDeadlineMs()).isEqualTo(Long.MAX_VALUE);
  }

  @Example
  void anotherTimeoutCounts() {
    SessionExpiry expiry = new SessionExpiry(TICK);
    Handle handle = expiry.add(7, 4_000, 0);
    handle.timeoutMs(10_000);
    for (long now = 0; now < 12_000; now += 1_000) {
      assertThat(expiry.expire(now)).as("%d", now).isEmpty();
    }
    assertThat(expiry.expire(12_000)).containsExactly(7L);
  }

  @Example
  void aPauseOfTheProcessIsNotChargedToTheSessions() {
    SessionExpiry expiry = new SessionExpiry(TICK);
    expiry.add(7, 4_000, 0);
    Handle spoke = expiry.add(8, 4_000, 0);
    assertThat(expiry.expire(2_000)).isEmpty();
    // Nothing runs for a minute; then one of them is read from its socket, and the check comes.
    long now = 62_000;
    spoke.touch(now);
    assertThat(expiry.expire(now)).isEmpty();
    // What was left to the silent one before the pause is left to it still, and no more.
    List<Long> expired = new ArrayList<>();
    long at = 0;
    for (; expired.isEmpty(); now += 1_000) {
      expired.addAll(expiry.expire(now));
      at = now;
    }
    assertThat(expired).containsExactly(7L);
    assertThat(at).isBetween(64_000L, 68_000L);
    assertThat(spoke.heardMs()).isEqualTo(62_000);
    assertThat(expiry.size()).isEqualTo(1);
  }

  /** Against the plain rule, for any order of touches and checks. */
  @Property(tries = 200)
  void asTheRuleSays(@ForAll long seed) {
    Random random = new Random(seed);
    SessionExpiry expiry = new SessionExpiry(TICK);
    Map<Long, Handle> handles = new HashMap<>();
    Map<Long, Long> heard = new HashMap<>();
    long now = random.nextInt(10_000);
    for (int i = 0; i < 300; i++) {
      now += random.nextInt(700);
      long id = random.nextInt(20);
      Handle handle = handles.get(id);
      if (handle == null) {
        handles.put(id, expiry.add(id, 4_000 + 500 * (int) id, now));
        heard.put(id, now);
      } else if (random.nextInt(30) == 0) {
        expiry.remove(handle);
        handles.remove(id);
      } else {
        handle.touch(now);
        heard.put(id, now);
      }
      List<Long> expected = new ArrayList<>();
      for (long known : handles.keySet()) {
        long deadline = ((heard.get(known) + 4_000 + 500 * known) / TICK + 1) * TICK;
        if (deadline <= now) {
          expected.add(known);
        }
      }
      List<Long> expired = expiry.expire(now);
      assertThat(expired).containsExactlyInAnyOrderElementsOf(expected);
      handles.keySet().removeAll(expired);
      assertThat(expiry.size()).isEqualTo(handles.size());
    }
  }
}
