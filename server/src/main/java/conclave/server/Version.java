package conclave.server;

/** What this server calls itself. */
public final class Version {
  /**
   * As the words print it. Tools compare the number in front with what ZooKeeper's features need,
   * so it is that of the ZooKeeper that this server stands in for; its own name and version follow.
   */
  static final String LINE = "3.9.5-conclave-" + number() + ", built on " + builtOn();

  private Version() {}

  /** Conclave's own version. */
  public static String number() {
    String version = Version.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }

  private static String builtOn() {
    String time = Version.class.getPackage().getImplementationVendor();
    return time == null ? "an unknown day" : asApacheWritesIt(time);
  }

  /** From {@code 2026-01-31T12:34:56Z} to {@code 2026-01-31 12:34 UTC}; anything else stays. */
  static String asApacheWritesIt(String time) {
    return time.replaceFirst("^([0-9-]{10})T([0-9]{2}:[0-9]{2}):[0-9.]+Z$", "$1 $2 UTC");
  }
}
