package conclave.state;

import static conclave.protocol.ErrorCode.BAD_ARGUMENTS;
import static conclave.protocol.ErrorCode.BAD_VERSION;
import static conclave.protocol.ErrorCode.NOT_EMPTY;
import static conclave.protocol.ErrorCode.NO_NODE;
import static conclave.protocol.ErrorCode.OK;
import static org.assertj.core.api.Assertions.assertThat;

import conclave.protocol.Acl;
import conclave.protocol.OpCode;
import conclave.protocol.Request;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Containers and TTL znodes that have outlived their purpose. */
class CollectionTest {
  private final Harness h = new Harness(StateConfig.DEFAULT.withExtendedTypes(true));

  private void container(String path) {
    h.run(new Request.Create(OpCode.CREATE_CONTAINER, path, null, Acl.OPEN, 4, 0));
  }

  private void ttl(String path, long ttlMs) {
    h.run(new Request.Create(OpCode.CREATE_TTL, path, null, Acl.OPEN, 5, ttlMs));
  }

  private List<String> collectable(long nowMs, int max, long neverUsedMs) {
    return h.state.collectable(nowMs, max, neverUsedMs).stream()
        .map(Request.DeleteContainer::path)
        .toList();
  }

  @Test
  void aContainerGoesWhenItsLastChildHasGone() {
    container("/c");
    assertThat(collectable(Long.MAX_VALUE / 2, 10, 0)).isEmpty();
    h.create("/c/child");
    assertThat(collectable(Long.MAX_VALUE / 2, 10, 0)).isEmpty();
    h.delete("/c/child");
    assertThat(collectable(h.timeMs, 10, 0)).containsExactly("/c");
  }

  @Test
  void oneThatWasNeverUsedGoesOnlyIfAsked() {
    container("/c");
    assertThat(collectable(h.timeMs + 100, 10, 100)).isEmpty();
    assertThat(collectable(h.timeMs + 101, 10, 100)).containsExactly("/c");
    assertThat(collectable(h.timeMs + 101, 10, 0)).isEmpty();
  }

  @Test
  void aTtlZnodeGoesWhenItWasNotTouchedAndHasNoChildren() {
    ttl("/t", 50);
    assertThat(collectable(h.timeMs + 50, 10, 0)).isEmpty();
    assertThat(collectable(h.timeMs + 51, 10, 0)).containsExactly("/t");
    h.timeMs += 40;
    h.set("/t", "touched");
    assertThat(collectable(h.timeMs + 50, 10, 0)).isEmpty();
    h.create("/t/child");
    assertThat(collectable(h.timeMs + 500, 10, 0)).isEmpty();
  }

  @Test
  void noMoreThanAskedFor() {
    for (int i = 0; i < 20; i++) {
      ttl("/t" + i, 1);
    }
    assertThat(collectable(h.timeMs + 10, 7, 0)).hasSize(7);
    assertThat(collectable(h.timeMs + 10, 100, 0)).hasSize(20);
  }

  @Test
  void theRequestIsCheckedAgain() {
    container("/c");
    h.create("/c/child");
    h.create("/plain");
    h.as(0);
    assertThat(h.error(new Request.DeleteContainer("/c"))).isEqualTo(NOT_EMPTY);
    assertThat(h.error(new Request.DeleteContainer("/plain"))).isEqualTo(BAD_VERSION);
    assertThat(h.error(new Request.DeleteContainer("/missing"))).isEqualTo(NO_NODE);
    assertThat(h.error(new Request.DeleteContainer("/"))).isEqualTo(BAD_ARGUMENTS);
    h.delete("/c/child");
    assertThat(h.error(new Request.DeleteContainer("/c"))).isEqualTo(OK);
    assertThat(h.stat("/c")).isNull();
    assertThat(h.state.containerCount()).isZero();
    assertThat(h.state.digestMismatches()).isZero();
  }
}
