package conclave.cli.shell;

import conclave.cli.common.CommandFailure;
import conclave.client.ConclaveClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.jline.reader.Candidate;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.ParsedLine;
import org.jline.reader.UserInterruptException;
import org.jline.reader.impl.DefaultParser;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jspecify.annotations.Nullable;

/** Lines from somebody at a terminal. */
final class Interactive {
  private static final int COMPLETIONS_WITHOUT_ASKING = 200;

  private Interactive() {}

  static int run(
      Commands commands, Shell.Connector connector, String servers, boolean json, boolean debug)
      throws IOException {
    try (Terminal terminal = TerminalBuilder.builder().system(true).nativeSignals(true).build()) {
      Style style = Style.of(true, System.getenv("NO_COLOR"), terminal.getType());
      TerminalConsole console = new TerminalConsole(terminal, style);
      try (Shell shell = new Shell(console, connector, commands, servers, json, debug)) {
        LineReader reader = reader(terminal, shell);
        console.readBy(reader);
        connect(shell, console);
        return readLines(shell, console, reader);
      }
    }
  }

  private static void connect(Shell shell, TerminalConsole console) {
    console.begin();
    console.tell("Connecting to " + shell.servers());
    try {
      shell.connect(shell.servers());
      console.tell("Tab completes, \"help\" lists the commands, Ctrl-D leaves.");
    } catch (CommandFailure e) {
      console.tell(console.style().error(e.text()));
    } catch (Console.Stopped e) {
      console.tell("Interrupted.");
    } finally {
      console.end();
    }
  }

  private static int readLines(Shell shell, TerminalConsole console, LineReader reader) {
    int exitCode = 0;
    while (!shell.isOver()) {
      try {
        String line = reader.readLine(prompt(shell, console.style()));
        exitCode = shell.execute(line);
      } catch (UserInterruptException e) {
        // Ctrl-C while typing takes the line away.
        exitCode = Shell.INTERRUPTED;
      } catch (EndOfFileException e) {
        return 0;
      } finally {
        console.end();
      }
    }
    return exitCode;
  }

  /** As zkCli's, which people's expect scripts wait for. */
  private static String prompt(Shell shell, Style style) {
    return style.strong("[zk: " + shell.servers() + "(" + state(shell.clientOrNull()) + ") ")
        + style.strong(shell.history().size() + "] ");
  }

  private static String state(@Nullable ConclaveClient client) {
    if (client == null) {
      return "CLOSED";
    }
    return switch (client.state()) {
      case CONNECTED -> "CONNECTED";
      case CONNECTED_READ_ONLY -> "CONNECTEDREADONLY";
      case SUSPENDED, LOST -> "CONNECTING";
      case AUTH_FAILED -> "AUTH_FAILED";
      case CLOSED -> "CLOSED";
    };
  }

  private static LineReader reader(Terminal terminal, Shell shell) {
    DefaultParser parser = new DefaultParser();
    // A backslash is a character as any other, see Words.
    parser.setEscapeChars(null);
    Completion completion = new Completion(shell);
    LineReader reader =
        LineReaderBuilder.builder()
            .appName("conclave")
            .terminal(terminal)
            .parser(parser)
            .completer((lineReader, line, candidates) -> complete(completion, line, candidates))
            .variable(LineReader.HISTORY_FILE, historyFile())
            // Passwords are not for a file.
            .variable(LineReader.HISTORY_IGNORE, "addauth*")
            .variable(LineReader.LIST_MAX, COMPLETIONS_WITHOUT_ASKING)
            .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true)
            .build();
    return reader;
  }

  private static Path historyFile() {
    String named = System.getenv("CONCLAVE_HISTORY");
    Path file =
        named != null && !named.isBlank()
            ? Path.of(named)
            : Path.of(System.getProperty("user.home"), ".conclave_history");
    Path directory = file.toAbsolutePath().getParent();
    try {
      if (directory != null
          && !Files.exists(file)
          && Files.getFileStore(directory)
              .supportsFileAttributeView(PosixFileAttributeView.class)) {
        // What somebody types into znodes is nobody else's business.
        Files.createFile(
            file,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      }
    } catch (IOException noHistory) {
      // A home that can't be written to costs the history, not the shell.
      return file;
    }
    return file;
  }

  private static void complete(Completion completion, ParsedLine line, List<Candidate> candidates) {
    String typed = line.word().substring(0, line.wordCursor());
    for (Completion.Suggestion each : completion.at(line.words(), line.wordIndex(), typed)) {
      String description = each.description().isEmpty() ? null : each.description();
      candidates.add(
          new Candidate(each.text(), each.text(), null, description, null, null, each.whole()));
    }
  }
}
