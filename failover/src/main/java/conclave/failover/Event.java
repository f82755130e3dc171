package conclave.failover;

/** Something worth remembering, in words for people. */
record Event(Kind kind, String text) {
  /** What it is about; the history shows it, and metrics count by it. */
  enum Kind {
    HEALTH,
    SESSION,
    ELECTION,
    FENCING,
    SERVICE,
    REQUEST
  }
}
