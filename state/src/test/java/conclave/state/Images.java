package conclave.state;

import conclave.protocol.Acl;
import conclave.protocol.JuteWriter;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Takes snapshots in tests: as text to compare, and as bytes to load. */
final class Images {
  private Images() {}

  static Map<String, String> of(StateMachine state) {
    return drain(state.beginSnapshot());
  }

  static Map<String, String> drain(SnapshotImage image) {
    Map<String, String> all = start(image);
    while (image.next(node -> add(image, node, all), 3)) {
      // Goes on.
    }
    return all;
  }

  static Map<String, String> start(SnapshotImage image) {
    Map<String, String> all = new TreeMap<>();
    image.sessions().forEach((id, timeout) -> all.put("session " + id, timeout.toString()));
    return all;
  }

  static void add(SnapshotImage image, SnapshotImage.SnapshotNode node, Map<String, String> to) {
    List<Acl> acl = node.acl() == SnapshotImage.OPEN_ACL ? Acl.OPEN : image.acls().get(node.acl());
    String path = node.path().isEmpty() ? "/" : node.path();
    String parent = conclave.protocol.Paths.parent(path);
    if (!path.equals("/") && !to.containsKey(parent)) {
      throw new AssertionError(path + " came before its parent");
    }
    String old = to.put(path, Arrays.toString(node.data()) + acl + node.stat());
    if (old != null) {
      throw new AssertionError(path + " came twice");
    }
  }

  /** A state machine made of a snapshot's bytes. */
  static StateMachine reload(StateMachine state, StateConfig config) {
    SnapshotImage image = state.beginSnapshot();
    Restore restore = StateMachine.restore(config, Notices.NONE);
    image.sessions().forEach(restore::session);
    image.acls().forEach(restore::acl);
    JuteWriter out = new JuteWriter();
    while (image.next(node -> node.write(out), 5)) {
      // Goes on.
    }
    out.writeString("/");
    byte[] bytes = out.toByteArray();
    int at = 0;
    // In pieces, so that records are cut.
    for (int to = 0; !restore.ended(); to = Math.min(bytes.length, to + 97)) {
      at = restore.nodes(bytes, at, to);
    }
    if (at != bytes.length) {
      throw new AssertionError("used " + at + " of " + bytes.length);
    }
    restore.digest(image.zxid(), 2, image.digest());
    return restore.finish(image.zxid());
  }
}
