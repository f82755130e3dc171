package conclave.cli.shell;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import conclave.client.ConclaveClient;
import conclave.protocol.CreateMode;
import conclave.testkit.ConclaveExtension;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The shell in a real terminal: completion, history, Ctrl-C, colours, pages. */
@Timeout(300)
class TerminalTest {
  private static final String ESCAPE = "\u001b[";

  @RegisterExtension static final ConclaveExtension SERVER = new ConclaveExtension();

  @TempDir Path dir;
  private @Nullable Tmux opened;

  @BeforeAll
  static void makeZnodes() {
    try (ConclaveClient client = ConclaveClient.connect(SERVER.connectString()).join()) {
      client
          .create("/alpha", "hello".getBytes(StandardCharsets.UTF_8), CreateMode.PERSISTENT)
          .join();
      client.create("/many", null, CreateMode.PERSISTENT).join();
      for (int i = 0; i < 150; i++) {
        client.create("/many/n-", null, CreateMode.PERSISTENT_SEQUENTIAL).join();
      }
    }
  }

  @BeforeEach
  void needsTmux() {
    assumeTrue(
        Tmux.isInstalled(), "tmux is not installed (Debian: apt-get install tmux): no terminal");
  }

  @AfterEach
  void close() throws IOException {
    if (opened != null) {
      opened.close();
    }
  }

  private String java(String... arguments) {
    return String.join(
        " ",
        "CONCLAVE_HISTORY=" + dir.resolve("history"),
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx128m -Dconclave.log.level=WARN",
        "-cp '" + System.getProperty("java.class.path") + "' conclave.cli.Main shell",
        String.join(" ", arguments));
  }

  private Tmux open(String before, String... arguments) throws IOException {
    Tmux tmux = Tmux.open(dir, 100, 20, before + java(arguments));
    opened = tmux;
    return tmux;
  }

  private Tmux shell() throws IOException {
    Tmux tmux = open("", SERVER.connectString());
    tmux.await("(CONNECTED) 0]");
    return tmux;
  }

  @Test
  void commandsAndPathsAreCompleted() throws IOException {
    Tmux tmux = shell();
    tmux.keys("getAc", "Tab", "/al", "Tab", "Enter");
    tmux.await("getAcl /alpha");
    tmux.await(": cdrwa");
    tmux.keys("get", "Tab", "Tab");
    tmux.await("getAllChildrenNumber");
    tmux.await("print a znode's permissions");
  }

  @Test
  void whatWasTypedIsKeptWithoutPasswords() throws IOException {
    Tmux tmux = shell();
    tmux.keys("get /alpha", "Enter");
    tmux.await("hello");
    tmux.keys("addauth digest bob:secret", "Enter");
    tmux.await("(CONNECTED) 2]");
    tmux.keys("C-d");
    tmux.await("ended with 0");
    tmux.close();
    opened = null;
    assertThat(Files.getPosixFilePermissions(dir.resolve("history")))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    assertThat(Files.readString(dir.resolve("history")))
        .contains("get /alpha")
        .doesNotContain("secret");
    Tmux again = shell();
    again.keys("Up", "Enter");
    again.await("hello");
  }

  @Test
  void ctrlCEndsACommandAndALineButNotTheShell() throws IOException {
    Tmux tmux = shell();
    tmux.keys("watch /alpha", "Enter");
    tmux.await("v0  \"hello\"");
    tmux.keys("C-c");
    tmux.await("Interrupted.");
    tmux.await("(CONNECTED) 1]");
    tmux.keys("half a li");
    tmux.await("1] half a li");
    tmux.keys("C-c");
    // The signal overtakes what is typed behind it.
    tmux.await("1] half a li\n[zk");
    tmux.keys("get /alpha", "Enter");
    tmux.await("hello\n[zk");
    tmux.keys("quit", "Enter");
    tmux.await("ended with 0");
  }

  @Test
  void longListingsArePaged() throws IOException {
    Tmux tmux = shell();
    tmux.keys("ls -R /many", "Enter");
    tmux.await("-- more");
    assertThat(tmux.screen()).contains("/many/n-0000000000").doesNotContain("/many/n-0000000030");
    tmux.keys("Space");
    tmux.await("/many/n-0000000030");
    tmux.await("-- more");
    tmux.keys("q");
    tmux.await("(CONNECTED) 1]");
    assertThat(tmux.screen()).doesNotContain("-- more", "/many/n-0000000100");
    tmux.keys("find /many", "Enter");
    tmux.await("-- more");
    tmux.keys("C-c");
    tmux.await("Interrupted.");
  }

  @Test
  void newsComesAboveTheLine() throws IOException {
    Tmux tmux = shell();
    tmux.keys("get -w /many", "Enter");
    tmux.await("(CONNECTED) 1]");
    tmux.keys("get /al");
    try (ConclaveClient client = ConclaveClient.connect(SERVER.connectString()).join()) {
      client.setData("/many", new byte[] {'x'}, ConclaveClient.ANY_VERSION).join();
    }
    tmux.await("type:NodeDataChanged path:/many");
    tmux.await("(CONNECTED) 1] get /al");
  }

  @Test
  void coloursAreForTerminalsThatWantThem() throws IOException {
    Tmux tmux = shell();
    tmux.keys("get /nothing", "Enter");
    tmux.await("Node does not exist");
    assertThat(tmux.colouredScreen()).contains(ESCAPE + "31mNode does not exist");
    tmux.close();
    opened = null;
    Tmux plain = open("NO_COLOR=1 ", SERVER.connectString());
    plain.await("(CONNECTED) 0]");
    plain.keys("get /nothing", "Enter");
    plain.await("Node does not exist");
    assertThat(plain.colouredScreen()).doesNotContain(ESCAPE + "3");
    plain.close();
    opened = null;
    Path file = dir.resolve("out");
    Tmux piped =
        open("", SERVER.connectString(), "-e 'tree /' -e 'get /nothing' > " + file + " 2>&1");
    piped.await("ended with 1");
    assertThat(Files.readAllLines(file))
        .startsWith("/", "├── alpha", "├── many", "│   ├── n-0000000000")
        .endsWith("Node does not exist: /nothing.");
  }

  @Test
  void withoutAServerTheShellWaitsForAnotherAddress() throws IOException {
    Tmux tmux = open("", "127.0.0.1:1");
    tmux.await("No server answered: 127.0.0.1:1 (connection refused)");
    tmux.await("(CLOSED) 0]");
    tmux.keys("connect " + SERVER.connectString(), "Enter");
    tmux.await("(CONNECTED) 1]");
    assertThat(List.of(tmux.screen().split("\n"))).noneMatch(line -> line.contains("Exception"));
  }
}
