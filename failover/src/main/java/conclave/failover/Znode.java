package conclave.failover;

/**
 * One of the two znodes of an election, as it was read.
 *
 * @param czxid the zxid of its creation: of the lock, the fencing token
 * @param version how often its data was set
 * @param owner the session that holds it; 0 for none
 * @param data whose it is
 */
record Znode(long czxid, int version, long owner, String data) {}
