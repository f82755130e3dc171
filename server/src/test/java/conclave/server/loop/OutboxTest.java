package conclave.server.loop;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.protocol.EventType;
import conclave.replica.Client;
import conclave.replica.Delivery;
import conclave.state.WatchEvent;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the replica offers comes out in the same order, events of one change together. */
final class OutboxTest {
  private static final WatchEvent FIRST = changed("/a");
  private static final WatchEvent SECOND = changed("/b");

  private final List<String> wakes = new ArrayList<>();
  private final Outbox outbox = new Outbox(() -> wakes.add("woken"));

  @Test
  void oneEventForManyComesOutOnce() {
    for (int i = 0; i < 20; i++) {
      tell(FIRST, i);
    }
    assertThat(taken()).isEmpty();
    outbox.seal();
    assertThat(taken()).containsExactly("/a to 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19");
  }

  @Test
  void nothingOvertakes() {
    tell(FIRST, 1);
    tell(SECOND, 2);
    tell(FIRST, 3);
    outbox.offer(new Delivery.Close(new Named(3)));
    tell(FIRST, 4);
    outbox.seal();
    assertThat(taken()).containsExactly("/a to 1", "/b to 2", "/a to 3", "close 3", "/a to 4");
  }

  @Test
  void equalEventsOfTwoChangesStayTwo() {
    tell(changed("/a"), 1);
    tell(changed("/a"), 1);
    outbox.seal();
    assertThat(taken()).containsExactly("/a to 1", "/a to 1");
  }

  @Test
  void theLoopIsWokenForWhatWasGatheredAndOnlyThen() {
    outbox.flush();
    assertThat(wakes).isEmpty();
    tell(FIRST, 1);
    outbox.flush();
    assertThat(wakes).hasSize(1);
    tell(FIRST, 2);
    outbox.flush();
    assertThat(wakes).hasSize(1);
    assertThat(taken()).containsExactly("/a to 1", "/a to 2");
    outbox.awake();
    tell(FIRST, 3);
    outbox.flush();
    assertThat(wakes).hasSize(2);
  }

  private static WatchEvent changed(String path) {
    return new WatchEvent(EventType.NODE_DATA_CHANGED, path, 1, List.of());
  }

  private void tell(WatchEvent event, int client) {
    outbox.offer(new Delivery.Event(new Named(client), event));
  }

  private List<String> taken() {
    List<String> all = new ArrayList<>();
    for (Object next = outbox.poll(); next != null; next = outbox.poll()) {
      if (next instanceof Outbox.Told told) {
        StringBuilder text = new StringBuilder(told.event().path()).append(" to");
        told.forEach(client -> text.append(' ').append(client.sessionId()));
        all.add(text.toString());
      } else {
        all.add("close " + ((Delivery.Close) next).client().sessionId());
      }
    }
    return all;
  }

  private record Named(long sessionId) implements Client {
    @Override
    public void deliver(Delivery delivery) {
      throw new UnsupportedOperationException();
    }
  }
}
