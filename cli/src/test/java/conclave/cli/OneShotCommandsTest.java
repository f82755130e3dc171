package conclave.cli;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.cli.common.Captured;
import conclave.cli.common.ExitCode;
import conclave.client.ConclaveClient;
import conclave.testkit.ConclaveExtension;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The commands against a server. Every test works below a znode of its own. */
@Timeout(300)
class OneShotCommandsTest {
  @RegisterExtension
  static final ConclaveExtension SERVER = new ConclaveExtension("extendedTypesEnabled=true");

  @RegisterExtension final Captured captured = new Captured();

  @Test
  void createGetSetDelete() {
    assertThat(run("create", "/tour", "grüße")).isEqualTo("Created /tour\n");
    assertThat(run("get", "/tour")).isEqualTo("grüße\n");
    assertThat(run("set", "-v", "0", "/tour", "new")).isEmpty();
    assertThat(run("get", "-s", "/tour"))
        .startsWith("new\ncZxid = 0x")
        .contains("dataVersion = 1\n");
    assertThat(run("get", "-b", "/tour")).isEqualTo("bmV3\n");
    assertThat(run("get", "-x", "/tour")).isEqualTo("6e6577\n");
    assertThat(run("delete", "-v", "1", "/tour")).isEmpty();
    assertThat(failing(ExitCode.REFUSED, "get", "/tour")).isEqualTo("/tour does not exist.\n");
  }

  @Test
  void base64GoesInAndComesOut() {
    run("create", "/bytes");
    assertThat(run("get", "/bytes")).isEmpty();
    run("set", "-b", "/bytes", "/wA=");
    assertThat(run("get", "-x", "/bytes")).isEqualTo("ff00\n");
    assertThat(failing(ExitCode.USAGE, "set", "-b", "/bytes", "?")).contains("base64");
  }

  @Test
  void listsAreSortedAndDeepOnesAreWhole() {
    run("create", "/list");
    run("create", "/list/b");
    run("create", "/list/a");
    run("create", "/list/a/x");
    assertThat(run("ls", "/list")).isEqualTo("a\nb\n");
    assertThat(run("ls", "-R", "/list")).isEqualTo("/list\n/list/a\n/list/a/x\n/list/b\n");
    assertThat(run("ls", "-s", "/list")).startsWith("a\nb\ncZxid").contains("numChildren = 2\n");
    assertThat(failing(ExitCode.REFUSED, "delete", "/list")).contains("has children");
  }

  @Test
  void sequencesContainersAndTimesToLive() {
    run("create", "/modes");
    assertThat(run("create", "-s", "/modes/q-")).isEqualTo("Created /modes/q-0000000000\n");
    assertThat(run("create", "-c", "/modes/box")).isEqualTo("Created /modes/box\n");
    assertThat(run("create", "-t", "60000", "/modes/brief", "x"))
        .isEqualTo("Created /modes/brief\n");
    assertThat(failing(ExitCode.USAGE, "create", "-c", "-s", "/modes/no")).contains("-c");
    assertThat(failing(ExitCode.REFUSED, "create", "/none/x")).startsWith("/none does not exist");
    assertThat(failing(ExitCode.REFUSED, "create", "/modes/box")).contains("exists already");
  }

  @Test
  void permissionsAndCredentials() {
    // The digest of bob:secret.
    String acl = "digest:bob:" + digest("bob:secret") + ":cdrwa";
    run("create", "/mine", "x", acl);
    assertThat(failing(ExitCode.REFUSED, "get", "/mine")).contains("--auth");
    assertThat(run("get", "--auth", "digest:bob:secret", "/mine")).isEqualTo("x\n");
    assertThat(failing(ExitCode.USAGE, "get", "--auth", "bob", "/mine"))
        .contains("scheme:credentials");
  }

  @Test
  void aChangedVersionIsRefused() {
    run("create", "/versioned", "1");
    run("set", "/versioned", "2");
    assertThat(failing(ExitCode.REFUSED, "set", "-v", "0", "/versioned", "3"))
        .contains("another version");
    assertThat(failing(ExitCode.REFUSED, "delete", "-v", "0", "/versioned"))
        .contains("another version");
  }

  @Test
  void aWatchWaitsForTheNextChange() throws Exception {
    run("create", "/watched", "1");
    CompletableFuture<Integer> watching =
        CompletableFuture.supplyAsync(() -> execute("get", "-w", "/watched"));
    try (ConclaveClient client = ConclaveClient.connect(SERVER.connectString()).join()) {
      // Until the watch is there a change is not told of, so changes go on until one is.
      while (!watching.isDone()) {
        client.setData("/watched", new byte[] {'2'}, ConclaveClient.ANY_VERSION).join().orThrow();
      }
    }
    assertThat(watching.get()).isZero();
    assertThat(captured.out()).endsWith("NodeDataChanged /watched\n");
  }

  @Test
  void aRelativePathIsWrongUsage() {
    assertThat(failing(ExitCode.USAGE, "get", "tour"))
        .isEqualTo("\"tour\": a path starts with /.\n");
  }

  @Test
  void statOfNothingIsARefusal() {
    assertThat(failing(ExitCode.REFUSED, "stat", "/nothing"))
        .isEqualTo("/nothing does not exist.\n");
    assertThat(run("stat", "/zookeeper")).contains("ephemeralOwner = 0x0\n");
  }

  private static String digest(String userAndPassword) {
    try {
      byte[] hash =
          java.security.MessageDigest.getInstance("SHA-1")
              .digest(userAndPassword.getBytes(StandardCharsets.UTF_8));
      return java.util.Base64.getEncoder().encodeToString(hash);
    } catch (java.security.NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What a command that succeeds prints. */
  private String run(String... arguments) {
    int code = execute(arguments);
    assertThat(captured.err()).as("errors").isEmpty();
    assertThat(code).isZero();
    return captured.out();
  }

  /** What a command that fails says. */
  private String failing(int exitCode, String... arguments) {
    assertThat(execute(arguments)).isEqualTo(exitCode);
    return captured.err();
  }

  private int execute(String... arguments) {
    captured.reset();
    List<String> all = new ArrayList<>(List.of(arguments));
    all.add("--server");
    all.add(SERVER.connectString());
    return Main.execute(all.toArray(String[]::new));
  }
}
