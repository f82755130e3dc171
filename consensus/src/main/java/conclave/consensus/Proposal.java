package conclave.consensus;

import org.jspecify.annotations.Nullable;

/**
 * A transaction on its way through the ensemble.
 *
 * @param zxid its place in the order of all
 * @param body header, record and digest, encoded: what stands in the log entry and in PROPOSAL
 * @param payload what the owner wants back when it commits (the decoded transaction, the request
 *     that waits for it); nothing here looks at it
 */
public record Proposal(long zxid, byte[] body, @Nullable Object payload) {}
