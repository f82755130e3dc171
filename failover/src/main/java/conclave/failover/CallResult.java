package conclave.failover;

/**
 * What came of a {@link Call}.
 *
 * @param output what it has said, the end of it
 * @param detail what to tell people
 */
record CallResult(Kind kind, String output, String detail) {
  enum Kind {
    DONE,
    /** It was reached, and has said no. */
    REFUSED,
    /** It was not reached: nothing was done. */
    UNREACHABLE,
    /** Reached or not, it has not answered; nobody knows what was done. */
    SILENT,
    /** It can't be tried at all, such as a program that doesn't exist. */
    IMPOSSIBLE,
    CANCELLED
  }

  static CallResult of(Kind kind, String detail) {
    return new CallResult(kind, "", detail);
  }

  boolean isDone() {
    return kind == Kind.DONE;
  }

  Ending ending() {
    return switch (kind) {
      case DONE -> Ending.DONE;
      case REFUSED, UNREACHABLE, IMPOSSIBLE -> Ending.FAILED;
      case SILENT -> Ending.TIMED_OUT;
      case CANCELLED -> Ending.CANCELLED;
    };
  }
}
