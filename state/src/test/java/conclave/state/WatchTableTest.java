package conclave.state;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.protocol.Acl;
import conclave.protocol.EventType;
import conclave.protocol.Id;
import conclave.protocol.OpCode;
import conclave.protocol.Request;
import conclave.state.WatchTable.Mode;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the oracle test doesn't reach: two tables, replays, dumps, figures. */
class WatchTableTest {
  private final Harness h = new Harness();
  private final WatchTable table = new WatchTable();
  private final Harness.Named w = new Harness.Named("w", 1);
  private final Harness.Named v = new Harness.Named("v", 2);

  WatchTableTest() {
    h.state.attach(table);
    h.create("/a");
    h.create("/a/b");
  }

  @Test
  void allTablesHearOfAChangeByTheSameEvent() {
    WatchTable other = new WatchTable();
    h.state.attach(other);
    table.add("/a", w, Mode.DATA);
    other.add("/a", v, Mode.PERSISTENT);
    List<WatchEvent> events = new ArrayList<>();
    h.state.apply(
        h.prepare(new Request.SetData("/a", null, -1)), (event, watcher) -> events.add(event));
    assertThat(events).hasSize(2);
    assertThat(events.get(0)).isSameAs(events.get(1));
    assertThat(events.get(0))
        .isEqualTo(new WatchEvent(EventType.NODE_DATA_CHANGED, "/a", h.zxid, Acl.OPEN));
    assertThat(table.isEmpty()).isTrue();
    h.state.detach(other);
    h.set("/a", "again");
    assertThat(h.events).isEmpty();
    assertThat(other.counts()).isEqualTo(new WatchTable.Counts(1, 1, 1, 1));
  }

  @Test
  void aDeletedZnodeIsToldOnceWhateverWatches() {
    for (Mode mode : Mode.values()) {
      table.add("/a/b", w, mode);
    }
    table.add("/a", w, Mode.CHILD);
    table.add("/", w, Mode.PERSISTENT_RECURSIVE);
    h.delete("/a/b");
    assertThat(h.events)
        .containsExactly("w NODE_DELETED /a/b " + h.zxid, "w NODE_CHILDREN_CHANGED /a " + h.zxid);
    assertThat(table.contains("/a/b", w, Mode.DATA)).isFalse();
    assertThat(table.contains("/a/b", w, Mode.CHILD)).isFalse();
    assertThat(table.contains("/a/b", w, Mode.PERSISTENT)).isTrue();
    assertThat(table.contains("/a/b", w, Mode.PERSISTENT_RECURSIVE)).isTrue();
    h.events.clear();
    h.create("/a/b");
    assertThat(h.events).containsExactly("w NODE_CREATED /a/b " + h.zxid);
  }

  @Test
  void theEventCarriesTheAclOfWhatChanged() {
    List<Acl> guarded = List.of(new Acl(Acl.ALL, new Id("ip", "127.0.0.1")));
    table.add("/a/c", w, Mode.DATA);
    table.add("/a", w, Mode.CHILD);
    List<WatchEvent> events = new ArrayList<>();
    EventSink sink = (event, watcher) -> events.add(event);
    h.state.apply(h.prepare(new Request.Create(OpCode.CREATE, "/a/c", null, guarded, 0, 0)), sink);
    assertThat(events).extracting(WatchEvent::acl).containsExactly(guarded, Acl.OPEN);
    events.clear();
    table.add("/a/c", w, Mode.DATA);
    h.state.apply(h.prepare(new Request.Delete("/a/c", -1)), sink);
    assertThat(events).extracting(WatchEvent::acl).containsExactly(guarded);
  }

  @Test
  void aReconnectedClientIsToldWhatItMissedAndWatchesTheRest() {
    long seen = h.zxid;
    h.create("/same");
    h.set("/a", "changed");
    h.create("/new");
    h.create("/a/c");
    h.delete("/a/b");
    long now = h.zxid;
    Request.SetWatches request =
        new Request.SetWatches(
            OpCode.SET_WATCHES2,
            seen,
            List.of("/a", "/a/b", "/zookeeper"),
            List.of("/new", "/missing"),
            List.of("/a", "/a/b", "/zookeeper"),
            List.of("/a"),
            List.of("/a"));
    List<WatchEvent> events = new ArrayList<>();
    h.state.setWatches(request, w, table, (event, watcher) -> events.add(event));
    assertThat(events)
        .containsExactly(
            new WatchEvent(EventType.NODE_DATA_CHANGED, "/a", -1, Acl.OPEN),
            new WatchEvent(EventType.NODE_DELETED, "/a/b", -1, List.of()),
            new WatchEvent(EventType.NODE_CREATED, "/new", -1, Acl.OPEN),
            new WatchEvent(EventType.NODE_CHILDREN_CHANGED, "/a", -1, Acl.OPEN),
            new WatchEvent(EventType.NODE_DELETED, "/a/b", -1, List.of()));
    assertThat(table.contains("/zookeeper", w, Mode.DATA)).isTrue();
    assertThat(table.contains("/zookeeper", w, Mode.CHILD)).isTrue();
    assertThat(table.contains("/missing", w, Mode.DATA)).isTrue();
    assertThat(table.contains("/a", w, Mode.PERSISTENT)).isTrue();
    assertThat(table.contains("/a", w, Mode.PERSISTENT_RECURSIVE)).isTrue();
    assertThat(table.contains("/a", w, Mode.DATA)).isFalse();
    assertThat(table.contains("/new", w, Mode.DATA)).isFalse();

    // From where it is now nothing has happened.
    WatchTable fresh = new WatchTable();
    Request.SetWatches again =
        new Request.SetWatches(
            OpCode.SET_WATCHES, now, List.of("/a"), List.of(), List.of("/a"), List.of(), List.of());
    h.state.setWatches(again, w, fresh, (event, watcher) -> events.clear());
    assertThat(events).hasSize(5);
    assertThat(fresh.counts()).isEqualTo(new WatchTable.Counts(1, 1, 1, 1));
  }

  @Test
  void figuresAndDumps() {
    table.add("/a", w, Mode.DATA);
    table.add("/a", v, Mode.CHILD);
    table.add("/a/b", v, Mode.PERSISTENT);
    table.add("/a/b", v, Mode.PERSISTENT);
    table.add("/a/b", w, Mode.PERSISTENT_RECURSIVE);
    assertThat(table.counts()).isEqualTo(new WatchTable.Counts(2, 2, 3, 2));
    assertThat(table.dataWatchesByPath())
        .hasSize(2)
        .containsEntry("/a", List.of(1L))
        .hasEntrySatisfying(
            "/a/b", sessions -> assertThat(sessions).containsExactlyInAnyOrder(1L, 2L));
    assertThat(table.dataWatchesBySession())
        .hasSize(2)
        .containsEntry(2L, List.of("/a/b"))
        .hasEntrySatisfying(1L, paths -> assertThat(paths).containsExactlyInAnyOrder("/a", "/a/b"));
    table.remove(v);
    table.remove(v);
    assertThat(table.counts()).isEqualTo(new WatchTable.Counts(1, 2, 2, 0));
    assertThat(table.removeAny("/a", w)).isTrue();
    assertThat(table.removeAny("/a", w)).isFalse();
    assertThat(table.remove("/a/b", w, Mode.DATA)).isFalse();
    assertThat(table.remove("/a/b", w, Mode.PERSISTENT_RECURSIVE)).isTrue();
    assertThat(table.isEmpty()).isTrue();
    assertThat(table.counts()).isEqualTo(new WatchTable.Counts(0, 0, 0, 0));
  }

  @Test
  void numbersAreUsedAgainWithoutMixingAnybodyUp() {
    List<Harness.Named> watchers = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      watchers.add(new Harness.Named("w" + i, i));
    }
    for (int round = 0; round < 20; round++) {
      for (int i = 0; i < 50; i++) {
        for (int p = 0; p < 30; p++) {
          table.add("/p" + (p * 7 + i * 3) % 40, watchers.get(i), Mode.values()[(p + i) % 4]);
        }
      }
      for (int i = round % 3; i < 50; i += 3) {
        table.remove(watchers.get(i));
      }
      for (int p = 0; p < 40; p += 3) {
        table.fire(
            new Change(EventType.NODE_DELETED, "/p" + p, 1, Acl.OPEN), (event, watcher) -> {});
      }
    }
    watchers.forEach(table::remove);
    assertThat(table.counts()).isEqualTo(new WatchTable.Counts(0, 0, 0, 0));
    assertThat(table.isEmpty()).isTrue();
  }
}
