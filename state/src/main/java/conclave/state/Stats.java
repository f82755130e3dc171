package conclave.state;

import conclave.protocol.JuteWriter;
import conclave.protocol.Stat;

/** Znodes' metadata as clients see it. */
final class Stats {
  private final Tree tree;

  Stats(Tree tree) {
    this.tree = tree;
  }

  Stat of(Znode node) {
    byte[] content = node.content;
    int children = node.childCount();
    return new Stat(
        node.czxid,
        Content.mzxid(content, node.czxid),
        node.ctimeMs,
        Content.mtimeMs(content, node.ctimeMs),
        Content.version(content),
        shownCversion(node.creates(), children),
        Content.aversion(content),
        tree.shownOwner(Content.owner(content)),
        Math.max(0, Content.dataLength(content)),
        children,
        node.pzxid());
  }

  /** The same as {@code of(node).write(out)}, without the record. */
  void write(Znode node, byte[] content, JuteWriter out) {
    int children = node.childCount();
    out.writeLong(node.czxid);
    out.writeLong(Content.mzxid(content, node.czxid));
    out.writeLong(node.ctimeMs);
    out.writeLong(Content.mtimeMs(content, node.ctimeMs));
    out.writeInt(Content.version(content));
    out.writeInt(shownCversion(node.creates(), children));
    out.writeInt(Content.aversion(content));
    out.writeLong(tree.shownOwner(Content.owner(content)));
    out.writeInt(Math.max(0, Content.dataLength(content)));
    out.writeInt(children);
    out.writeLong(node.pzxid());
  }

  /** Creates and deletes: what isn't a child any more was deleted. */
  private static int shownCversion(int creates, int children) {
    return 2 * creates - children;
  }
}
