package conclave.protocol;

/**
 * What the tree sums up to after a transaction.
 *
 * @param version how the sum is made; 2 is Apache's since 3.6
 * @param treeDigest the sum of the znodes' digests
 */
public record TxnDigest(int version, long treeDigest) {
  public static final int VERSION = 2;

  /** Bytes that it takes. */
  public static final int LENGTH = 12;
}
