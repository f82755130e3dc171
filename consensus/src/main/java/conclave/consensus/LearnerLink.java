package conclave.consensus;

/** What a leader knows of one connection to its quorum port. */
final class LearnerLink {

  /** How far the two have come; it only grows. */
  enum Stage {
    /** Has said nothing yet. */
    SILENT,
    /** Has introduced itself. */
    INTRODUCED,
    /** Was told the epoch. */
    EPOCH_SENT,
    /** Has promised to follow no earlier epoch, and told where its history ends. */
    EPOCH_ACKED,
    /**
     * Was sent what it lacked and NEWLEADER behind it; from here on it is sent all that happens.
     */
    SYNCHRONISING,
    /** Has all of that on its disk; from here on a voter counts. */
    SYNCED,
    /** Was told that it is up to date; from here on it answers PINGs. */
    READY
  }

  /** No voter has this place. */
  static final int NO_VOTE = -1;

  final long link;
  private Stage stage = Stage.SILENT;

  long sid;

  /** Gets INFORM and neither PROPOSAL nor COMMIT. */
  boolean observer;

  /** Its place among the voters. */
  int voter = NO_VOTE;

  /** Understands one COMMIT for many, and the rest of what Conclave's servers say to each other. */
  boolean cumulative;

  int features;
  long acceptedEpoch;

  /** Where its history ended when it came. */
  long lastZxid;

  /** What was committed when it was synchronised: it acknowledges that as a whole. */
  long syncedZxid;

  /** Its disk has everything up to there. */
  long ackedZxid;

  /** When it gave its last sign of life, or when it was last given something to do. */
  long heardMs;

  /** A proposal that it has not acknowledged; 0 for none. */
  long awaitedZxid;

  long awaitedSinceMs;

  /** PINGs since it is ready; those before are not answered by Apache's learners. */
  long pingsSent;

  long pingsAnswered;

  /** The answer to this PING, or a later one, counts for the round that is under way. */
  long pingOfRound = 1;

  LearnerLink(long link, long nowMs) {
    this.link = link;
    this.heardMs = nowMs;
  }

  Stage stage() {
    return stage;
  }

  void stage(Stage next) {
    if (next.ordinal() <= stage.ordinal()) {
      throw new IllegalStateException("link=" + link + " stage=" + stage + " next=" + next);
    }
    stage = next;
  }

  boolean isAtLeast(Stage least) {
    return stage.ordinal() >= least.ordinal();
  }

  boolean isVoter() {
    return voter != NO_VOTE;
  }

  LearnerView view() {
    return new LearnerView(
        link, sid, observer, isVoter(), isAtLeast(Stage.SYNCED), ackedZxid, heardMs);
  }

  @Override
  public String toString() {
    return "learner sid=" + sid + " link=" + link + " stage=" + stage;
  }
}
