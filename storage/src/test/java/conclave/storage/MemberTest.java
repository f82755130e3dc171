package conclave.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import conclave.protocol.LoggedTxn;
import conclave.state.EventSink;
import conclave.state.Notices;
import conclave.state.StateMachine;
import conclave.storage.EpochFiles.Epochs;
import conclave.storage.Member.Standing;
import conclave.storage.simulated.Faults;
import conclave.storage.simulated.Faults.Fault;
import conclave.storage.simulated.PowerCut;
import conclave.storage.simulated.SimulatedDisk;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A member of an ensemble starts on whatever its disk has become, and knows what its word is worth.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MemberTest {
  private static final Path DATA = Path.of("/data/version-2");
  private static final Path LOGS = Path.of("/logs/version-2");
  private static final Path MARK = LOGS.resolve("conclave.synced");
  private static final Path PROOF = DATA.resolve("conclave.member");
  private static final Path ACCEPTED = DATA.resolve("acceptedEpoch");
  private static final Path CURRENT = DATA.resolve("currentEpoch");
  private static final Path INITIALIZE = Path.of("/logs/initialize");
  private static final Path NEWEST_LOG = LOGS.resolve("log.20000003d");
  private static final long EPOCH = 2L << 32;
  private static final long LAST = EPOCH + 75;

  private Map<Path, byte[]> files = Map.of();

  private static StorageOptions options(boolean createDatabase) {
    return new StorageOptions(
        Path.of("/data"),
        Path.of("/logs"),
        true,
        createDatabase,
        false,
        true,
        2048,
        1 << 20,
        Compression.NONE,
        true,
        true);
  }

  private static Storage open(SimulatedDisk disk) {
    return Storage.open(options(true), disk);
  }

  private static Member recover(Storage storage) {
    return storage.recoverMember(Workload.CONFIG, Notices.NONE);
  }

  private static Member start(SimulatedDisk disk) {
    try (Storage storage = open(disk)) {
      return recover(storage);
    }
  }

  /** It has promised epoch 3, is in epoch 2, and has 75 transactions and snapshots at 0 to 60. */
  @BeforeAll
  void live() throws IOException {
    SimulatedDisk disk = new SimulatedDisk(Faults.NONE);
    try (Storage storage = open(disk)) {
      Member member = recover(storage);
      assertThat(member.standing()).isEqualTo(Standing.WHOLE);
      assertThat(member.epochs()).isEqualTo(new Epochs(0, 0));
      assertThat(member.recovered().warnings()).isEmpty();
      storage.epochs().writeAccepted(3);
      storage.epochs().writeCurrent(2);
      StateMachine state = member.recovered().state();
      Workload workload = new Workload(3);
      for (long zxid = EPOCH + 1; zxid <= LAST; zxid++) {
        LoggedTxn txn = workload.next(state, zxid);
        storage.log().append(txn);
        storage.log().sync();
        state.apply(txn, EventSink.NONE);
        if ((zxid - EPOCH) % 20 == 0) {
          storage.log().roll();
          storage.snapshots().write(state.beginSnapshot(), new ReentrantLock());
        }
      }
      files = disk.afterKill(Faults.NONE).files();
    } catch (PowerCut afterTheKill) {
      // The storage could not be closed any more.
    }
  }

  private static void removeIf(SimulatedDisk disk, Predicate<Path> which) {
    disk.files().keySet().stream().filter(which).forEach(disk::remove);
  }

  private static boolean isData(Path path) {
    String name = path.getFileName().toString();
    return name.startsWith("log.") || name.startsWith("snapshot.");
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** What can happen to a disk, and what the member must then say. */
  enum Damage {
    LOG_BIT(true, false, disk -> disk.flip(NEWEST_LOG, 300, 4)),
    LOG_CUT(
        true,
        false,
        disk -> disk.put(NEWEST_LOG, Arrays.copyOf(disk.files().get(NEWEST_LOG), 300))),
    LOG_EMPTY(true, false, disk -> disk.put(NEWEST_LOG, new byte[0])),
    LOG_ZEROED(true, false, disk -> disk.put(NEWEST_LOG, new byte[5000])),
    LOG_MISSING(true, false, disk -> disk.remove(NEWEST_LOG)),
    LOG_FOREIGN(
        true, false, disk -> disk.put(NEWEST_LOG, disk.files().get(LOGS.resolve("log.200000001")))),
    LOG_MISNAMED(true, false, disk -> disk.put(LOGS.resolve("log.old"), new byte[9])),
    LOGS_MISSING(true, false, disk -> removeIf(disk, p -> p.startsWith(LOGS) && isData(p))),
    LOG_DIRECTORY_EMPTY(true, false, disk -> removeIf(disk, p -> p.startsWith(LOGS))),
    SNAPSHOTS_MISSING(true, false, disk -> removeIf(disk, p -> p.startsWith(DATA) && isData(p))),
    SNAPSHOT_DIRECTORY_EMPTY(true, false, disk -> removeIf(disk, p -> p.startsWith(DATA))),
    SNAPSHOTS_EMPTY(
        true,
        false,
        disk ->
            disk.files().keySet().stream()
                .filter(p -> p.startsWith(DATA) && isData(p))
                .forEach(p -> disk.put(p, new byte[0]))),
    SNAPSHOT_FOREIGN(
        true, false, disk -> disk.put(DATA.resolve("snapshot.7ffffffffffffff0"), new byte[50])),
    ALL_DATA_MISSING(true, false, disk -> removeIf(disk, MemberTest::isData)),
    ALL_BUT_THE_EPOCHS_MISSING(
        true, false, disk -> removeIf(disk, p -> !p.equals(ACCEPTED) && !p.equals(CURRENT))),
    ALL_BUT_THE_PROOF_MISSING(true, true, disk -> removeIf(disk, p -> !p.equals(PROOF))),
    ALL_BUT_THE_MARK_MISSING(true, false, disk -> removeIf(disk, p -> !p.equals(MARK))),
    MARK_BIT(true, false, disk -> disk.flip(MARK, 20, 1)),
    MARK_EMPTY(true, false, disk -> disk.put(MARK, new byte[0])),
    MARK_MISSING(true, false, disk -> disk.remove(MARK)),
    MARK_AND_LOG(
        true,
        false,
        disk -> {
          disk.put(MARK, new byte[40]);
          disk.flip(NEWEST_LOG, 300, 4);
        }),
    INSTALLING(true, false, disk -> disk.put(DATA.resolve("conclave.installing"), new byte[28])),
    ACCEPTED_GARBAGE(false, true, disk -> disk.put(ACCEPTED, text("x"))),
    ACCEPTED_EMPTY(false, true, disk -> disk.put(ACCEPTED, new byte[0])),
    ACCEPTED_MISSING(false, true, disk -> disk.remove(ACCEPTED)),
    ACCEPTED_OLD(false, true, disk -> disk.put(ACCEPTED, text("1"))),
    CURRENT_GARBAGE(false, true, disk -> disk.put(CURRENT, new byte[3])),
    CURRENT_MISSING(false, true, disk -> disk.remove(CURRENT)),
    CURRENT_FROM_THE_FUTURE(false, true, disk -> disk.put(CURRENT, text("9"))),
    BOTH_EPOCHS_MISSING(
        false,
        true,
        disk -> {
          disk.remove(ACCEPTED);
          disk.remove(CURRENT);
        }),
    LOG_AND_PROMISE(
        true,
        true,
        disk -> {
          disk.flip(NEWEST_LOG, 300, 4);
          disk.put(ACCEPTED, text(""));
        });

    final boolean history;
    final boolean promise;
    final Consumer<SimulatedDisk> what;

    Damage(boolean history, boolean promise, Consumer<SimulatedDisk> what) {
      this.history = history;
      this.promise = promise;
      this.what = what;
    }
  }

  private SimulatedDisk damaged(Damage damage, Faults faults) {
    SimulatedDisk disk = SimulatedDisk.of(files, Faults.NONE);
    damage.what.accept(disk);
    disk.faults(faults);
    return disk;
  }

  @Test
  void withoutDamageItIsWhole() {
    SimulatedDisk disk = SimulatedDisk.of(files, Faults.NONE);
    for (int i = 0; i < 3; i++) {
      Member member = start(disk);
      assertThat(member.standing()).isEqualTo(Standing.WHOLE);
      assertThat(member.promiseLost()).isFalse();
      assertThat(member.epochs()).isEqualTo(new Epochs(3, 2));
      assertThat(member.recovered().lastZxid()).isEqualTo(LAST);
      assertThat(member.recovered().warnings()).isEmpty();
      assertThat(disk.files()).containsOnlyKeys(files.keySet());
    }
  }

  @ParameterizedTest
  @EnumSource
  void damageIsSurvivedAndRemembered(Damage damage) {
    SimulatedDisk disk = damaged(damage, Faults.NONE);
    Map<Path, byte[]> before = disk.files();
    check(damage, start(disk));
    noContentIsGone(before, disk.files());
    disk = disk.afterPowerCut(new Random(1), Faults.NONE);
    check(damage, start(disk));
    noContentIsGone(before, disk.files());
    fill(disk, 0x400000007L);
  }

  private static void check(Damage damage, Member member) {
    assertThat(member.standing()).isEqualTo(Standing.INCOMPLETE);
    assertThat(member.promiseLost()).isEqualTo(damage.promise);
    assertThat(member.recovered().warnings()).isNotEmpty();
    Epochs epochs = member.epochs();
    assertThat(epochs.accepted()).isGreaterThanOrEqualTo(epochs.current());
    if (!damage.promise
        && damage != Damage.SNAPSHOT_DIRECTORY_EMPTY
        && damage != Damage.ALL_BUT_THE_MARK_MISSING) {
      assertThat(epochs.accepted()).isEqualTo(3);
    }
    long last = member.recovered().lastZxid();
    assertThat(member.recovered().state().lastAppliedZxid()).isEqualTo(last);
    assertThat(epochs.current()).isGreaterThanOrEqualTo(last >>> 32);
    if (!damage.history) {
      assertThat(last).isEqualTo(LAST);
    }
  }

  /** All that was there is there still, somewhere, except what tells of the epochs and the end. */
  private static void noContentIsGone(Map<Path, byte[]> before, Map<Path, byte[]> after) {
    Collection<byte[]> left = after.values();
    before.forEach(
        (path, bytes) -> {
          if (isData(path)) {
            assertThat(left).as(path.toString()).anyMatch(b -> startsLike(b, bytes));
          }
        });
  }

  /** The last log loses the zeros at its end. */
  private static boolean startsLike(byte[] found, byte[] wanted) {
    int end = wanted.length;
    while (end > 0 && wanted[end - 1] == 0) {
      end--;
    }
    return found.length >= end && Arrays.equals(found, 0, end, wanted, 0, end);
  }

  /** A leader fills the member; afterwards it is whole, and says so after the next start. */
  private static void fill(SimulatedDisk disk, long zxid) {
    StateMachine theirs = new StateMachine(Workload.CONFIG);
    theirs.apply(Workload.create(theirs, zxid, 10), EventSink.NONE);
    try (Storage storage = open(disk)) {
      assertThat(recover(storage).standing()).isEqualTo(Standing.INCOMPLETE);
      storage.epochs().writeAccepted(5);
      storage.install(theirs);
      storage.epochs().writeCurrent(5);
      storage.complete();
    }
    SimulatedDisk again = disk.afterPowerCut(new Random(2), Faults.NONE);
    for (int i = 0; i < 2; i++) {
      Member member = start(again);
      assertThat(member.standing()).isEqualTo(Standing.WHOLE);
      assertThat(member.recovered().lastZxid()).isEqualTo(zxid);
      assertThat(member.epochs()).isEqualTo(new Epochs(5, 5));
      assertThat(member.recovered().warnings()).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource(
      names = {
        "LOG_BIT",
        "LOG_DIRECTORY_EMPTY",
        "ALL_BUT_THE_EPOCHS_MISSING",
        "MARK_AND_LOG",
        "INSTALLING",
        "CURRENT_MISSING",
        "BOTH_EPOCHS_MISSING",
        "LOG_AND_PROMISE"
      })
  void powerCutAtEveryCall(Damage damage) {
    boolean interrupted = true;
    for (int at = 1; interrupted; at++) {
      interrupted = false;
      for (int seed = 0; seed < 2; seed++) {
        Random random = new Random(100L * at + seed);
        SimulatedDisk disk = damaged(damage, Faults.at(Fault.POWER_CUT_BEFORE, at));
        Map<Path, byte[]> before = disk.files();
        interrupted |= !survives(disk);
        for (int lives = 0; lives < 2; lives++) {
          disk =
              disk.afterPowerCut(random, Faults.at(Fault.POWER_CUT_AFTER, 1 + random.nextInt(20)));
          survives(disk);
        }
        disk = disk.afterPowerCut(random, Faults.NONE);
        Member member = start(disk);
        String story = "at=" + at + " seed=" + seed;
        assertThat(member.standing()).as(story).isEqualTo(Standing.INCOMPLETE);
        assertThat(member.promiseLost()).as(story).isEqualTo(damage.promise);
        if (!damage.promise) {
          assertThat(member.epochs().accepted()).as(story).isEqualTo(3);
        }
        noContentIsGone(before, disk.files());
      }
    }
  }

  private static boolean survives(SimulatedDisk disk) {
    try {
      start(disk);
      return true;
    } catch (PowerCut cut) {
      return false;
    }
  }

  /** Filling it is interrupted at every call: it is whole only if it has all. */
  @Test
  void powerCutWhileItIsFilled() {
    int[] ends = new int[2];
    boolean interrupted = true;
    for (int at = 1; interrupted; at++) {
      SimulatedDisk disk = damaged(Damage.LOG_BIT, Faults.NONE);
      start(disk);
      disk = disk.afterKill(Faults.at(Fault.POWER_CUT_BEFORE, at));
      interrupted = false;
      try {
        fill(disk, 0x400000007L);
      } catch (PowerCut cut) {
        interrupted = true;
      }
      Member member = start(disk.afterPowerCut(new Random(at), Faults.NONE));
      boolean whole = member.standing() == Standing.WHOLE;
      ends[whole ? 1 : 0]++;
      if (whole) {
        assertThat(member.recovered().lastZxid()).isEqualTo(0x400000007L);
        assertThat(member.epochs()).isEqualTo(new Epochs(5, 5));
      } else {
        assertThat(interrupted).isTrue();
      }
    }
    assertThat(ends[0]).isGreaterThan(10);
    assertThat(ends[1]).isPositive();
  }

  @Test
  void errorsOfTheDiskAreNotDamage() {
    for (Damage damage : new Damage[] {Damage.LOG_BIT, Damage.LOG_AND_PROMISE}) {
      boolean failed = true;
      for (int at = 1; failed; at++) {
        SimulatedDisk disk = damaged(damage, Faults.NONE);
        failed = false;
        try (Storage storage = open(disk)) {
          disk.faults(Faults.at(Fault.ERROR, disk.calls() + at));
          recover(storage);
        } catch (StorageFailedException e) {
          failed = true;
        }
        check(damage, start(disk.afterKill(Faults.NONE)));
      }
    }
  }

  @Test
  void aBadSnapshotThatTheLogBridgesIsNoLoss() {
    SimulatedDisk disk = SimulatedDisk.of(files, Faults.NONE);
    disk.flip(DATA.resolve("snapshot.20000003c"), 200, 1);
    Member member = start(disk);
    assertThat(member.standing()).isEqualTo(Standing.WHOLE);
    assertThat(member.recovered().lastZxid()).isEqualTo(LAST);
    assertThat(member.recovered().warnings()).singleElement().asString().contains("snapshot.");
  }

  /** With its mark alone unusable the data is kept, so that the leader has less to send. */
  @Test
  void withoutAMarkTheDataIsKept() {
    for (Damage damage : new Damage[] {Damage.MARK_BIT, Damage.MARK_EMPTY, Damage.MARK_MISSING}) {
      Member member = start(damaged(damage, Faults.NONE));
      assertThat(member.standing()).isEqualTo(Standing.INCOMPLETE);
      assertThat(member.recovered().lastZxid()).isEqualTo(LAST);
      assertThat(member.epochs()).isEqualTo(new Epochs(3, 2));
    }
  }

  @Test
  void whatWasPutAsideIsToBeFoundAndSaid() {
    SimulatedDisk disk = damaged(Damage.LOG_BIT, Faults.NONE);
    Member member = start(disk);
    Map<Path, byte[]> left = disk.files();
    assertThat(left)
        .containsKeys(
            Path.of("/logs/damaged-1/log.20000003d"),
            Path.of("/logs/damaged-1/conclave.synced"),
            Path.of("/data/damaged-1/snapshot.20000003c"),
            Path.of("/data/damaged-1/currentEpoch"));
    assertThat(String.join("\n", member.recovered().warnings()))
        .contains("is damaged")
        .contains("put /logs/version-2/log.20000003d aside as /logs/damaged-1/log.20000003d");
    // What is damaged next has another place.
    disk.put(LOGS.resolve("log.zz"), new byte[7]);
    start(disk);
    assertThat(disk.files()).containsKeys(Path.of("/logs/damaged-2/log.zz"));
    assertThat(disk.files().keySet())
        .containsAll(
            left.keySet().stream().filter(p -> p.toString().contains("damaged-1")).toList());
  }

  // --- beginnings

  @Test
  void aNewServerIsWhole() {
    SimulatedDisk disk = new SimulatedDisk(Faults.NONE);
    disk.put(Path.of("/data/myid"), text("1"));
    Member member = start(disk);
    assertThat(member.standing()).isEqualTo(Standing.WHOLE);
    assertThat(member.recovered().fresh()).isTrue();
    assertThat(member.epochs()).isEqualTo(new Epochs(0, 0));
    assertThat(start(disk).standing()).isEqualTo(Standing.WHOLE);
  }

  @Test
  void aNewServerIsWholeWhereverItsFirstStartIsInterrupted() {
    boolean interrupted = true;
    for (int at = 1; interrupted; at++) {
      interrupted = false;
      for (int seed = 0; seed < 10; seed++) {
        SimulatedDisk disk = new SimulatedDisk(Faults.at(Fault.POWER_CUT_BEFORE, at));
        interrupted |= !survives(disk);
        Member member = start(disk.afterPowerCut(new Random(seed), Faults.NONE));
        assertThat(member.standing()).as("at=%s seed=%s", at, seed).isEqualTo(Standing.WHOLE);
      }
    }
  }

  /** One that was alone, or Apache's, becomes a member with what it has. */
  @Test
  void whatAnotherServerLeftIsWhole() {
    SimulatedDisk apache = SimulatedDisk.of(files, Faults.NONE);
    apache.remove(PROOF);
    apache.remove(MARK);
    Member member = start(apache);
    assertThat(member.standing()).isEqualTo(Standing.WHOLE);
    assertThat(member.epochs()).isEqualTo(new Epochs(3, 2));
    SimulatedDisk alone = SimulatedDisk.of(files, Faults.NONE);
    alone.remove(PROOF);
    alone.remove(ACCEPTED);
    alone.remove(CURRENT);
    member = start(alone);
    assertThat(member.standing()).isEqualTo(Standing.WHOLE);
    assertThat(member.epochs()).isEqualTo(new Epochs(2, 2));
    assertThat(member.recovered().lastZxid()).isEqualTo(LAST);
  }

  /** Apache's server has promised something here, and now the data is gone. */
  @Test
  void whatApacheLostIsNotWhole() {
    SimulatedDisk disk =
        SimulatedDisk.of(Map.of(ACCEPTED, text("7"), CURRENT, text("6")), Faults.NONE);
    Member member = start(disk);
    assertThat(member.standing()).isEqualTo(Standing.INCOMPLETE);
    assertThat(member.promiseLost()).isFalse();
    assertThat(member.epochs()).isEqualTo(new Epochs(7, 0));
    SimulatedDisk never =
        SimulatedDisk.of(Map.of(ACCEPTED, text("0"), CURRENT, text("0")), Faults.NONE);
    assertThat(start(never).standing()).isEqualTo(Standing.WHOLE);
  }

  @Test
  void anEmptyServerThatMayNotBeginIsUninitialized() {
    SimulatedDisk disk = new SimulatedDisk(Faults.NONE);
    for (int i = 0; i < 2; i++) {
      try (Storage storage = Storage.open(options(false), disk)) {
        Member member = recover(storage);
        assertThat(member.standing()).isEqualTo(Standing.UNINITIALIZED);
        assertThat(member.promiseLost()).isFalse();
        assertThat(member.recovered().lastZxid()).isZero();
      }
    }
    // Told later that this is a beginning.
    SimulatedDisk told = SimulatedDisk.of(disk.files(), Faults.NONE);
    told.put(INITIALIZE, new byte[0]);
    try (Storage storage = Storage.open(options(false), told)) {
      assertThat(recover(storage).standing()).isEqualTo(Standing.WHOLE);
    }
    assertThat(told.files()).doesNotContainKey(INITIALIZE);
    // Or filled by a leader.
    try (Storage storage = Storage.open(options(false), disk)) {
      StateMachine state = recover(storage).recovered().state();
      storage.log().append(Workload.create(state, 1, 10));
      storage.log().sync();
      storage.complete();
    }
    try (Storage storage = Storage.open(options(false), disk)) {
      Member member = recover(storage);
      assertThat(member.standing()).isEqualTo(Standing.WHOLE);
      assertThat(member.recovered().lastZxid()).isEqualTo(1);
    }
  }

  @Test
  void anOperatorsWordMakesABeginning() {
    SimulatedDisk disk = damaged(Damage.ALL_BUT_THE_PROOF_MISSING, Faults.NONE);
    disk.put(INITIALIZE, new byte[0]);
    try (Storage storage = Storage.open(options(false), disk)) {
      Member member = recover(storage);
      assertThat(member.standing()).isEqualTo(Standing.WHOLE);
      assertThat(member.epochs()).isEqualTo(new Epochs(0, 0));
    }
    assertThat(disk.files()).doesNotContainKey(INITIALIZE);
    // Not against the mark, which knows better.
    SimulatedDisk lost = damaged(Damage.ALL_DATA_MISSING, Faults.NONE);
    lost.put(INITIALIZE, new byte[0]);
    assertThat(start(lost).standing()).isEqualTo(Standing.INCOMPLETE);
  }

  /** Whoever takes such a server out of its ensemble is told before it serves less. */
  @Test
  void aServerAloneDoesNotServeWhatIsNotWhole() {
    SimulatedDisk disk = damaged(Damage.LOG_BIT, Faults.NONE);
    start(disk);
    try (Storage storage = open(disk)) {
      assertThatThrownBy(() -> storage.recover(Workload.CONFIG, Notices.NONE))
          .isInstanceOf(DamagedException.class)
          .hasMessageContaining("conclave.incomplete");
    }
    SimulatedDisk whole = SimulatedDisk.of(files, Faults.NONE);
    try (Storage storage = open(whole)) {
      assertThat(storage.recover(Workload.CONFIG, Notices.NONE).lastZxid()).isEqualTo(LAST);
    }
  }

  /** The note itself can be damaged: then nothing of what it may have said is known to be there. */
  @Test
  void aNoteThatCantBeReadMeansTheWorst() {
    SimulatedDisk disk = damaged(Damage.LOG_BIT, Faults.NONE);
    start(disk);
    Path note = DATA.resolve("conclave.incomplete");
    assertThat(disk.files().get(note)).asString().contains("history").doesNotContain("promise");
    for (byte[] content : new byte[][] {{}, text("Lost: beginning"), new byte[500]}) {
      disk.put(note, content);
      Member member = start(disk);
      assertThat(member.standing()).isEqualTo(Standing.INCOMPLETE);
      assertThat(member.promiseLost()).isTrue();
    }
  }
}
