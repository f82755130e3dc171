package conclave.cli.shell;

import conclave.cli.common.CommandFailure;
import conclave.cli.common.ExitCode;
import conclave.cli.common.Progress;
import conclave.client.ConclaveClient;
import conclave.client.ConclaveException;
import conclave.client.Outcome;
import conclave.client.Registration;
import conclave.client.SessionEvent;
import conclave.client.SessionState;
import conclave.recipes.json.Json;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Runs lines: finds the command, gives it its arguments, and turns what goes wrong into a sentence
 * and an exit code. Holds what lasts from one line to the next: the session, the watches, what was
 * typed.
 *
 * <p>Lines run one at a time on the thread that calls {@link #execute}; interrupting that thread
 * stops a command. Watches report on the client's thread.
 */
final class Shell implements AutoCloseable {
  /** As a POSIX shell has it for a command that nobody knows, and as zkCli does. */
  static final int UNKNOWN_COMMAND = 127;

  /** As a POSIX shell has it for what SIGINT has ended. */
  static final int INTERRUPTED = 130;

  private static final int GOODBYE_MS = 3_000;

  private final Console console;
  private final Connector connector;
  private final Commands commands;
  private final boolean json;
  private final boolean debug;
  private final Watches watches;
  private final List<String> history = new ArrayList<>();

  private @Nullable ConclaveClient client;
  private @Nullable Registration sessionNews;
  private volatile String servers;
  private boolean over;
  private int exitCode;

  /** Opens sessions. */
  interface Connector {
    /**
     * Opens a session with one of the servers.
     *
     * @throws CommandFailure when that does not work out, with a sentence for the user
     */
    ConclaveClient connect(String servers) throws CommandFailure, Console.Stopped;
  }

  Shell(
      Console console,
      Connector connector,
      Commands commands,
      String servers,
      boolean json,
      boolean debug) {
    this.console = console;
    this.connector = connector;
    this.commands = commands;
    this.servers = servers;
    this.json = json;
    this.debug = debug;
    this.watches = new Watches(console, json);
  }

  /**
   * Runs one line; blank ones and comments do nothing.
   *
   * @return its exit code
   */
  int execute(String line) {
    String text = line.strip();
    if (text.isEmpty() || text.startsWith("#")) {
      return ExitCode.DONE;
    }
    history.add(text);
    return run(text);
  }

  /** Runs a line that is in the history already. */
  int run(String line) {
    console.begin();
    try {
      exitCode = ExitCode.DONE;
      runWords(Words.of(line));
    } catch (CommandFailure e) {
      fail(e);
    } catch (Console.Stopped e) {
      if (e.isInterrupted()) {
        console.tell("Interrupted.");
        exitCode = INTERRUPTED;
      }
    } finally {
      console.flush();
    }
    return exitCode;
  }

  /** Runs a command whose words somebody else has told apart, as the operating system's shell. */
  int execute(List<String> words) {
    console.begin();
    try {
      exitCode = ExitCode.DONE;
      runWords(words);
    } catch (CommandFailure e) {
      fail(e);
    } catch (Console.Stopped e) {
      exitCode = e.isInterrupted() ? INTERRUPTED : ExitCode.DONE;
    } finally {
      console.flush();
    }
    return exitCode;
  }

  private void runWords(List<String> words) throws CommandFailure, Console.Stopped {
    ShellCommand command = commands.find(words.get(0));
    if (command == null) {
      throw unknown(words.get(0));
    }
    Arguments arguments = Arguments.parse(command, words.subList(1, words.size()));
    if (command.needsSession()) {
      client();
    }
    try {
      command.run(arguments, this);
    } catch (IllegalArgumentException e) {
      // What the client refuses to send: a path that no server would take.
      throw new CommandFailure(ExitCode.USAGE, sentence(String.valueOf(e.getMessage())), e);
    }
  }

  private CommandFailure unknown(String name) {
    String near = Guess.nearest(name, commands.names());
    return new CommandFailure(
        UNKNOWN_COMMAND,
        "Command not found: "
            + name
            + (near == null ? "; \"help\" lists what there is." : "; did you mean " + near + "?"));
  }

  private void fail(CommandFailure failure) {
    exitCode = failure.exitCode();
    console.tell(console.style().error(failure.text()));
    if (debug) {
      failure.printStackTrace(System.err);
    }
  }

  static String sentence(String message) {
    return message.endsWith(".") ? message : message + ".";
  }

  // --- what commands ask for ---

  Console console() {
    return console;
  }

  Commands commands() {
    return commands;
  }

  Watches watches() {
    return watches;
  }

  /** Whether results are to be JSON. */
  boolean json() {
    return json;
  }

  /** A bar for work that may take long; it shows only where somebody sits. */
  Progress progress() {
    return console.isInteractive() ? Progress.onTerminal() : Progress.none();
  }

  void print(String line) throws Console.Stopped {
    console.print(line);
  }

  /** Prints a result as JSON on one line. */
  void printJson(@Nullable Object value) throws Console.Stopped {
    console.print(Json.line(value));
  }

  void tell(String line) {
    console.tell(line);
  }

  /** What was typed, oldest first. */
  List<String> history() {
    return Collections.unmodifiableList(history);
  }

  /** The command that runs is another one than was typed. */
  void replaceLastInHistory(String line) {
    history.set(history.size() - 1, line);
  }

  /** Ends the shell behind this command. */
  void quit() {
    over = true;
  }

  boolean isOver() {
    return over;
  }

  /** The code of the last command, for one that has failed without being an error, as diff. */
  void exitCode(int code) {
    exitCode = code;
  }

  /** What the shell is, or would be, connected to. */
  String servers() {
    return servers;
  }

  /** The session, which must be there. */
  ConclaveClient client() throws CommandFailure {
    ConclaveClient current = client;
    if (current == null) {
      throw new CommandFailure(
          ExitCode.NO_CONNECTION, "Not connected; \"connect " + servers + "\" begins a session.");
    }
    return current;
  }

  /** The session, or null; for what may go without. */
  @Nullable ConclaveClient clientOrNull() {
    return client;
  }

  /** Ends the session if there is one, and begins another. */
  void connect(String to) throws CommandFailure, Console.Stopped {
    disconnect();
    servers = to;
    ConclaveClient opened = connector.connect(to);
    client = opened;
    sessionNews = opened.onSession(this::sessionChanged);
  }

  void disconnect() {
    ConclaveClient current = client;
    client = null;
    if (current != null) {
      if (sessionNews != null) {
        sessionNews.close();
      }
      watches.clear();
      close(current);
    }
  }

  /** A server that does not answer even now must not hold anybody up. */
  private void close(ConclaveClient leaving) {
    try {
      leaving.closeAsync().get(GOODBYE_MS, TimeUnit.MILLISECONDS);
    } catch (TimeoutException | ExecutionException e) {
      console.tell(
          "The server did not answer the end of the session; it ends when it times out there.");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void sessionChanged(SessionEvent event) {
    if (event.state() == SessionState.LOST) {
      watches.clear();
    }
    // A script is told by the command that fails for it.
    if (!console.isInteractive()) {
      return;
    }
    String news =
        switch (event.state()) {
          case CONNECTED -> "Connected, session 0x" + Long.toHexString(event.sessionId()) + ".";
          case CONNECTED_READ_ONLY -> "Connected to a server that has lost its quorum: read-only.";
          case SUSPENDED -> "The connection is lost; looking for a server.";
          case LOST -> "The session is over: its ephemeral znodes and its watches are gone.";
          case AUTH_FAILED -> "The server refused the credentials; \"connect\" begins again.";
          case CLOSED -> "The session is closed.";
        };
    console.tell(console.style().news(news));
  }

  /** Waits for a result. */
  <T> T await(CompletableFuture<T> future) throws CommandFailure, Console.Stopped {
    try {
      return future.get();
    } catch (InterruptedException e) {
      throw Console.Stopped.byInterrupt();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof ConclaveException cause) {
        throw Refusals.failure(this, cause);
      }
      throw new IllegalStateException("a request failed on an error of the client's own", e);
    }
  }

  /** Waits for what may be refused, and takes a refusal for a failure. */
  <T> T result(CompletableFuture<Outcome<T>> future) throws CommandFailure, Console.Stopped {
    Outcome<T> outcome = await(future);
    try {
      return outcome.orThrow();
    } catch (ConclaveException e) {
      throw Refusals.failure(this, e);
    }
  }

  /** Asks the session and waits. */
  <T> T ask(Function<ConclaveClient, CompletableFuture<Outcome<T>>> request)
      throws CommandFailure, Console.Stopped {
    return result(request.apply(client()));
  }

  @Override
  public void close() {
    disconnect();
    console.flush();
  }
}
