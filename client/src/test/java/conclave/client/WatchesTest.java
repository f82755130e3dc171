package conclave.client;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.protocol.ErrorCode;
import conclave.protocol.EventType;
import conclave.protocol.JuteWriter;
import conclave.protocol.OpCode;
import conclave.protocol.Request;
import conclave.protocol.Request.SetWatches;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class WatchesTest {
  private final Watches watches = new Watches();

  @Test
  void nothingWatchedIsNothingToRestore() {
    watches.answered(new Request.GetData("/a", false), ErrorCode.OK);
    watches.answered(new Request.GetData("/b", true), ErrorCode.NO_NODE);
    assertThat(watches.restore(1)).isEmpty();
  }

  @Test
  void watchesThatStaySurviveTheirEventsAndOneShotWatchesDoNot() {
    watches.answered(new Request.GetChildren(OpCode.GET_CHILDREN2, "/a", true), ErrorCode.OK);
    watches.answered(new Request.GetData("/a", true), ErrorCode.OK);
    watches.answered(new Request.AddWatch("/a", 1), ErrorCode.OK);
    watches.fired(EventType.NODE_CHILDREN_CHANGED, "/a");
    watches.fired(EventType.NODE_DATA_CHANGED, "/a");
    assertThat(watches.restore(7))
        .containsExactly(
            new SetWatches(
                OpCode.SET_WATCHES2, 7, List.of(), List.of(), List.of(), List.of(), List.of("/a")));
  }

  @Test
  void removedWatchesAreNotRestored() {
    watches.answered(new Request.AddWatch("/a", 0), ErrorCode.OK);
    watches.answered(new Request.Watches(OpCode.REMOVE_WATCHES, "/a", 3), ErrorCode.OK);
    assertThat(watches.restore(7)).isEmpty();
  }

  @Test
  void aLongListIsSplitAndNothingIsLost() {
    Set<String> all = new HashSet<>();
    for (int i = 0; i < 20_000; i++) {
      String path = "/a-path-of-some-length/" + i;
      all.add(path);
      watches.answered(
          i % 2 == 0 ? new Request.GetData(path, true) : new Request.AddWatch(path, 0),
          ErrorCode.OK);
    }
    Set<String> restored = new HashSet<>();
    for (SetWatches request : watches.restore(7)) {
      JuteWriter writer = new JuteWriter();
      request.write(writer);
      assertThat(writer.length()).isLessThan(140_000);
      restored.addAll(request.data());
      restored.addAll(request.persistent());
    }
    assertThat(restored).isEqualTo(all);
  }
}
