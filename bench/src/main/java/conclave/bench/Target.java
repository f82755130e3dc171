package conclave.bench;

import java.util.Locale;

/**
 * What Conclave's median has to reach: a ratio to Apache's median of the same run, or an absolute
 * number.
 */
record Target(Kind kind, double limit) {
  static final Target NONE = new Target(Kind.NONE, 0);

  enum Kind {
    NONE,
    RATIO_AT_MOST,
    RATIO_AT_LEAST,
    AT_MOST,
    AT_LEAST
  }

  static Target ratioAtMost(double limit) {
    return new Target(Kind.RATIO_AT_MOST, limit);
  }

  static Target ratioAtLeast(double limit) {
    return new Target(Kind.RATIO_AT_LEAST, limit);
  }

  static Target atMost(double limit) {
    return new Target(Kind.AT_MOST, limit);
  }

  static Target atLeast(double limit) {
    return new Target(Kind.AT_LEAST, limit);
  }

  /** Whether it is about Conclave's median alone. */
  boolean isAbsolute() {
    return kind == Kind.AT_MOST || kind == Kind.AT_LEAST;
  }

  /** Whether a comparison of the two medians says anything about this target. */
  boolean reached(double apache, double conclave) {
    return switch (kind) {
      case NONE -> true;
      case RATIO_AT_MOST -> conclave <= limit * apache;
      case RATIO_AT_LEAST -> conclave >= limit * apache;
      case AT_MOST -> conclave <= limit;
      case AT_LEAST -> conclave >= limit;
    };
  }

  @Override
  public String toString() {
    return switch (kind) {
      case NONE -> "";
      case RATIO_AT_MOST -> String.format(Locale.ROOT, "≤ %.2f×", limit);
      case RATIO_AT_LEAST -> String.format(Locale.ROOT, "≥ %.2f×", limit);
      case AT_MOST -> String.format(Locale.ROOT, "≤ %.0f", limit);
      case AT_LEAST -> String.format(Locale.ROOT, "≥ %,.0f", limit);
    };
  }
}
