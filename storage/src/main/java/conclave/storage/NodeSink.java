package conclave.storage;

import org.jspecify.annotations.Nullable;

/** Takes znodes, parents before their children. */
public interface NodeSink {
  /**
   * A znode with what a snapshot keeps of its stat.
   *
   * @param path its path; the root's is empty
   * @param aclIndex its ACL's number in the snapshot, or &minus;1 for the open one, which has none
   */
  void node(
      String path,
      byte @Nullable [] data,
      long aclIndex,
      long czxid,
      long mzxid,
      long ctimeMs,
      long mtimeMs,
      int version,
      int cversion,
      int aversion,
      long ephemeralOwner,
      long pzxid);
}
