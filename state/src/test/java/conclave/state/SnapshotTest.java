package conclave.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import conclave.protocol.MalformedRecordException;
import conclave.protocol.Request;
import java.util.Map;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Snapshots are of one moment, whatever happens while they are taken. */
class SnapshotTest {

  @Property(tries = 25)
  void aSnapshotIsTheTreeAtItsZxid(@ForAll long seed) {
    Requests random = new Requests(seed);
    StateConfig config = StateConfig.DEFAULT.withExtendedTypes(true);
    StateMachine state = new StateMachine(config);
    Model model = new Model(true);
    SnapshotImage image = null;
    Map<String, String> taken = null;
    Map<String, String> expected = null;
    long digest = 0;
    int finished = 0;
    for (int i = 1; i <= 400; i++) {
      Request request = i <= 3 ? new Request.CreateSession(5_000) : random.next();
      Caller caller = i <= 3 ? new Caller(i, 0, Requests.ALICE) : random.caller();
      model.run(request, caller, i, 1_000 + i);
      state.apply(state.prepare(request, caller, i, 1_000 + i), EventSink.NONE);
      if (image == null && random.below(10) == 0) {
        image = state.beginSnapshot();
        expected = model.image();
        digest = state.digest();
        taken = Images.start(image);
      } else if (image != null && random.below(40) == 0) {
        image.close();
        image = null;
      } else if (image != null && random.below(3) > 0) {
        SnapshotImage from = image;
        Map<String, String> to = taken;
        if (!image.next(node -> Images.add(from, node, to), 1 + random.below(4))) {
          assertThat(taken).isEqualTo(expected);
          assertThat(image.digest()).isEqualTo(digest);
          assertThat(image.next(node -> {}, 1)).isFalse();
          image = null;
          finished++;
        }
      }
    }
    net.jqwik.api.statistics.Statistics.label("finished").collect(finished > 0);
  }

  @Example
  void marksThatComeRoundAreTakenOffFirst() {
    Harness h = new Harness();
    for (int i = 0; i < 600; i++) {
      h.create("/n" + i);
      SnapshotImage image = h.state.beginSnapshot();
      image.next(node -> {}, i % 7);
      image.close();
    }
    assertThat(Images.of(h.state)).hasSize(4 + 600 + 1);
    for (int i = 0; i < 300; i++) {
      h.set("/n1", "x" + i);
      assertThat(Images.of(h.state)).hasSize(4 + 600 + 1);
    }
  }

  @Example
  void oneAtATime() {
    Harness h = new Harness();
    SnapshotImage image = h.state.beginSnapshot();
    assertThatThrownBy(h.state::beginSnapshot).isInstanceOf(IllegalStateException.class);
    image.close();
    h.state.beginSnapshot().close();
  }

  @Example
  void manyChildrenAndLongNames() {
    Harness h = new Harness();
    String longName = "/" + "n".repeat(300);
    h.create(longName);
    h.create(longName + "/" + "水".repeat(100));
    for (int i = 0; i < 2_000; i++) {
      h.create("/child-" + i);
    }
    StateMachine loaded = Images.reload(h.state, StateConfig.DEFAULT);
    assertThat(loaded.nodeCount()).isEqualTo(h.state.nodeCount());
    assertThat(loaded.digest()).isEqualTo(h.state.digest());
    assertThat(loaded.digestMismatches()).isZero();
    assertThat(loaded.approximateDataSize()).isEqualTo(h.state.approximateDataSize());
    assertThat(loaded.stat(longName).numChildren()).isEqualTo(1);
    assertThat(loaded.stat(longName + "/" + "水".repeat(100))).isNotNull();
  }

  @Example
  void aTreeThatIsNoneIsRefused() {
    Restore rootless = StateMachine.restore(StateConfig.DEFAULT, Notices.NONE);
    assertThatThrownBy(() -> rootless.finish(1)).isInstanceOf(MalformedRecordException.class);
    Restore orphan = StateMachine.restore(StateConfig.DEFAULT, Notices.NONE);
    orphan.node("", null, -1, StoredStat.ZERO);
    for (String path : new String[] {"/a/b", "a", "/a/", "//a"}) {
      assertThatThrownBy(() -> orphan.node(path, null, -1, StoredStat.ZERO))
          .as(path)
          .isInstanceOf(MalformedRecordException.class);
    }
    orphan.node("/a", null, -1, StoredStat.ZERO);
    assertThatThrownBy(() -> orphan.node("/a", null, -1, StoredStat.ZERO))
        .isInstanceOf(MalformedRecordException.class);
    assertThatThrownBy(() -> orphan.nodes(new byte[] {-1, -1, -1, -1, 0, 0, 0, 0}, 0, 8))
        .isInstanceOf(MalformedRecordException.class);
  }

  @Example
  void aWrongDigestIsTold() {
    Harness h = new Harness();
    h.create("/a");
    StringBuilder told = new StringBuilder();
    Restore restore =
        StateMachine.restore(
            StateConfig.DEFAULT,
            new Notices() {
              @Override
              public void digestMismatch(long zxid, long expected, long actual) {
                told.append(zxid).append(' ').append(expected);
              }
            });
    restore.node("", new byte[0], -1, StoredStat.ZERO);
    restore.digest(7, 2, 42);
    StateMachine state = restore.finish(7);
    assertThat(told).hasToString("7 42");
    assertThat(state.digestMismatches()).isEqualTo(1);
  }
}
