package conclave.consensus;

/**
 * A learner as its leader sees it, for those who ask how the ensemble is doing.
 *
 * @param sid as it introduced itself; negative for an observer without a number
 * @param voter whether it counts
 * @param synced whether it has everything that the leader began with
 * @param ackedZxid the last transaction that its disk has, as far as it has told; 0 when it hasn't
 * @param heardMs when it was last heard of
 */
public record LearnerView(
    long link,
    long sid,
    boolean observer,
    boolean voter,
    boolean synced,
    long ackedZxid,
    long heardMs) {}
