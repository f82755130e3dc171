package conclave.cli.files;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.cli.common.Captured;
import conclave.cli.common.CommandFailure;
import conclave.cli.common.ExitCode;
import conclave.protocol.Acl;
import conclave.protocol.LoggedTxn;
import conclave.protocol.OpCode;
import conclave.protocol.Txn;
import conclave.protocol.TxnHeader;
import conclave.state.EventSink;
import conclave.state.Notices;
import conclave.state.StateConfig;
import conclave.storage.RealDisk;
import conclave.storage.Recovered;
import conclave.storage.Storage;
import conclave.storage.StorageOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The commands on files that a server's storage wrote: two log files, snapshots at 3, 6, 9, 12. */
class FileCommandsTest {
  private static final long SESSION = 0x1000_0000_abcdL;

  @TempDir Path dir;
  @RegisterExtension final Captured captured = new Captured();
  private Path data = Path.of("");
  private long zxid;

  @BeforeEach
  void write() throws IOException {
    data = dir.resolve("data");
    try (Storage storage = Storage.open(StorageOptions.in(data), new RealDisk())) {
      Recovered recovered = storage.recover(StateConfig.DEFAULT, Notices.NONE);
      add(storage, recovered, new Txn.CreateSession(30_000));
      add(storage, recovered, create("/config", "", false));
      add(storage, recovered, create("/config/url", "https://example.org", false));
      snapshot(storage, recovered);
      add(storage, recovered, create("/live", "", true));
      add(storage, recovered, set("/config/url", "http", 1));
      add(storage, recovered, create("/big", "x".repeat(1000), false));
      snapshot(storage, recovered);
      for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 3; i++) {
          add(storage, recovered, set("/big", "y".repeat(1000), 1 + i + 3 * round));
        }
        snapshot(storage, recovered);
      }
      add(storage, recovered, new Txn.Delete(OpCode.DELETE, "/big"));
    }
  }

  private static Txn create(String path, String text, boolean ephemeral) {
    return new Txn.Create(
        OpCode.CREATE, path, text.getBytes(StandardCharsets.UTF_8), Acl.OPEN, ephemeral, -1);
  }

  private static Txn set(String path, String text, int version) {
    return new Txn.SetData(OpCode.SET_DATA, path, text.getBytes(StandardCharsets.UTF_8), version);
  }

  private void add(Storage storage, Recovered recovered, Txn txn) {
    long timeMs = 1_700_000_000_000L + 1000 * zxid;
    zxid++;
    LoggedTxn logged = new LoggedTxn(new TxnHeader(SESSION, (int) zxid, zxid, timeMs), txn, null);
    storage.log().append(logged);
    recovered.state().apply(logged, EventSink.NONE);
  }

  private static void snapshot(Storage storage, Recovered recovered) throws IOException {
    storage.log().roll();
    storage.snapshots().write(recovered.state().beginSnapshot(), new ReentrantLock());
  }

  private Path file(String name) {
    return data.resolve("version-2").resolve(name);
  }

  private int execute(Object command, Object... arguments) {
    captured.reset();
    CommandLine line = new CommandLine(command);
    line.setExecutionExceptionHandler(
        (e, failed, parsed) -> {
          if (e instanceof CommandFailure failure) {
            System.err.println(failure.text());
            return failure.exitCode();
          }
          throw e;
        });
    String[] texts = new String[arguments.length];
    for (int i = 0; i < texts.length; i++) {
      texts[i] = arguments[i].toString();
    }
    return line.execute(texts);
  }

  private String log(int code, Object... arguments) {
    assertThat(execute(new LogCommand(), arguments)).as(() -> errors()).isEqualTo(code);
    return captured.out();
  }

  private String snapshot(int code, Object... arguments) {
    assertThat(execute(new SnapshotCommand(), arguments)).as(() -> errors()).isEqualTo(code);
    return captured.out();
  }

  private String errors() {
    return captured.err();
  }

  /** Makes the byte there another one. */
  private static void damage(Path file, long offset) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[(int) offset] ^= 0x40;
    Files.write(file, bytes);
  }

  @Test
  void aLineATransaction() {
    assertThat(log(0, "dump", data).lines())
        .hasSize(13)
        .startsWith(
            "0x1  2023-11-14T22:13:20.000Z  0x10000000abcd  cxid=1  createSession  timeout=30000ms",
            "0x2  2023-11-14T22:13:21.000Z  0x10000000abcd  cxid=2  create  /config 0 B",
            "0x3  2023-11-14T22:13:22.000Z  0x10000000abcd  cxid=3  create  /config/url 19 B"
                + " \"https://example.org\"",
            "0x4  2023-11-14T22:13:23.000Z  0x10000000abcd  cxid=4  create  /live 0 B ephemeral",
            "0x5  2023-11-14T22:13:24.000Z  0x10000000abcd  cxid=5  setData  /config/url 4 B"
                + " \"http\" version=1")
        .endsWith("0xd  2023-11-14T22:13:32.000Z  0x10000000abcd  cxid=13  delete  /big");
    assertThat(log(0, "dump", "-v", file("log.4"))).contains("x".repeat(1000));
  }

  @Test
  void rangesChooseTransactions() {
    assertThat(log(0, "dump", "--from", "0x3", "--to", "4", data).lines()).hasSize(2);
    assertThat(log(0, "dump", "--path", "/config", data).lines()).hasSize(3);
    assertThat(log(0, "dump", "--since", "2023-11-14T22:13:31", data).lines()).hasSize(2);
    assertThat(log(0, "dump", "--until", "2023-11-14T23:13:22+01:00", data).lines()).hasSize(2);
    assertThat(log(0, "dump", "--session", "1", data)).isEmpty();
    log(ExitCode.USAGE, "dump", "--from", "new", data);
    assertThat(errors()).contains("--from takes a hexadecimal number");
    log(ExitCode.USAGE, "dump", "--since", "yesterday", data);
    assertThat(errors()).contains("2026-11-22T07:30:00Z");
  }

  @Test
  void jsonIsAnObjectALine() {
    assertThat(log(0, "dump", "--json", "--from", "3", "--to", "3", data))
        .isEqualTo(
            "{\"zxid\":\"0x3\",\"time\":\"2023-11-14T22:13:22.000Z\",\"session\":\"0x10000000abcd\","
                + "\"cxid\":3,\"type\":\"create\",\"path\":\"/config/url\","
                + "\"data\":\"https://example.org\",\"acl\":\"world:anyone:cdrwa\","
                + "\"ephemeral\":false}\n");
  }

  @Test
  void aWholeLogIsVerified() {
    assertThat(log(0, "verify", data).lines())
        .hasSize(5)
        .first()
        .asString()
        .contains("log.1: 3 transactions 0x1..0x3, ");
    assertThat(errors()).isEmpty();
  }

  @Test
  void damageIsNamedWithItsOffsetAndRecoveredFrom() throws IOException {
    Path log = file("log.4");
    damage(log, 16 + 12 + 40);
    log(ExitCode.REFUSED, "verify", data);
    assertThat(errors())
        .contains(log + " at offset 16: wrong checksum: computed=")
        .contains("; whole entries go on at offset ")
        .contains("0x5 does not follow 0x3; what was between is missing.");
    assertThat(log(ExitCode.REFUSED, "dump", data).lines()).hasSize(12);
    assertThat(log(ExitCode.REFUSED, "recover", log)).contains("log.4.fixed has 0 transactions");
    assertThat(errors()).contains("--skip-bad would take it");
    Path fixed = dir.resolve("fixed");
    assertThat(log(ExitCode.REFUSED, "recover", "--skip-bad", "--out", fixed, log))
        .isEqualTo(fixed + " has 2 transactions; 1 bad record left out.\n");
    assertThat(log(0, "dump", fixed).lines()).hasSize(2);
    log(ExitCode.NO_CONNECTION, "recover", "--out", fixed, log);
    assertThat(errors())
        .isEqualTo(fixed + " exists already; move it away or name another with --out.\n");
  }

  @Test
  void missingTransactionsBetweenFilesAreTold() throws IOException {
    Files.delete(file("log.4"));
    log(ExitCode.REFUSED, "verify", data);
    assertThat(errors()).contains("log.7 at offset 16: 0x7 does not follow 0x3");
    Files.move(file("log.7"), file("log.8"));
    log(ExitCode.REFUSED, "verify", file("log.8"));
    assertThat(errors()).contains("it begins with 0x7, but its name says 0x8");
  }

  @Test
  void aTornTailIsNoDamage() throws IOException {
    Path log = file("log.d");
    byte[] bytes = Files.readAllBytes(log);
    Files.write(log, java.util.Arrays.copyOf(bytes, 40));
    assertThat(log(0, "verify", data)).contains("log.d: 0 transactions");
    assertThat(errors()).contains("log.d at offset 16: half an entry");
    assertThat(log(0, "recover", log)).contains("half an entry at the end was left out");
  }

  @Test
  void aLogIsChopped() {
    Path log = file("log.4");
    assertThat(log(0, "chop", "--zxid", "0x5", log))
        .isEqualTo(log + ".chopped-5 has 2 transactions up to 0x5.\n");
    assertThat(log(0, "dump", log + ".chopped-5").lines()).hasSize(2);
    log(ExitCode.REFUSED, "chop", "--zxid", "0x9", log);
    assertThat(errors()).contains("has no transaction 0x9");
  }

  @Test
  void aSnapshotIsDumped() {
    assertThat(snapshot(0, "dump", "-d", file("snapshot.6")))
        .contains("session 0x10000000abcd timeout=30000ms\n")
        .contains("/config/url  4 B  v1  \"http\"\n")
        .contains("/live  ephemeral=0x10000000abcd  0 B  v0");
    assertThat(snapshot(0, "dump", "--path", "/config", file("snapshot.6")))
        .isEqualTo("/config  0 B  v0\n/config/url  4 B  v1\n");
    assertThat(snapshot(0, "dump", "-s", "--path", "/config/url", file("snapshot.6")))
        .contains("  cZxid = 0x3\n", "  mZxid = 0x5\n", "  dataLength = 4\n");
    assertThat(snapshot(0, "dump", "--json", "-d", "--path", "/config/url", file("snapshot.6")))
        .startsWith(
            "{\"path\":\"/config/url\",\"name\":\"url\",\"dataLength\":4,\"data\":\"http\",")
        .contains("\"acl\":\"world:anyone:cdrwa\",\"kind\":\"persistent\"");
    snapshot(ExitCode.REFUSED, "dump", "--path", "/none", file("snapshot.6"));
    assertThat(errors()).contains("has no znode /none");
  }

  @Test
  void snapshotsAreVerified() throws IOException {
    assertThat(snapshot(0, "verify", data).lines())
        .hasSize(5)
        .element(2)
        .asString()
        .endsWith("snapshot.6: 8 znodes, 1 session, whole");
    damage(file("snapshot.9"), 300);
    snapshot(ExitCode.REFUSED, "verify", data);
    assertThat(errors().lines()).hasSize(1);
    assertThat(errors()).contains("snapshot.9", "at offset", "starts with an older one");
  }

  @Test
  void snapshotsAreCompared() {
    assertThat(
            snapshot(ExitCode.REFUSED, "compare", file("snapshot.3"), file("snapshot.6")).lines())
        .containsExactly(
            "left   " + file("snapshot.3") + ": 6 znodes, 19 bytes",
            "right  " + file("snapshot.6") + ": 7 znodes, 1,004 bytes",
            "only right  /big  1 znode, 1,000 bytes",
            "data        /config/url  19 B -> 4 B");
    assertThat(
            snapshot(
                    ExitCode.REFUSED,
                    "compare",
                    "-b",
                    "100",
                    "-l",
                    file("snapshot.3"),
                    "-r",
                    file("snapshot.6"))
                .lines()
                .skip(2))
        .containsExactly(
            "subtree     /  +1 znodes, +985 bytes", "only right  /big  1 znode, 1,000 bytes");
    assertThat(snapshot(0, "compare", file("snapshot.3"), file("snapshot.3")))
        .endsWith("They are the same.\n");
    assertThat(snapshot(ExitCode.REFUSED, "compare", file("snapshot.9"), file("snapshot.6")))
        .contains("data        /big  1000 B, other content");
    snapshot(ExitCode.USAGE, "compare", file("snapshot.3"));
    assertThat(errors()).contains("Which two snapshots?");
  }

  @Test
  void subtreesAreSummedUp() {
    assertThat(snapshot(0, "summary", file("snapshot.6")).lines())
        .containsExactly(
            "       NODES           BYTES  SUBTREE",
            "           8           1,004  /",
            "           1           1,000  /big",
            "           2               4  /config",
            "           1               0  /live",
            "           3               0  /zookeeper");
    assertThat(snapshot(0, "summary", "--from", "/config", file("snapshot.6")).lines().skip(1))
        .containsExactly(
            "           2               4  /config", "           1               4  /config/url");
    assertThat(
            snapshot(0, "summary", "--by", "bytes", "--json", file("snapshot.6")).lines().skip(1))
        .first()
        .isEqualTo("{\"path\":\"/big\",\"nodes\":1,\"bytes\":1000}");
    snapshot(ExitCode.REFUSED, "summary", "--from", "/none", file("snapshot.6"));
    assertThat(errors()).contains("has no znode /none");
  }

  @Test
  void oldFilesArePurged() {
    assertThat(execute(new PurgeCommand(), data, "-n", "3", "--dry-run")).isZero();
    String would = captured.out();
    assertThat(would)
        .contains("would delete " + file("snapshot.0"), "would delete " + file("log.1"))
        .contains("snapshot.3")
        .endsWith(", would go.\n")
        .doesNotContain("snapshot.6", "log.7");
    assertThat(file("snapshot.0")).exists();
    assertThat(execute(new PurgeCommand(), data.resolve("version-2"), "-n", "3")).isZero();
    assertThat(file("snapshot.0")).doesNotExist();
    assertThat(file("log.1")).doesNotExist();
    assertThat(file("snapshot.6")).exists();
    assertThat(file("log.7")).exists();
    assertThat(execute(new PurgeCommand(), data, "-n", "3")).isZero();
    assertThat(captured.out()).isEqualTo("Nothing is old enough to go.\n");
    assertThat(execute(new PurgeCommand(), data, "-n", "2")).isEqualTo(ExitCode.USAGE);
    assertThat(errors()).contains("at least 3");
    assertThat(execute(new PurgeCommand(), dir.resolve("none"), "-n", "3"))
        .isEqualTo(ExitCode.REFUSED);
    assertThat(errors()).contains("is no directory");
  }

  @Test
  void whatIsNotThereOrSomethingElseIsSaidInOneLine() throws IOException {
    log(ExitCode.NO_CONNECTION, "dump", dir.resolve("none"));
    assertThat(errors()).isEqualTo(dir.resolve("none") + " does not exist.\n");
    log(ExitCode.REFUSED, "dump", file("snapshot.3"));
    assertThat(errors()).contains("does not begin as a transaction log does");
    snapshot(ExitCode.REFUSED, "dump", file("log.1"));
    assertThat(errors()).contains("does not begin as a snapshot does");
  }
}
