package conclave.cli.shell;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import conclave.cli.common.ExitCode;
import conclave.testkit.ConclaveExtension;
import conclave.testkit.TestServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The shell's commands against a server, without a terminal. Each test has a chroot of its own. */
@Timeout(300)
class ShellTest {
  @RegisterExtension
  static final ConclaveExtension SERVER = new ConclaveExtension("extendedTypesEnabled=true");

  private static final AtomicInteger TESTS = new AtomicInteger();

  @TempDir Path dir;
  private final Map<String, String> environment = new HashMap<>();
  private final RecordingConsole console = new RecordingConsole(command -> edited(command));
  private String chroot = "";
  private Shell shell = shell(console, false);

  private Shell shell(Console to, boolean json) {
    return new Shell(
        to,
        new Sessions(10_000, false, true, 0, List.of(), null),
        Commands.all("1.2.3", environment::get),
        "localhost",
        json,
        false);
  }

  @BeforeEach
  void connect() {
    chroot = "/test" + TESTS.incrementAndGet();
    run("connect " + SERVER.connectString());
    run("create " + chroot);
    run("connect " + SERVER.connectString() + chroot);
  }

  @AfterEach
  void close() {
    shell.close();
  }

  /** The file that is being edited gets this text; null is an editor that fails. */
  private String newText = "";

  private int edited(List<String> command) throws IOException {
    assertThat(command.get(2)).isEqualTo("the-editor --wait \"$1\"");
    Files.writeString(Path.of(command.get(command.size() - 1)), newText, UTF_8);
    return newText.isEmpty() ? 1 : 0;
  }

  /** What a command that succeeds prints. */
  private List<String> run(String line) {
    assertThat(shell.execute(line)).as(() -> line + ": " + console.told()).isZero();
    return console.printed();
  }

  /** What a command that fails says; nothing of a result. */
  private String failing(int exitCode, String line) {
    assertThat(shell.execute(line)).as(() -> console.told().toString()).isEqualTo(exitCode);
    assertThat(console.printed()).isEmpty();
    assertThat(console.told()).hasSize(1);
    return console.told().get(0);
  }

  @Test
  void createGetSetStatDelete() {
    assertThat(run("create /a hello")).containsExactly("Created /a");
    assertThat(run("create -s -e /a/n- 'two words'")).containsExactly("Created /a/n-0000000000");
    assertThat(run("get /a")).containsExactly("hello");
    assertThat(run("get -b /a")).containsExactly("aGVsbG8=");
    assertThat(run("get -x /a").get(0)).contains("|00000000| 68 65 6c 6c 6f ", "|hello ");
    assertThat(run("set -b /a d29ybGQ=")).isEmpty();
    assertThat(run("get -s /a")).startsWith("world").contains("dataVersion = 1", "numChildren = 1");
    assertThat(run("set /a {\"x\":1} -s -v 1")).contains("dataVersion = 2", "dataLength = 7");
    assertThat(run("stat /a/n-0000000000")).contains("dataLength = 9");
    assertThat(run("delete -v 0 /a/n-0000000000")).isEmpty();
    assertThat(run("create -c /box")).containsExactly("Created /box");
    assertThat(run("create -t 60000 /brief x")).containsExactly("Created /brief");
    assertThat(run("create /null")).containsExactly("Created /null");
    assertThat(run("get /null")).containsExactly("null");
  }

  @Test
  void listings() {
    run("create /l");
    run("create /l/b");
    run("create /l/a");
    run("create /l/a/x");
    assertThat(run("ls /l")).containsExactly("[a, b]");
    assertThat(run("ls -R /l")).containsExactly("/l", "/l/a", "/l/a/x", "/l/b");
    assertThat(run("ls -s /l")).startsWith("[a, b]").contains("numChildren = 2");
    assertThat(run("getAllChildrenNumber /l")).containsExactly("3");
    assertThat(run("tree /l")).containsExactly("/l", "├── a", "│   └── x", "└── b");
    assertThat(run("tree -d 1 -s /l")).containsExactly("/l  0 B", "├── a  0 B", "└── b  0 B");
    assertThat(run("deleteall /l -b 2")).isEmpty();
    assertThat(run("ls /")).containsExactly("[]");
  }

  @Test
  void aListingEndsWhenItsReaderHasSeenEnough() {
    for (int i = 0; i < 5; i++) {
      run("create /n" + i);
    }
    console.stopAfter(2);
    assertThat(run("ls -R /")).containsExactly("/", "/n0");
  }

  @Test
  void permissions() {
    run("create /p x");
    assertThat(run("getAcl /p")).containsExactly("'world,'anyone", ": cdrwa");
    run("addauth digest bob:secret");
    assertThat(run("whoami")).containsExactly("Auth scheme: User", "ip: 127.0.0.1", "digest: bob");
    assertThat(run("setAcl -s /p auth::cdrwa")).contains("aclVersion = 1");
    assertThat(run("getAcl -s /p").get(0)).startsWith("'digest,'bob:");
    run("connect");
    assertThat(failing(ExitCode.REFUSED, "get /p"))
        .isEqualTo(
            "Insufficient permission : /p; its ACL asks for credentials: \"addauth digest"
                + " user:password\".");
    run("addauth digest bob:secret");
    run("create /p/c");
    run("setAcl -R /p world:anyone:r");
    assertThat(run("getAcl /p/c")).containsExactly("'world,'anyone", ": r");
    assertThat(failing(ExitCode.USAGE, "setAcl /p nobody")).contains("scheme:id:permissions");
    assertThat(failing(ExitCode.REFUSED, "create /q x none:x:r")).startsWith("Acl is not valid : ");
  }

  @Test
  void quotas() {
    shell.close();
    shell = shell(console, false);
    run("connect " + SERVER.connectString());
    String path = chroot + "/quota";
    run("create " + path);
    assertThat(run("setquota -n 5 -B 1000 " + path)).isEmpty();
    run("create " + path + "/x abc");
    assertThat(run("listquota " + path))
        .containsExactly(
            "Output quota for " + path + " count=5,bytes=-1=;byteHardLimit=1000;countHardLimit=-1",
            "Output stat for " + path + " count=2,bytes=3");
    assertThat(failing(ExitCode.REFUSED, "setquota -n 5 " + path + "/x"))
        .isEqualTo(path + "/x has a parent " + path + " which has a quota.");
    assertThat(failing(ExitCode.REFUSED, "setquota -n 5 " + chroot))
        .isEqualTo(chroot + " has a child " + path + " which has a quota.");
    assertThat(run("setquota -n 1 " + path))
        .containsExactly("[Warning]: the count quota you create is less than the existing count:2");
    run("delquota -n " + path);
    assertThat(run("listquota " + path).get(0)).contains("count=-1,", "byteHardLimit=1000");
    run("delquota " + path);
    run("listquota " + path);
    assertThat(console.told()).contains("quota for " + path + " does not exist.");
    assertThat(run("delquota " + path)).containsExactly("Quota does not exist for " + path);
    assertThat(failing(ExitCode.USAGE, "setquota -n 0 " + path)).contains("greater than zero");
    assertThat(failing(ExitCode.REFUSED, "setquota -n 1 " + path + "/none"))
        .isEqualTo(path + "/none does not exist.");
  }

  @Test
  void watchesFireAndAreRemoved() {
    run("create /w 1");
    run("get -w /w");
    run("set /w 2");
    awaitTold("type:NodeDataChanged path:/w zxid: ");
    assertThat(run("set /w 3")).isEmpty();
    run("addWatch -m persistent /w");
    run("create /w/c");
    awaitTold("type:NodeChildrenChanged path:/w");
    run("removewatches /w -a");
    assertThat(failing(ExitCode.REFUSED, "removewatches /w"))
        .startsWith("KeeperErrorCode = No such watcher for /w");
    run("ls -w /w");
    run("stat -w /w");
    assertThat(failing(ExitCode.REFUSED, "removewatches /w -p"))
        .startsWith("KeeperErrorCode = No such watcher");
    run("removewatches /w -c");
    run("removewatches /w -d -l");
    run("printwatches off");
    assertThat(run("printwatches")).containsExactly("printwatches is off");
  }

  private void awaitTold(String text) {
    Awaitility.await()
        .atMost(Duration.ofMinutes(1))
        .untilAsserted(() -> assertThat(String.join("\n", console.told())).contains(text));
    assertThat(console.told()).contains("WATCHER::");
  }

  @Test
  void followingAZnode() throws Exception {
    run("create /f 1");
    RecordingConsole other = new RecordingConsole();
    try (Shell follower = shell(other, true)) {
      follower.execute("connect " + SERVER.connectString() + chroot);
      CompletableFuture<Integer> following =
          CompletableFuture.supplyAsync(() -> follower.execute("watch -n 3 /f"));
      awaitPrinted(other, 1);
      run("set /f 2");
      awaitPrinted(other, 2);
      run("delete /f");
      assertThat(following.get()).isZero();
      assertThat(other.printed())
          .containsExactly(
              "{\"path\":\"/f\",\"exists\":true,\"data\":\"1\",\"version\":0}",
              "{\"path\":\"/f\",\"exists\":true,\"data\":\"2\",\"version\":1}",
              "{\"path\":\"/f\",\"exists\":false}");
    }
  }

  private static void awaitPrinted(RecordingConsole by, int lines) {
    Awaitility.await()
        .atMost(Duration.ofMinutes(1))
        .untilAsserted(() -> assertThat(by.printed()).hasSize(lines));
  }

  @Test
  void aCommandThatWaitsIsInterrupted() {
    run("create /i 1");
    Thread me = Thread.currentThread();
    CompletableFuture<Void> interrupting =
        CompletableFuture.runAsync(
            () -> {
              awaitPrinted(console, 1);
              me.interrupt();
            });
    assertThat(shell.execute("watch /i")).isEqualTo(Shell.INTERRUPTED);
    assertThat(console.told()).containsExactly("Interrupted.");
    interrupting.join();
    assertThat(run("get /i")).containsExactly("1");
  }

  @Test
  void historyAndRedo() {
    run("create -s /h-");
    int number = shell.history().size() - 1;
    assertThat(run("redo " + number)).containsExactly("Created /h-0000000001");
    assertThat(run("history"))
        .contains(number + " - create -s /h-", number + 1 + " - create -s /h-")
        .last()
        .isEqualTo(number + 2 + " - history");
    assertThat(failing(ExitCode.USAGE, "redo 99")).contains("Command index out of range");
  }

  @Test
  void closingAndConnecting() {
    run("close");
    assertThat(failing(ExitCode.NO_CONNECTION, "ls /")).startsWith("Not connected; \"connect ");
    run("connect");
    assertThat(run("ls /")).containsExactly("[]");
    run("quit");
    assertThat(shell.isOver()).isTrue();
  }

  @Test
  void smallThings() {
    assertThat(run("version")).containsExactly("ZooKeeper CLI version: 1.2.3");
    assertThat(run("sync /")).containsExactly("Sync is OK");
    run("create -e /mine");
    assertThat(run("getEphemerals")).containsExactly("[/mine]");
    assertThat(run("getEphemerals /other")).containsExactly("[]");
    console.begin();
    assertThat(run("")).isEmpty();
    assertThat(run("# a comment")).isEmpty();
    assertThat(run("help ls")).startsWith("ls [-s] [-w] [-R] path");
    assertThat(run("help")).contains("tree [-d depth] [-s] [path]");
  }

  @Test
  void finding() {
    run("create /app x");
    run("create /app/a.conf port=1");
    run("create -e /app/lock");
    run("create -c /app/box");
    assertThat(run("find / -name *.conf")).containsExactly("/app/a.conf");
    assertThat(run("find /app -type e")).containsExactly("/app/lock");
    assertThat(run("find /app -data port")).containsExactly("/app/a.conf");
    assertThat(run("find / -larger 5")).containsExactly("/app/a.conf");
    assertThat(failing(ExitCode.USAGE, "find / -type z")).contains("takes p or e");
  }

  @Test
  void importsKeepDataAndPermissions() {
    run("create /from top");
    run("create /from/bin");
    run("set -b /from/bin /wA=");
    run("create /from/closed s ip:127.0.0.1:rwa");
    run("create /from/ttl");
    run("create -c /from/box");
    run("create -e /from/live");
    run("setAcl /from ip:127.0.0.1:cdrwa");
    Path file = dir.resolve("from.json");
    run("export /from " + file);
    assertThat(console.told()).containsExactly("5 znodes in " + file + "; 1 ephemeral left out.");
    run("delete /from/live");
    assertThat(run("import -n " + file + " /to/deep")).contains("would create /to/deep/bin");
    assertThat(run("import " + file + " /to/deep")).containsExactly("5 created, 0 set.");
    assertThat(run("diff /from /to/deep")).isEmpty();
    assertThat(run("getAcl /to/deep")).containsExactly("'ip,'127.0.0.1", ": cdrwa");
    assertThat(run("getAcl /to/deep/closed")).containsExactly("'ip,'127.0.0.1", ": rwa");
    assertThat(run("get -b /to/deep/bin")).containsExactly("/wA=");
    assertThat(failing(ExitCode.REFUSED, "import " + file + " /to/deep"))
        .startsWith("Node already exists: /to/deep and 4 more; nothing was done.");
    run("set /to/deep other");
    run("create /to/deep/more");
    assertThat(shell.execute("diff -v /from /to/deep")).isEqualTo(ExitCode.REFUSED);
    assertThat(console.printed())
        .containsExactly("~ /", "    - \"top\"", "    + \"other\"", "+ /more  null");
    run("setAcl /to/deep/closed world:anyone:cdrwa");
    assertThat(run("import -u " + file + " /to/deep")).containsExactly("0 created, 5 set.");
    assertThat(run("get /to/deep")).containsExactly("top");
  }

  @Test
  void whatIsNoExportIsRefused() throws IOException {
    Path file = dir.resolve("x.json");
    assertThat(failing(ExitCode.USAGE, "import " + file)).contains("does not exist");
    Files.writeString(file, "{\"format\":1}");
    assertThat(failing(ExitCode.USAGE, "import " + file))
        .contains("is not an export of this shell");
    Files.writeString(file, "{\n\"a\"\n}");
    assertThat(failing(ExitCode.USAGE, "import " + file)).contains("line 3");
    Files.writeString(file, "{\"format\":\"conclave-export-1\",\"znodes\":[{\"path\":\"/a//b\"}]}");
    assertThat(failing(ExitCode.USAGE, "import " + file)).contains("no valid \"path\"");
  }

  @Test
  void editing() {
    environment.put("EDITOR", "the-editor --wait");
    run("create /e before");
    newText = "after\n";
    assertThat(run("edit /e")).containsExactly("Set /e, version 1.");
    assertThat(run("get /e")).containsExactly("after");
    assertThat(run("edit /e")).containsExactly("Nothing has changed.");
    newText = "";
    assertThat(failing(ExitCode.REFUSED, "edit /e")).contains("nothing was changed");
    run("set -b /e /wA=");
    assertThat(failing(ExitCode.REFUSED, "edit /e")).contains("no text");
  }

  @Test
  void anEditThatComesTooLateKeepsItsText() throws IOException {
    run("create /late 1");
    RecordingConsole other =
        new RecordingConsole(
            command -> {
              run("set /late 2");
              Files.writeString(Path.of(command.get(command.size() - 1)), "mine");
              return 0;
            });
    try (Shell editor = shell(other, false)) {
      editor.execute("connect " + SERVER.connectString() + chroot);
      assertThat(editor.execute("edit /late")).isEqualTo(ExitCode.REFUSED);
      String told = other.told().get(0);
      assertThat(told).contains("somebody else has changed it meanwhile. Your text is in ");
      Path kept = Path.of(told.substring(told.indexOf(" in ") + 4, told.length() - 1));
      assertThat(kept).hasContent("mine");
      Files.delete(kept);
    }
  }

  @Test
  void json() {
    run("create /j text");
    RecordingConsole other = new RecordingConsole();
    try (Shell asJson = shell(other, true)) {
      asJson.execute("connect " + SERVER.connectString() + chroot);
      asJson.execute("get /j");
      assertThat(other.printed().get(0))
          .startsWith("{\"path\":\"/j\",\"data\":\"text\",\"stat\":{\"czxid\":\"0x");
      asJson.execute("ls /");
      assertThat(other.printed()).containsExactly("{\"path\":\"/\",\"children\":[\"j\"]}");
      asJson.execute("whoami");
      assertThat(other.printed()).containsExactly("[{\"scheme\":\"ip\",\"user\":\"127.0.0.1\"}]");
    }
  }

  @Test
  void theLoadOfServers() {
    assertThat(run("top -i 1 -n 1"))
        .hasSize(2)
        .last()
        .asString()
        .contains(SERVER.connectString(), "standalone");
  }

  @Test
  void theLoadOfServersByTheirAdminServers() throws IOException {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    try (TestServer server =
        TestServer.start(
            "admin.enableServer=true",
            "admin.serverAddress=127.0.0.1",
            "admin.serverPort=" + port)) {
      shell.execute("connect " + server.connectString());
      assertThat(run("top -i 1 -n 1 -a " + port))
          .last()
          .asString()
          .contains(server.connectString(), "standalone", "0x1");
      assertThat(failing(ExitCode.NO_CONNECTION, "top -n 1 -a 1")).contains("connection refused");
    }
  }

  @Test
  void mistakesAreExplained() {
    assertThat(failing(Shell.UNKNOWN_COMMAND, "lss /"))
        .isEqualTo("Command not found: lss; did you mean ls?");
    assertThat(failing(Shell.UNKNOWN_COMMAND, "frobnicate")).contains("\"help\" lists");
    assertThat(failing(ExitCode.USAGE, "ls -q /"))
        .isEqualTo("ls: there is no flag -q. Usage: ls [-s] [-w] [-R] path");
    assertThat(failing(ExitCode.USAGE, "get")).contains("too few arguments", "Usage: get ");
    assertThat(failing(ExitCode.USAGE, "set /a x -v new")).contains("-v takes a number");
    assertThat(failing(ExitCode.USAGE, "set /a 'x")).isEqualTo("A quote has no end: 'x.");
    assertThat(failing(ExitCode.USAGE, "create -c -e /a")).contains("Containers cannot be");
    assertThat(failing(ExitCode.USAGE, "get relative"))
        .isEqualTo("\"relative\": a path starts with /.");
    assertThat(failing(ExitCode.USAGE, "create /a//b")).contains("empty segment");
    assertThat(failing(ExitCode.USAGE, "deleteall /")).contains("The root can't be deleted");
    run("create /config");
    assertThat(failing(ExitCode.REFUSED, "get /confg"))
        .isEqualTo("Node does not exist: /confg; did you mean /config?");
    assertThat(failing(ExitCode.REFUSED, "create /confg/x"))
        .isEqualTo(
            "Node does not exist: /confg/x; there is no /confg to make it in; did you mean"
                + " /config?");
    assertThat(failing(ExitCode.REFUSED, "create /config")).startsWith("Node already exists: ");
    run("create /config/a");
    assertThat(failing(ExitCode.REFUSED, "delete /config"))
        .isEqualTo("Node not empty: /config; \"deleteall /config\" deletes all below it too.");
    assertThat(failing(ExitCode.REFUSED, "set -v 7 /config x"))
        .startsWith("version No is not valid : /config");
    run("create -e /eph");
    assertThat(failing(ExitCode.REFUSED, "create /eph/x"))
        .startsWith("Ephemerals cannot have children: /eph/x");
  }

  @Test
  void completion() {
    run("create /alpha");
    run("create /alpha/one");
    run("create /alpha/two");
    Completion completion = new Completion(shell);
    assertThat(texts(completion.at(List.of("get"), 0, "get")))
        .containsExactly("get", "getAcl", "getAllChildrenNumber", "getEphemerals");
    assertThat(texts(completion.at(List.of("ls", ""), 1, ""))).containsExactly("/alpha");
    assertThat(texts(completion.at(List.of("ls", "/al"), 1, "/al"))).containsExactly("/alpha");
    assertThat(texts(completion.at(List.of("ls", "/alpha/"), 1, "/alpha/")))
        .containsExactly("/alpha/one", "/alpha/two");
    assertThat(texts(completion.at(List.of("ls", "/alpha/t"), 1, "/alpha/t")))
        .containsExactly("/alpha/two");
    assertThat(texts(completion.at(List.of("ls", "-"), 1, "-"))).containsExactly("-R", "-s", "-w");
    assertThat(completion.at(List.of("ls", "/none/x"), 1, "/none/x")).isEmpty();
    assertThat(completion.at(List.of("addauth", "/al"), 1, "/al")).isEmpty();
    assertThat(completion.at(List.of("nothing", "/al"), 1, "/al")).isEmpty();
  }

  private static List<String> texts(List<Completion.Suggestion> suggestions) {
    return suggestions.stream().map(Completion.Suggestion::text).toList();
  }
}
