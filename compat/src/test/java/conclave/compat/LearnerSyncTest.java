package conclave.compat;

import static conclave.compat.Requests.create;
import static conclave.compat.Requests.exists;
import static conclave.compat.Requests.setData;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A server that was away catches up with its leader, whichever kind either of them is of. The
 * learner is server 1 unless said otherwise, the leader is the last voter.
 */
final class LearnerSyncTest extends EnsembleTests {
  private static final byte[] NONE = {};
  private static final String DIFF = "DIFF";
  private static final String SNAP = "SNAP";
  private static final String TRUNC = "TRUNC";

  static List<Mix> mixes() {
    return Mix.selected("CAA", "AAC");
  }

  /** The observer learns as well. */
  static List<Mix> moreMixes() {
    return Mix.selected("AAA+A", "ACA+C", "CAC+A", "CCC+C");
  }

  /** Without the log on disk to take older transactions from, 500 are what a leader has. */
  private static ServerSpec snapshotSpec() {
    return Ensemble.spec().property("zookeeper.snapshotSizeFactor", "-1");
  }

  @ParameterizedTest
  @MethodSource("mixes")
  void aFewMissingTransactions(Mix mix) throws IOException {
    fewMissing(start(mix), 1);
  }

  @ParameterizedTest
  @MethodSource("moreMixes")
  @Tag("slow")
  void aFewMissingTransactionsMore(Mix mix) throws IOException {
    fewMissing(start(mix), 1);
    fewMissing(start(mix), mix.size());
  }

  private void fewMissing(Ensemble ensemble, int learner) throws IOException {
    write(ensemble, "before", 20);
    ensemble.server(learner).kill();
    write(ensemble, "missed", 20);
    Said said = new Said(ensemble, learner);
    ensemble.restoreAll();
    said.atOnce(DIFF);
    write(ensemble, "after", 20);
    EqualServers.check(ensemble);
    restartsWithTheSame(ensemble, learner);
  }

  @ParameterizedTest
  @MethodSource("mixes")
  void manyMissingTransactions(Mix mix) throws IOException {
    manyMissing(start(mix, snapshotSpec()), 1);
  }

  @ParameterizedTest
  @MethodSource("moreMixes")
  @Tag("slow")
  void manyMissingTransactionsMore(Mix mix) throws IOException {
    manyMissing(start(mix, snapshotSpec()), 1);
    manyMissing(start(mix, snapshotSpec()), mix.size());
  }

  private void manyMissing(Ensemble ensemble, int learner) throws IOException {
    write(ensemble, "before", 20);
    // An ephemeral's session, and one that ends while the learner is away, travel along.
    int leader = ensemble.leader();
    try (Wire stays = Wire.session(ensemble.server(leader));
        Wire ends = Wire.session(ensemble.server(leader))) {
      stays.ok(create("/stays", NONE, 1));
      ends.ok(create("/ends", NONE, 1));
      ensemble.server(learner).kill();
      write(ensemble, "missed", 150);
      ends.endSession();
      Said said = new Said(ensemble, learner);
      ensemble.restoreAll();
      said.atOnce(SNAP);
      try (Wire moved = Wire.open(ensemble.server(learner))) {
        Session session = moved.shake(Handshake.resume(stays.session()));
        assertThat(session.id()).isEqualTo(stays.session().id());
        moved.ok(exists("/stays", false));
        assertThat(moved.call(exists("/ends", false)).err()).isEqualTo(-101);
      }
      write(ensemble, "after", 20);
      EqualServers.check(ensemble);
      restartsWithTheSame(ensemble, learner);
    }
  }

  /** A disk was replaced: the server comes with its number and nothing else. */
  @ParameterizedTest
  @MethodSource("moreMixes")
  @Tag("slow")
  void anEmptyServer(Mix mix) throws IOException {
    Ensemble ensemble = start(mix);
    write(ensemble, "before", 100);
    ensemble.server(1).kill();
    write(ensemble, "missed", 20);
    deleteTree(ensemble.dataDirectory(1).resolve("version-2"));
    ensemble.restoreAll();
    write(ensemble, "after", 20);
    EqualServers.check(ensemble);
    restartsWithTheSame(ensemble, 1);
  }

  /**
   * The learner is server 3, once the leader, the leader server 2. A leader dies with transactions
   * in its log that no other server has: when it comes back they must go.
   */
  @ParameterizedTest
  @MethodSource("mixesOfDeposed")
  void whatOnlyTheDeadLeaderHadIsCutOff(Mix mix) throws IOException {
    cutBack(mix, false);
  }

  @ParameterizedTest
  @MethodSource("moreMixesOfDeposed")
  @Tag("slow")
  void whatOnlyTheDeadLeaderHadIsCutOffMore(Mix mix) throws IOException {
    cutBack(mix, false);
  }

  /** Apache's leaders don't cut back across an epoch with transactions: they send it all. */
  @ParameterizedTest
  @MethodSource({"mixesOfDeposed", "moreMixesOfDeposed"})
  @Tag("slow")
  void whatOnlyTheDeadLeaderHadIsGoneWhenTheOthersWentOn(Mix mix) throws IOException {
    cutBack(mix, true);
  }

  static List<Mix> mixesOfDeposed() {
    return Mix.selected("AAC", "ACA");
  }

  static List<Mix> moreMixesOfDeposed() {
    return Mix.selected("AAA", "CAC", "CCA", "CCC", "ACC+A");
  }

  private void cutBack(Mix mix, boolean othersGoOn) throws IOException {
    // The leader is to notice late that nobody follows it any more.
    Ensemble ensemble = start(mix, Ensemble.spec().with("syncLimit", "100"));
    write(ensemble, "before", 20);
    String extra = writeWhatNobodyElseHas(ensemble);
    ensemble.server(3).kill();
    ensemble.server(1).launch();
    ensemble.server(2).launch();
    ensemble.awaitServing();
    assertThat(ensemble.leader()).isEqualTo(2);
    if (othersGoOn) {
      write(ensemble, "without3", 20);
    }
    Said said = new Said(ensemble, 3);
    ensemble.restoreAll();
    if (!othersGoOn || ensemble.server(2).target().isApache()) {
      said.atOnce(othersGoOn ? SNAP : TRUNC);
    }
    for (int sid : ensemble.sids()) {
      assertThat(isThere(ensemble, sid, extra)).as("%s on %d", extra, sid).isFalse();
    }
    write(ensemble, "after", 20);
    EqualServers.check(ensemble);
    restartsWithTheSame(ensemble, 3);
  }

  /** Returns a path that is in the log of server 3, the leader, and in no other's. */
  private static String writeWhatNobodyElseHas(Ensemble ensemble) throws IOException {
    String extra = "/extra/x99";
    try (Wire wire = Wire.session(ensemble.server(3))) {
      ensemble.server(1).pause();
      // The one that is to lead has all that the other has: without it this would not come back.
      wire.ok(create("/extra"));
      ensemble.server(2).pause();
      for (int i = 0; i < 100; i++) {
        wire.send(create("/extra/x" + i, NONE, 0));
      }
      Ensemble.await("the leader's log has it", () -> ensemble.hasOnDisk(3, extra));
    }
    // They stand still, and die without having read what the leader sent.
    ensemble.server(1).kill();
    ensemble.server(2).kill();
    assertThat(ensemble.hasOnDisk(1, extra)).isFalse();
    assertThat(ensemble.hasOnDisk(2, extra)).isFalse();
    return extra;
  }

  private static boolean isThere(Ensemble ensemble, int sid, String path) throws IOException {
    try (Wire wire = ensemble.superUser(sid)) {
      boolean there = wire.call(exists(path, false)).err() == 0;
      wire.endSession();
      return there;
    }
  }

  /** What it was sent is on its own disk: it has the same after a crash. */
  private static void restartsWithTheSame(Ensemble ensemble, int learner) throws IOException {
    ensemble.server(learner).kill();
    ensemble.restoreAll();
    EqualServers.check(ensemble);
  }

  private static void write(Ensemble ensemble, String name, int count) throws IOException {
    for (int sid : ensemble.sids()) {
      if (ensemble.server(sid).running()) {
        try (Wire wire = ensemble.superUser(sid)) {
          String base = "/" + name + sid;
          wire.ok(create(base, name.getBytes(UTF_8), 0));
          for (int i = 0; i < count; i++) {
            wire.send(create(base + "/n", NONE, 2));
            wire.send(setData(base, Integer.toString(i).getBytes(UTF_8), -1));
          }
          for (int i = 0; i < 2 * count; i++) {
            assertThat(wire.reply().err()).isZero();
          }
          wire.endSession();
        }
      }
    }
  }

  private static void deleteTree(Path directory) {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * What an Apache server, as the leader or as the learner, has said since about how the learner
   * was brought up to date. It is what makes sure that a test tests what it says.
   */
  private static final class Said {
    /** Of a cut it only speaks when it debugs. */
    private static final Map<String, String> BY_LEADER =
        Map.of(DIFF, "Sending DIFF zxid", SNAP, "Sending snapshot last zxid");

    private static final Map<String, String> BY_LEARNER =
        Map.of(
            DIFF,
            "Getting a diff from the leader",
            SNAP,
            "Getting a snapshot from leader",
            TRUNC,
            "Truncating log to get in sync with the leader");

    private final ServerProcess leader;
    private final ServerProcess learner;
    private final int leaderLog;
    private final int learnerLog;

    Said(Ensemble ensemble, int learner) {
      this.leader = ensemble.server(ensemble.leader());
      this.learner = ensemble.server(learner);
      this.leaderLog = leader.log().length();
      this.learnerLog = this.learner.log().length();
    }

    void atOnce(String how) {
      if (leader.target().isApache() && BY_LEADER.containsKey(how)) {
        assertThat(leader.log().substring(leaderLog)).contains(BY_LEADER.get(how));
      }
      if (learner.target().isApache()) {
        assertThat(learner.log().substring(learnerLog)).contains(BY_LEARNER.get(how));
      }
    }
  }
}
