package conclave.failover;

/** How a hook ended. */
enum Ending {
  /** It said that it has done it. */
  DONE,
  /** It said that it could not. */
  FAILED,
  /** It said nothing in time, and what it had begun may still take effect. */
  TIMED_OUT,
  /** It was ended before it had said anything; what it had begun may still take effect. */
  CANCELLED;

  /** Whether what it had begun may take effect later. */
  boolean isUncertain() {
    return this == TIMED_OUT || this == CANCELLED;
  }
}
