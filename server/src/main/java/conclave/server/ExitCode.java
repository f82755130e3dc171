package conclave.server;

/** What the process ends with; the numbers are Apache's where it has the case. */
public final class ExitCode {
  /** Asked to stop, and stopped. */
  public static final int OK = 0;

  /** Something that the server can't explain; its log says what. */
  public static final int UNEXPECTED = 1;

  /** The command line or the configuration file is wrong. */
  public static final int BAD_INVOCATION = 2;

  /** The data directory can't be used. */
  public static final int DATA_DIRECTORY = 3;

  /** A port can't be bound. */
  public static final int PORT = 4;

  /** The transaction log or a snapshot is damaged or can't be written. */
  public static final int STORAGE = 10;

  /** Killed by a second signal while it was stopping: 128 and the number of SIGTERM. */
  public static final int STOPPED_AT_ONCE = 143;

  private ExitCode() {}
}
