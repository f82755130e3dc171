package conclave.state;

/**
 * What the tree sums up to after a transaction.
 *
 * @param version how the sum is made, see {@link conclave.protocol.TxnDigest}
 */
public record ZxidDigest(long zxid, int version, long digest) {}
