package conclave.cli.files;

import conclave.protocol.Acl;
import conclave.protocol.Paths;
import conclave.state.StoredStat;
import conclave.storage.SnapshotFile;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * Two trees side by side: of each znode its path, how long its data are and their checksum, so that
 * two large snapshots fit into memory.
 */
final class TreeComparison {
  /** How many znodes, with how many bytes of data. */
  record Sum(long nodes, long bytes) {}

  enum Kind {
    /** A whole subtree that the right side has not. */
    ONLY_LEFT,
    ONLY_RIGHT,
    /** Data of one znode that both have; the sums are of this znode alone. */
    DATA,
    /** A znode that both have, with all below it. */
    SUBTREE
  }

  record Difference(Kind kind, String path, Sum left, Sum right) {}

  private static final class Node {
    final Side left = new Side();
    final Side right = new Side();
  }

  /** A znode in one of the trees. */
  private static final class Side {
    boolean there;
    int length;
    long checksum;
    long nodesWithin;
    long bytesWithin;

    Sum within() {
      return new Sum(nodesWithin, bytesWithin);
    }

    Sum own() {
      return new Sum(there ? 1 : 0, length);
    }
  }

  private final Map<String, Node> nodes = new HashMap<>();
  private final CRC32 crc = new CRC32();
  private final Node total = new Node();

  /** Takes the left snapshot. */
  SnapshotFile.Visitor left() {
    return visitor(true);
  }

  /** Takes the right one. */
  SnapshotFile.Visitor right() {
    return visitor(false);
  }

  Sum leftTotal() {
    return total.left.within();
  }

  Sum rightTotal() {
    return total.right.within();
  }

  private SnapshotFile.Visitor visitor(boolean left) {
    return new SnapshotFile.Visitor() {
      @Override
      public void node(String path, byte @Nullable [] data, List<Acl> acl, StoredStat stat) {
        if (!Texts.kind(stat.ephemeralOwner()).startsWith("ephemeral")) {
          Node node = nodes.computeIfAbsent(path, p -> new Node());
          add(left ? node.left : node.right, left ? total.left : total.right, data);
        }
      }
    };
  }

  private void add(Side side, Side sum, byte @Nullable [] data) {
    side.there = true;
    side.length = data == null ? 0 : data.length;
    crc.reset();
    if (data != null) {
      crc.update(data);
    }
    side.checksum = crc.getValue();
    sum.nodesWithin++;
    sum.bytesWithin += side.length;
  }

  /**
   * Tells of what differs, in the order of paths.
   *
   * @param bytes tell only of what differs by more, and also of subtrees that do; null for all
   * @param count the same in znodes
   * @param every whether a subtree that one side lacks is told of znode by znode
   * @return how many differences were told of
   */
  long tell(@Nullable Long bytes, @Nullable Long count, boolean every, Consumer<Difference> to) {
    List<String> paths = new ArrayList<>(nodes.keySet());
    // Deepest first, so that what is below a znode is summed up when its turn comes.
    paths.sort(Comparator.comparingInt(String::length).reversed());
    for (String path : paths) {
      sumUp(path);
    }
    paths.sort(Comparator.comparing(path -> path.replace('/', '\0')));
    boolean thresholds = bytes != null || count != null;
    long told = 0;
    for (String path : paths) {
      for (Difference difference : differences(path, thresholds, every)) {
        if (!thresholds || isOver(difference, bytes, count)) {
          to.accept(difference);
          told++;
        }
      }
    }
    return told;
  }

  private void sumUp(String path) {
    Node node = of(path);
    Node parent = path.equals(Paths.ROOT) ? null : nodes.get(Paths.parent(path));
    sumUp(node.left, parent == null ? null : parent.left);
    sumUp(node.right, parent == null ? null : parent.right);
  }

  private static void sumUp(Side side, @Nullable Side parent) {
    side.nodesWithin += side.there ? 1 : 0;
    side.bytesWithin += side.length;
    if (parent != null) {
      parent.nodesWithin += side.nodesWithin;
      parent.bytesWithin += side.bytesWithin;
    }
  }

  private Node of(String path) {
    Node node = nodes.get(path);
    if (node == null) {
      throw new IllegalStateException("path=" + path);
    }
    return node;
  }

  private List<Difference> differences(String path, boolean subtrees, boolean every) {
    Node node = of(path);
    Side left = node.left;
    Side right = node.right;
    List<Difference> found = new ArrayList<>();
    if (!left.there || !right.there) {
      Kind kind = left.there ? Kind.ONLY_LEFT : Kind.ONLY_RIGHT;
      if (every || isTopOfOne(path, left.there)) {
        found.add(new Difference(kind, path, left.within(), right.within()));
      }
      return found;
    }
    if (left.length != right.length || left.checksum != right.checksum) {
      found.add(new Difference(Kind.DATA, path, left.own(), right.own()));
    }
    if (subtrees && !left.within().equals(right.within())) {
      found.add(new Difference(Kind.SUBTREE, path, left.within(), right.within()));
    }
    return found;
  }

  /** Whether the parent is on both sides, or nowhere because it is ephemeral or the root. */
  private boolean isTopOfOne(String path, boolean left) {
    Node parent = path.equals(Paths.ROOT) ? null : nodes.get(Paths.parent(path));
    return parent == null || !(left ? !parent.right.there : !parent.left.there);
  }

  private static boolean isOver(Difference d, @Nullable Long bytes, @Nullable Long count) {
    long byBytes = Math.abs(d.right().bytes() - d.left().bytes());
    long byNodes = Math.abs(d.right().nodes() - d.left().nodes());
    // Of a threshold that was not given, nothing is over it.
    return bytes != null && byBytes > bytes || count != null && byNodes > count;
  }
}
