package conclave.protocol;

/**
 * Who asked for a transaction, its place in the order, and when it was made.
 *
 * @param clientId the session that asked
 * @param cxid the request's number in that session
 * @param zxid the transaction's place in the order of all
 * @param timeMs when the leader made it, milliseconds since 1970
 */
public record TxnHeader(long clientId, int cxid, long zxid, long timeMs) {}
