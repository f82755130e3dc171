package conclave.cli.shell;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jline.reader.LineReader;
import org.jline.terminal.Attributes;
import org.jline.terminal.Size;
import org.jline.terminal.Terminal;
import org.jline.utils.AttributedString;
import org.jspecify.annotations.Nullable;

/**
 * A terminal with somebody in front of it: long results are paged, Ctrl-C stops the command, and
 * what comes by itself is printed above the line that is being typed.
 */
final class TerminalConsole implements Console {
  private static final String MORE = "-- more: space, line: enter, end: q --";
  private static final int KEY_WAIT_MS = 100;

  /** What JLine's reader says when the time is over. */
  private static final int NOTHING_YET = -2;

  private final Terminal terminal;
  private final Style style;
  private final Thread owner = Thread.currentThread();

  /** What Ctrl-C does beside what the line reader does with it. */
  private volatile Runnable onInterrupt = () -> {};

  /** Read by the client's thread when there is news. */
  private volatile @Nullable LineReader reader;

  /** As of the command's beginning: asking the terminal takes a process. */
  private Size size = new Size();

  /** Lines on the screen since the listing began, or since the last page. */
  private int lines;

  /** Made by the thread that runs the commands. */
  TerminalConsole(Terminal terminal, Style style) {
    this.terminal = terminal;
    this.style = style;
    terminal.handle(Terminal.Signal.INT, signal -> onInterrupt.run());
  }

  /** From now on this one reads lines; news is to be printed above them. */
  void readBy(LineReader lineReader) {
    reader = lineReader;
  }

  @Override
  public void begin() {
    lines = 0;
    size = terminal.getSize();
    Thread.interrupted();
    onInterrupt = owner::interrupt;
  }

  /** The command is over: Ctrl-C is for the line that is being typed. */
  void end() {
    onInterrupt = () -> {};
    Thread.interrupted();
  }

  @Override
  public void print(String line) throws Stopped {
    for (String each : line.split("\n", -1)) {
      printLine(each);
    }
  }

  private void printLine(String line) throws Stopped {
    if (Thread.interrupted()) {
      throw Stopped.byInterrupt();
    }
    int width = Math.max(1, size.getColumns());
    int rows = Math.max(1, (AttributedString.fromAnsi(line).columnLength() + width - 1) / width);
    if (size.getRows() > 2 && lines + rows >= size.getRows()) {
      more();
    }
    lines += rows;
    terminal.writer().println(line);
  }

  @Override
  public void printBytes(byte[] bytes) throws Stopped {
    // Control characters of data must not work on somebody's terminal.
    StringBuilder text = new StringBuilder();
    for (char c : new String(bytes, StandardCharsets.UTF_8).toCharArray()) {
      boolean harmless = c >= ' ' && c != 0x7f && (c < 0x80 || c > 0x9f) || c == '\n' || c == '\t';
      text.append(harmless ? c : '\ufffd');
    }
    print(text.toString());
  }

  private void more() throws Stopped {
    // Changing the terminal's mode and reading from it must not be cut short by an interrupt.
    AtomicBoolean interrupted = new AtomicBoolean();
    onInterrupt = () -> interrupted.set(true);
    int key = key(interrupted);
    onInterrupt = owner::interrupt;
    if (interrupted.get()) {
      throw Stopped.byInterrupt();
    }
    if (key < 0 || key == 'q' || key == 'Q') {
      throw Stopped.seenEnough();
    }
    lines = key == '\r' || key == '\n' ? Math.max(0, lines - 1) : 0;
  }

  /** The next key; waits in small steps, since Ctrl-C does not wake up a read. */
  private int key(AtomicBoolean interrupted) {
    Attributes before = terminal.enterRawMode();
    try {
      terminal.writer().print(style.news(MORE));
      terminal.flush();
      int key = NOTHING_YET;
      while (key == NOTHING_YET && !interrupted.get()) {
        key = terminal.reader().read(KEY_WAIT_MS);
      }
      terminal.writer().print("\r" + " ".repeat(MORE.length()) + "\r");
      terminal.flush();
      return key;
    } catch (IOException e) {
      return -1;
    } finally {
      terminal.setAttributes(before);
    }
  }

  @Override
  public void tell(String line) {
    LineReader typing = reader;
    if (typing != null && typing.isReading()) {
      typing.printAbove(line);
      return;
    }
    lines++;
    terminal.writer().println(line);
    terminal.flush();
  }

  @Override
  public boolean isInteractive() {
    return true;
  }

  @Override
  public Style style() {
    return style;
  }

  @Override
  public void clearScreen() {
    lines = 0;
    terminal.writer().print("\u001b[H\u001b[2J");
  }

  @Override
  public int runProgram(List<String> command) throws IOException, Stopped {
    // Ctrl-C goes to the program as well, and is its alone.
    onInterrupt = () -> {};
    try {
      if (terminal.canPauseResume()) {
        terminal.pause(true);
      }
      return new ProcessBuilder(command).inheritIO().start().waitFor();
    } catch (InterruptedException e) {
      throw Stopped.byInterrupt();
    } finally {
      if (terminal.canPauseResume()) {
        terminal.resume();
      }
      onInterrupt = owner::interrupt;
    }
  }

  @Override
  public void flush() {
    terminal.flush();
  }
}
