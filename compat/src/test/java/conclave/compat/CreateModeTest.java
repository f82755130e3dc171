package conclave.compat;

import static conclave.compat.Requests.create;
import static conclave.compat.Requests.createTtl;
import static conclave.compat.Requests.delete;
import static conclave.compat.Requests.exists;
import static conclave.compat.Requests.getChildren;
import static conclave.compat.Requests.setData;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The seven kinds of nodes, sequence suffixes, and nodes that the server removes by itself. */
final class CreateModeTest extends OneServer {
  private static final byte[] NONE = {};

  private Wire wire;

  @BeforeEach
  void connect() throws IOException {
    wire = session();
  }

  @Test
  void sequenceSuffixIsTheNumberOfCreationsInTheParent() throws IOException {
    assertThat(sequential("/n")).isEqualTo(root + "/n0000000000");
    wire.ok(create(root + "/plain"));
    assertThat(sequential("/m")).isEqualTo(root + "/m0000000002");
    wire.ok(delete(root + "/plain", -1));
    wire.ok(delete(root + "/m0000000002", -1));
    assertThat(sequential("/n")).isEqualTo(root + "/n0000000003");
  }

  @Test
  void refusedCreationsDoNotCount() throws IOException {
    wire.ok(create(root + "/a"));
    wire.call(create(root + "/a"));
    assertThat(sequential("/n")).isEqualTo(root + "/n0000000001");
  }

  @Test
  void sequenceNamesMayBeEmpty() throws IOException {
    assertThat(sequential("/")).isEqualTo(root + "/0000000000");
  }

  @Test
  void ephemeralBelongsToItsSession() throws IOException {
    wire.ok(create(root + "/e", NONE, 1));
    Incoming.Reply reply = wire.ok(create(Requests.CREATE2, root + "/s", NONE, Acl.OPEN, 3));
    assertThat(reply.read().string()).isEqualTo(root + "/s0000000001");
    for (String name : List.of("/e", "/s0000000001")) {
      assertThat(wire.ok(exists(root + name, false)).stat().ephemeralOwner())
          .isEqualTo(wire.session().id());
    }
  }

  @Test
  void emptiedContainerIsRemoved() throws IOException {
    wire.ok(create(Requests.CREATE_CONTAINER, root + "/c", NONE, Acl.OPEN, 4));
    wire.ok(create(root + "/c/x"));
    Wire watcher = session();
    watcher.ok(exists(root + "/c", true));
    wire.ok(delete(root + "/c/x", -1));
    assertThat(watcher.event().brief()).isEqualTo("2 " + root + "/c");
    assertThat(wire.call(exists(root + "/c", false)).err()).isEqualTo(-101);
  }

  @Test
  void containerThatNeverHadAChildStays() throws IOException {
    wire.ok(create(Requests.CREATE_CONTAINER, root + "/idle", NONE, Acl.OPEN, 4));
    wire.ok(create(Requests.CREATE_CONTAINER, root + "/used", NONE, Acl.OPEN, 4));
    wire.ok(create(root + "/used/x"));
    Wire watcher = session();
    watcher.ok(exists(root + "/used", true));
    wire.ok(delete(root + "/used/x", -1));
    watcher.event();
    wire.ok(exists(root + "/idle", false));
  }

  @Test
  void ttlNodeIsRemovedWhenItWasNotChangedForItsTime() throws IOException {
    wire.ok(createTtl(root + "/t", NONE, 5, 300));
    wire.ok(createTtl(root + "/long", NONE, 5, 1_000_000));
    Wire watcher = session();
    watcher.ok(exists(root + "/t", true));
    assertThat(watcher.event().brief()).isEqualTo("2 " + root + "/t");
    wire.ok(exists(root + "/long", false));
  }

  @Test
  void ttlNodeWithChildrenStays() throws IOException {
    wire.ok(createTtl(root + "/parent", NONE, 5, 1));
    wire.ok(create(root + "/parent/x"));
    wire.ok(createTtl(root + "/lone", NONE, 5, 300));
    Wire watcher = session();
    watcher.ok(exists(root + "/lone", true));
    watcher.event();
    wire.ok(exists(root + "/parent", false));
    watcher.ok(exists(root + "/parent", true));
    wire.ok(delete(root + "/parent/x", -1));
    assertThat(watcher.event().brief()).isEqualTo("2 " + root + "/parent");
  }

  @Test
  void ttlSequentialNodes() throws IOException {
    assertThat(wire.ok(createTtl(root + "/t", NONE, 6, 500_000)).read().string())
        .isEqualTo(root + "/t0000000000");
  }

  @Test
  void plainNodesAreNotCollected() throws IOException {
    wire.ok(create(Requests.CREATE2, root + "/four", NONE, Acl.OPEN, 4));
    wire.ok(create(root + "/four/x"));
    wire.ok(delete(root + "/four/x", -1));
    wire.ok(createTtl(root + "/clock", NONE, 5, 300));
    Wire watcher = session();
    watcher.ok(exists(root + "/clock", true));
    watcher.event();
    // Flag 4 in create2 makes a plain node, an oddity that clients can see.
    wire.ok(exists(root + "/four", false));
  }

  /**
   * Apache's server lets any client delete any node without a permission check by sending this
   * type, which is meant for its own use. Conclave takes it from nobody.
   */
  @Test
  void deleteContainerIsTheServersAlone() throws IOException {
    wire.ok(create(root + "/plain"));
    Wire intruder = session();
    Incoming.Reply reply =
        intruder.call(
            Requests.raw(Requests.DELETE_CONTAINER, Jute.jute().string(root + "/plain").bytes()));
    if (target == Target.CONCLAVE) {
      assertThat(reply.err()).isEqualTo(-6);
      assertThat(intruder.closedByServer()).isTrue();
      wire.ok(exists(root + "/plain", false));
    } else {
      assertThat(reply.err()).isZero();
    }
  }

  @Test
  void dataOfAnEphemeralIsChangedByAnyone() throws IOException {
    wire.ok(create(root + "/e", NONE, 1));
    session().ok(setData(root + "/e", new byte[] {1}, 0));
    assertThat(wire.ok(getChildren(root + "/e", false)).body()).isEqualTo(new byte[4]);
  }

  private String sequential(String name) throws IOException {
    return String.valueOf(wire.ok(create(root + name, NONE, 2)).read().string());
  }
}
