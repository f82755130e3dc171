package conclave.cli.shell;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Keeps what is printed and told. */
final class RecordingConsole implements Console {
  /** Stands in for the programs that would be run. */
  interface Program {
    int run(List<String> command) throws IOException;
  }

  private final List<String> printed = new ArrayList<>();
  private final List<String> told = new ArrayList<>();
  private final Program program;
  private int stopAfter = Integer.MAX_VALUE;

  RecordingConsole(Program program) {
    this.program = program;
  }

  RecordingConsole() {
    this(
        command -> {
          throw new IOException("no programs here");
        });
  }

  /** Whoever reads has seen enough after so many lines of a result. */
  void stopAfter(int lines) {
    stopAfter = lines;
  }

  @Override
  public synchronized void begin() {
    printed.clear();
    told.clear();
  }

  @Override
  public synchronized void print(String line) throws Stopped {
    if (printed.size() == stopAfter) {
      throw Stopped.seenEnough();
    }
    printed.add(line);
  }

  @Override
  public synchronized void printBytes(byte[] bytes) throws Stopped {
    print(new String(bytes, StandardCharsets.UTF_8));
  }

  @Override
  public synchronized void tell(String line) {
    told.add(line);
  }

  synchronized List<String> printed() {
    return List.copyOf(printed);
  }

  /** What was told since the last command began. */
  synchronized List<String> told() {
    return List.copyOf(told);
  }

  @Override
  public boolean isInteractive() {
    return false;
  }

  @Override
  public Style style() {
    return Style.PLAIN;
  }

  @Override
  public void clearScreen() {}

  @Override
  public int runProgram(List<String> command) throws IOException {
    return program.run(command);
  }

  @Override
  public void flush() {}
}
