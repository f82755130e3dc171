package conclave.state;

import org.jspecify.annotations.Nullable;

/**
 * The digests that were computed last, a few thousand of them. A znode's digest is asked for before
 * and after each change, once when it is prepared and once when it is applied, and mostly was there
 * already.
 *
 * <p>An entry is good as long as its znode has the same content array and counters: those, with
 * what a znode never changes, are all that goes into a digest.
 */
final class DigestCache {
  private static final int SIZE = 4096;

  private final @Nullable Znode[] nodes = new @Nullable Znode[SIZE];
  private final byte[] @Nullable [] contents = new byte[SIZE] @Nullable [];
  private final int[] creates = new int[SIZE];
  private final long[] pzxids = new long[SIZE];
  private final int[] digests = new int[SIZE];

  /** The digest, or &minus;1. */
  @SuppressWarnings("ReferenceEquality") // Content is never changed in place.
  long get(Znode node) {
    int at = slot(node);
    return nodes[at] == node
            && contents[at] == node.content
            && creates[at] == node.creates()
            && pzxids[at] == node.pzxid()
        ? digests[at] & 0xffffffffL
        : -1;
  }

  void put(Znode node, long digest) {
    int at = slot(node);
    nodes[at] = node;
    contents[at] = node.content;
    creates[at] = node.creates();
    pzxids[at] = node.pzxid();
    digests[at] = (int) digest;
  }

  /** A znode that is gone need not be kept from the collector. */
  void remove(Znode node) {
    int at = slot(node);
    if (nodes[at] == node) {
      nodes[at] = null;
      contents[at] = null;
    }
  }

  private static int slot(Znode node) {
    return node.hash + (int) node.czxid & SIZE - 1;
  }
}
