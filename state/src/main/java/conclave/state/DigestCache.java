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
  private static final int FIRST_SIZE = 128;
  private static final int MOST = 4096;

  private @Nullable Znode[] nodes = {};
  private byte[] @Nullable [] contents = {};
  private int[] creates = {};
  private long[] pzxids = {};
  private int[] digests = {};

  /** How many were put in since the cache has this size. */
  private int puts;

  DigestCache() {
    resize(FIRST_SIZE);
  }

  /** Forgets everything: what is still of use is computed again once. */
  private void resize(int size) {
    nodes = new @Nullable Znode[size];
    contents = new byte[size] @Nullable [];
    creates = new int[size];
    pzxids = new long[size];
    digests = new int[size];
    puts = 0;
  }

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
    if (++puts > nodes.length && nodes.length < MOST) {
      resize(4 * nodes.length > MOST ? MOST : 4 * nodes.length);
    }
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

  private int slot(Znode node) {
    return node.hash + (int) node.czxid & nodes.length - 1;
  }
}
