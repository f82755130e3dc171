package conclave.storage;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.protocol.LoggedTxn;
import conclave.protocol.OpCode;
import conclave.state.EventSink;
import conclave.state.Notices;
import conclave.state.StateMachine;
import conclave.storage.Workload.Picture;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Random;
import java.util.Scanner;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.apache.zookeeper.server.PurgeTxnLog;
import org.apache.zookeeper.server.SnapshotFormatter;
import org.apache.zookeeper.server.persistence.FileTxnLog;
import org.apache.zookeeper.server.persistence.TxnLogToolkit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Conclave and Apache's own classes read what the other wrote, and see the same. */
class ApacheFormatTest {
  private static final String EXTENDED_TYPES = "zookeeper.extendedTypesEnabled";

  @TempDir Path dir;

  @BeforeAll
  static void likeOurConfiguration() {
    System.setProperty(EXTENDED_TYPES, "true");
    FileTxnLog.setPreallocSize(1 << 20);
  }

  @AfterAll
  static void likeBefore() {
    System.clearProperty(EXTENDED_TYPES);
    FileTxnLog.setPreallocSize(64 << 20);
  }

  @AfterEach
  void unpacked() {
    Apache.compression(Compression.NONE);
  }

  private StorageOptions options(Compression compression) {
    return StorageOptions.in(dir.resolve("data"))
        .withDataLogDir(dir.resolve("log"))
        .withCompression(compression);
  }

  private Apache apache() throws IOException {
    return new Apache(dir.resolve("data"), dir.resolve("log"));
  }

  /** Lets our storage live for a while. */
  private Picture live(Compression compression, Workload workload, int txns, Set<OpCode> types)
      throws IOException {
    try (Storage storage = Storage.open(options(compression), new RealDisk())) {
      Recovered recovered = storage.recover(Workload.CONFIG, Notices.NONE);
      assertThat(recovered.state().digestMismatches()).isZero();
      StateMachine state = recovered.state();
      for (int i = 1; i <= txns; i++) {
        LoggedTxn txn = workload.next(state, state.lastAppliedZxid() + 1);
        types.add(txn.txn().type());
        storage.log().append(txn);
        state.apply(txn, EventSink.NONE);
        if (i % 100 == 50) {
          storage.log().roll();
          storage.snapshots().write(state.beginSnapshot(), new ReentrantLock());
        }
      }
      return Picture.of(state);
    }
  }

  /** Lets Apache's classes live for a while; our state machine only makes the transactions. */
  private Picture liveAsApache(Workload workload, int txns, StateMachine maker) throws IOException {
    try (Apache apache = apache()) {
      assertThat(apache.tree.lastProcessedZxid).isEqualTo(maker.lastAppliedZxid());
      for (int i = 1; i <= txns; i++) {
        LoggedTxn txn = workload.next(maker, maker.lastAppliedZxid() + 1);
        maker.apply(txn, EventSink.NONE);
        apache.append(txn);
        apache.apply(txn);
        if (i % 100 == 50) {
          apache.commit();
          apache.roll();
          apache.snapshot();
        }
      }
      apache.commit();
      return apache.picture();
    }
  }

  @ParameterizedTest
  @EnumSource
  void apacheLoadsWhatWeWrote(Compression compression) throws IOException {
    Set<OpCode> types = EnumSet.noneOf(OpCode.class);
    Picture ours = live(compression, new Workload(7), 640, types);
    assertThat(types)
        .contains(
            OpCode.CREATE,
            OpCode.CREATE2,
            OpCode.CREATE_CONTAINER,
            OpCode.CREATE_TTL,
            OpCode.DELETE,
            OpCode.SET_DATA,
            OpCode.SET_ACL,
            OpCode.MULTI,
            OpCode.CREATE_SESSION,
            OpCode.CLOSE_SESSION,
            OpCode.ERROR);
    try (Apache apache = apache()) {
      assertThat(apache.replayed).isEqualTo(90);
      assertThat(apache.tree.lastProcessedZxid).isEqualTo(640);
      assertThat(apache.picture()).isEqualTo(ours);
    }
    // The same from the log alone.
    for (String name : new RealDisk().list(dir.resolve("data/version-2"))) {
      if (name.startsWith("snapshot.") && !name.equals("snapshot.0" + compression.suffix())) {
        Files.delete(dir.resolve("data/version-2").resolve(name));
      }
    }
    try (Apache apache = apache()) {
      assertThat(apache.replayed).isEqualTo(640);
      assertThat(apache.picture()).isEqualTo(ours);
    }
  }

  @ParameterizedTest
  @EnumSource
  void weLoadWhatApacheWrote(Compression compression) throws IOException {
    Apache.compression(compression);
    StateMachine maker = new StateMachine(Workload.CONFIG);
    Picture theirs = liveAsApache(new Workload(8), 640, maker);
    assertThat(Picture.of(maker)).isEqualTo(theirs);
    try (Storage storage = Storage.open(options(Compression.NONE), new RealDisk())) {
      Recovered recovered = storage.recover(Workload.CONFIG, Notices.NONE);
      assertThat(recovered.lastZxid()).isEqualTo(640);
      assertThat(recovered.replayed()).isEqualTo(90);
      assertThat(recovered.warnings()).isEmpty();
      assertThat(recovered.state().digestMismatches()).isZero();
      assertThat(Picture.of(recovered.state())).isEqualTo(theirs);
    }
  }

  @Test
  void theyTakeTurnsOnTheSameDirectories() throws IOException {
    Workload workload = new Workload(9);
    Picture before = new Picture(java.util.Map.of(), java.util.Map.of(), 0);
    StateMachine maker = new StateMachine(Workload.CONFIG);
    for (int turn = 0; turn < 6; turn++) {
      if (turn % 2 == 0) {
        before = live(Compression.NONE, workload, 130, EnumSet.noneOf(OpCode.class));
      } else {
        before = liveAsApache(workload, 130, maker);
      }
      try (Storage storage = Storage.open(options(Compression.NONE), new RealDisk())) {
        maker = storage.recover(Workload.CONFIG, Notices.NONE).state();
        assertThat(Picture.of(maker)).isEqualTo(before);
      }
    }
    assertThat(maker.lastAppliedZxid()).isEqualTo(6 * 130);
  }

  /** A snapshot that was written while transactions went on has effects of later ones. */
  @Test
  void weLoadApachesFuzzySnapshots() throws IOException {
    for (int seed = 0; seed < 8; seed++) {
      dir = Files.createTempDirectory(dir, "fuzzy");
      StateMachine maker = new StateMachine(Workload.CONFIG);
      Workload workload = new Workload(seed);
      int lag = 1 + new Random(seed).nextInt(60);
      try (Apache apache = apache()) {
        for (long zxid = 1; zxid <= 300; zxid++) {
          LoggedTxn txn = workload.next(maker, zxid);
          maker.apply(txn, EventSink.NONE);
          apache.append(txn);
          apache.apply(txn);
          if (zxid == 200) {
            apache.fuzzySnapshot(zxid - lag);
          }
        }
        apache.commit();
      }
      try (Storage storage = Storage.open(options(Compression.NONE), new RealDisk())) {
        Recovered recovered = storage.recover(Workload.CONFIG, Notices.NONE);
        assertThat(recovered.snapshotZxid()).isEqualTo(200 - lag);
        assertThat(recovered.lastZxid()).isEqualTo(300);
        Picture restored = Picture.of(recovered.state());
        assertThat(restored.sessions()).isEqualTo(Picture.of(maker).sessions());
        assertThat(restored.nodes().keySet()).isEqualTo(Picture.of(maker).nodes().keySet());
      }
    }
  }

  @Test
  void apachesToolsReadAndPurgeOurFiles() throws Exception {
    Picture ours = live(Compression.NONE, new Workload(10), 640, EnumSet.noneOf(OpCode.class));
    int lines = 0;
    try (Stream<Path> logs = Files.list(dir.resolve("log/version-2"))) {
      for (Path log : logs.filter(p -> p.getFileName().toString().startsWith("log.")).toList()) {
        try (TxnLogToolkit toolkit = new TxnLogToolkit(false, true, log.toString(), false)) {
          String text = print(() -> toolkit.dump(new Scanner("")));
          assertThat(text).doesNotContain("CRC ERROR");
          lines += (int) text.lines().filter(line -> line.contains("zxid 0x")).count();
        }
      }
    }
    assertThat(lines).isEqualTo(640);
    String snapshot = dir.resolve("data/version-2/snapshot." + Long.toHexString(550)).toString();
    assertThat(print(() -> new SnapshotFormatter().run(snapshot, true, false)))
        .contains("/zookeeper/quota")
        .contains("Last zxid: 0x226");
    print(() -> PurgeTxnLog.purge(dir.resolve("log").toFile(), dir.resolve("data").toFile(), 3));
    try (Storage storage = Storage.open(options(Compression.NONE), new RealDisk())) {
      assertThat(Picture.of(storage.recover(Workload.CONFIG, Notices.NONE).state()))
          .isEqualTo(ours);
    }
  }

  private interface Action {
    void run() throws Exception;
  }

  /** What a tool prints. */
  private static String print(Action action) throws Exception {
    PrintStream before = System.out;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    System.setOut(new PrintStream(bytes, true, StandardCharsets.UTF_8));
    try {
      action.run();
    } finally {
      System.setOut(before);
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
