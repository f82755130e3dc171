package conclave.cli.shell;

import java.io.IOException;
import java.io.PrintStream;
import java.util.List;

/** Results to one stream, everything else to another; nobody sits there. */
final class PipeConsole implements Console {
  private static final int LOOK_EVERY = 1_000;

  private final PrintStream out;
  private final PrintStream err;
  private final Style style;
  private long lines;

  /**
   * @param style for what is told, as that may go to a terminal when results don't
   */
  PipeConsole(PrintStream out, PrintStream err, Style style) {
    this.out = out;
    this.err = err;
    this.style = style;
  }

  @Override
  public void print(String line) throws Stopped {
    out.println(line);
    checkRead();
  }

  @Override
  public void printBytes(byte[] bytes) throws Stopped {
    out.write(bytes, 0, bytes.length);
    out.println();
    checkRead();
  }

  /** Behind {@code | head} nobody reads on; looking costs a flush, so it isn't done every time. */
  private void checkRead() throws Stopped {
    if (++lines % LOOK_EVERY == 0 && out.checkError()) {
      throw Stopped.seenEnough();
    }
  }

  @Override
  public void tell(String line) {
    out.flush();
    err.println(line);
  }

  @Override
  public boolean isInteractive() {
    return false;
  }

  @Override
  public Style style() {
    return style;
  }

  @Override
  public void clearScreen() {}

  @Override
  public int runProgram(List<String> command) throws IOException, Stopped {
    try {
      return new ProcessBuilder(command).inheritIO().start().waitFor();
    } catch (InterruptedException e) {
      throw Stopped.byInterrupt();
    }
  }

  @Override
  public void flush() {
    out.flush();
  }
}
