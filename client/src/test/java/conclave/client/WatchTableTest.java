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
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class WatchTableTest {
  private final WatchTable watches = new WatchTable();

  @Test
  void nothingWatchedIsNothingToRestore() {
    watches.answered(asked(new Request.GetData("/a", false), false), ErrorCode.OK);
    watches.answered(asked(new Request.GetData("/b", true), true), ErrorCode.NO_NODE);
    assertThat(watches.restore(1)).isEmpty();
  }

  @Test
  void watchesThatStaySurviveTheirEventsAndOneShotWatchesDoNot() {
    watches.answered(
        asked(new Request.GetChildren(OpCode.GET_CHILDREN2, "/a", true), true), ErrorCode.OK);
    watches.answered(asked(new Request.GetData("/a", true), true), ErrorCode.OK);
    watches.answered(asked(new Request.AddWatch("/a", 1), true), ErrorCode.OK);
    assertThat(watches.fired(EventType.NODE_CHILDREN_CHANGED, "/a").once()).hasSize(1);
    WatchTable.Concerned concerned = watches.fired(EventType.NODE_DATA_CHANGED, "/a");
    assertThat(concerned.once()).hasSize(1);
    assertThat(concerned.staying()).hasSize(1);
    assertThat(watches.fired(EventType.NODE_CREATED, "/a/b/c").staying()).hasSize(1);
    assertThat(watches.fired(EventType.NODE_CREATED, "/ab").staying()).isEmpty();
    assertThat(watches.restore(7))
        .containsExactly(
            new SetWatches(
                OpCode.SET_WATCHES2, 7, List.of(), List.of(), List.of(), List.of(), List.of("/a")));
  }

  @Test
  void removedWatchesAreNotRestored() {
    WatchListener listener = event -> {};
    watches.answered(asked(new Request.AddWatch("/a", 0), listener), ErrorCode.OK);
    assertThat(watches.remove("/a", WatchMode.PERSISTENT, listener)).isTrue();
    assertThat(watches.remove("/a", WatchMode.PERSISTENT, listener)).isFalse();
    assertThat(watches.restore(7)).isEmpty();
  }

  @Test
  void aWatchWhoseCallerHasGivenUpIsNotKept() {
    Pending<?> late = asked(new Request.GetData("/a", true), true);
    late.fail(new DeadlineException("too late"));
    watches.answered(late, ErrorCode.OK);
    assertThat(watches.restore(7)).isEmpty();
  }

  private static Pending<?> asked(Request request, boolean watched) {
    return request instanceof Request.AddWatch
        ? asked(request, event -> {})
        : new Pending<>(
            request,
            0,
            Long.MAX_VALUE,
            Pending.ANY_SESSION,
            true,
            watched ? new CompletableFuture<>() : null,
            null,
            answer -> answer,
            new CompletableFuture<>());
  }

  private static Pending<?> asked(Request request, WatchListener listener) {
    return new Pending<>(
        request,
        0,
        Long.MAX_VALUE,
        Pending.ANY_SESSION,
        true,
        null,
        listener,
        answer -> answer,
        new CompletableFuture<>());
  }

  @Test
  void aLongListIsSplitAndNothingIsLost() {
    Set<String> all = new HashSet<>();
    for (int i = 0; i < 20_000; i++) {
      String path = "/a-path-of-some-length/" + i;
      all.add(path);
      watches.answered(
          asked(i % 2 == 0 ? new Request.GetData(path, true) : new Request.AddWatch(path, 0), true),
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
