package conclave.storage;

/**
 * What the tree in a snapshot sums up to.
 *
 * @param zxid the transaction after which it did; Apache's snapshots may say a later one than the
 *     snapshot's own, because its transactions go on while it writes
 * @param version how the sum is made
 * @param digest the sum
 */
public record SnapshotDigest(long zxid, int version, long digest) {}
