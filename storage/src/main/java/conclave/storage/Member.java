package conclave.storage;

/**
 * What a start found on the disk of a member of an ensemble.
 *
 * @param recovered the state that can be used, which is empty where nothing can; its warnings tell
 *     what was put aside and why
 * @param epochs what the member has promised, as far as it is known, and the epoch that it is in
 * @param standing whether the member may vote
 * @param promiseLost whether it may have promised to follow a later epoch than {@code epochs} says
 */
public record Member(
    Recovered recovered, EpochFiles.Epochs epochs, Standing standing, boolean promiseLost) {

  /** What a member's word is worth. It lasts over restarts until {@link Storage#complete}. */
  public enum Standing {
    /** All that it ever acknowledged is here. */
    WHOLE,

    /**
     * It has no data, and was not told that this is how it begins ({@code db.autocreate=false} and
     * no file {@code initialize}). Apache's servers vote then, with a zxid of &minus;1, which
     * nobody can be elected with.
     */
    UNINITIALIZED,

    /**
     * Something that it acknowledged or promised is lost. It has no vote and counts in no quorum
     * until a leader that others elected has filled it.
     */
    INCOMPLETE
  }
}
