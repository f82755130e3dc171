package conclave.cli.shell;

/**
 * Where a shell prints: a terminal, a pipe, a test. Lines of results and lines for people are told
 * apart, so that the former can be piped somewhere alone.
 */
interface Console {
  /** A line of a result. May stop the command when nobody wants more of it: {@link Stopped}. */
  void print(String line) throws Stopped;

  /** A line about a result: an error, a hint, news of a watch. */
  void tell(String line);

  /** Bytes of a result as they are, with a newline behind them. */
  void printBytes(byte[] bytes) throws Stopped;

  /** Whether somebody sits there. */
  boolean isInteractive();

  /** How text is coloured; not at all where nobody would see it. */
  Style style();

  /** Takes away what stands on the screen, for something that is painted again and again. */
  void clearScreen();

  /**
   * Gives the terminal to another program until it ends.
   *
   * @return its exit code
   */
  int runProgram(java.util.List<String> command) throws java.io.IOException, Stopped;

  /** A command begins: what is printed from here on is one listing. */
  default void begin() {}

  /** What was printed reaches whoever reads it. */
  void flush();

  /** A command is to print no more and to end: its reader has seen enough, or pressed Ctrl-C. */
  final class Stopped extends Exception {
    private static final long serialVersionUID = 1L;
    private final boolean interrupted;

    private Stopped(boolean interrupted) {
      super(interrupted ? "interrupted" : "seen enough", null, false, false);
      this.interrupted = interrupted;
    }

    static Stopped byInterrupt() {
      return new Stopped(true);
    }

    static Stopped seenEnough() {
      return new Stopped(false);
    }

    /** Whether by Ctrl-C. */
    boolean isInterrupted() {
      return interrupted;
    }
  }
}
