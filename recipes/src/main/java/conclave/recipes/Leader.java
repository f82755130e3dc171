package conclave.recipes;

/**
 * Who leads, or waits to.
 *
 * @param id what the candidate calls itself
 * @param term the transaction number of the creation of its znode: greater for each later leader,
 *     and the fencing token that it acts with
 */
public record Leader(String id, long term) {}
