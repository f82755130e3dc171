package conclave.storage;

/**
 * The bytes that a leader sends behind a SNAP packet: those of a snapshot's file ({@link
 * SnapshotFormat}) from the sessions up to the mark behind the znodes, and then a signature. There
 * is no header, seal, digest or zxid; the zxid stands in the packet. The same in all versions from
 * 3.4 to 3.9.
 */
final class SnapshotStreamFormat {
  /** What Apache's leaders send, and their learners look for. */
  static final String SIGNATURE = "BenWasHere";

  private SnapshotStreamFormat() {}
}
