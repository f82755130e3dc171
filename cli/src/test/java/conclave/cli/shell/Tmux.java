package conclave.cli.shell;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/** A terminal of a tmux server of its own, with one command in it. */
public final class Tmux implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Path socket;

  private Tmux(Path socket) {
    this.socket = socket;
  }

  public static boolean isInstalled() {
    try {
      Process process = new ProcessBuilder("tmux", "-V").redirectErrorStream(true).start();
      process.getInputStream().readAllBytes();
      return process.waitFor() == 0;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      throw new IllegalStateException("interrupted", e);
    }
  }

  /**
   * Opens a terminal.
   *
   * @param command for a POSIX shell
   */
  public static Tmux open(Path directory, int width, int height, String command)
      throws IOException {
    // A server that is just ending may still hold its socket.
    Tmux tmux = new Tmux(directory.resolve("tmux-" + Long.toHexString(System.nanoTime())));
    // What ends stays on the screen.
    tmux.tmux(
        "new-session",
        "-d",
        "-x",
        Integer.toString(width),
        "-y",
        Integer.toString(height),
        command + "; echo \"ended with $?\"; sleep 600");
    return tmux;
  }

  /** Types a text, or presses a key as tmux calls it: Enter, Tab, C-c, Up. */
  public void keys(String... keys) throws IOException {
    for (String key : keys) {
      tmux("send-keys", key);
    }
  }

  /** What is on the screen, without blanks at the ends of lines. */
  public String screen() throws IOException {
    return tmux("capture-pane", "-p");
  }

  /** The same with colours. */
  public String colouredScreen() throws IOException {
    return tmux("capture-pane", "-p", "-e");
  }

  /** Waits until that stands on the screen. */
  public void await(String text) {
    Awaitility.await("\"" + text + "\" on the screen")
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(50))
        .conditionEvaluationListener(
            evaluated -> {
              if (evaluated.getRemainingTimeInMS() < 500) {
                System.err.println(String.valueOf(lastScreen));
              }
            })
        .until(() -> look().contains(text));
  }

  private String lastScreen = "";

  private String look() throws IOException {
    lastScreen = screen();
    return lastScreen;
  }

  private String tmux(String... arguments) throws IOException {
    List<String> command =
        new ArrayList<>(List.of("tmux", "-S", socket.toString(), "-f", "/dev/null"));
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS) || process.exitValue() != 0) {
        throw new IOException(String.join(" ", command) + ": " + output);
      }
    } catch (InterruptedException e) {
      throw new IOException("interrupted", e);
    }
    return output;
  }

  @Override
  public void close() throws IOException {
    tmux("kill-server");
  }
}
