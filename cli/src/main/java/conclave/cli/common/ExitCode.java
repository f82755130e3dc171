package conclave.cli.common;

/**
 * What the process tells its caller. The servers' codes are Apache's where it has the same case.
 */
public final class ExitCode {
  public static final int DONE = 0;

  /** The server refused the request; for a server: it ended on an error that nobody foresaw. */
  public static final int REFUSED = 1;

  /** Wrong arguments, or a configuration that can't be used. */
  public static final int USAGE = 2;

  /**
   * No server answered, or the connection was lost; for a server: its data can't be read or
   * written.
   */
  public static final int NO_CONNECTION = 3;

  /** An error of the program itself. */
  public static final int BUG = 70;

  private ExitCode() {}
}
