package conclave.storage;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.protocol.LoggedTxn;
import conclave.state.EventSink;
import conclave.state.Notices;
import conclave.state.StateMachine;
import conclave.storage.Workload.Picture;
import conclave.storage.simulated.Faults;
import conclave.storage.simulated.SimulatedDisk;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Every byte of every kind of file is damaged. The server refuses, naming what is wrong, or has all
 * that it ever acknowledged: there is no third outcome.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DamageTest {
  private static final Path DATA = Path.of("/data/version-2");
  private static final Path LOGS = Path.of("/logs/version-2");
  private static final Path MARK = LOGS.resolve("conclave.synced");
  private static final int TXNS = 75;

  private static StorageOptions options(Compression compression) {
    return new StorageOptions(
        Path.of("/data"),
        Path.of("/logs"),
        true,
        true,
        false,
        true,
        2048,
        1 << 20,
        compression,
        true,
        true);
  }

  /**
   * What a server left that was killed: snapshots at 0, 20, 40, 60 and a log that goes on to 75.
   */
  private record World(Map<Path, byte[]> files, Picture picture) {
    static World make(Compression compression) throws IOException {
      SimulatedDisk disk = new SimulatedDisk(Faults.NONE);
      Storage storage = Storage.open(options(compression), disk);
      StateMachine state = storage.recover(Workload.CONFIG, Notices.NONE).state();
      Workload workload = new Workload(3);
      for (long zxid = 1; zxid <= TXNS; zxid++) {
        LoggedTxn txn = workload.next(state, zxid);
        storage.log().append(txn);
        storage.log().sync();
        state.apply(txn, EventSink.NONE);
        if (zxid % 20 == 0) {
          storage.log().roll();
          storage.snapshots().write(state.beginSnapshot(), new ReentrantLock());
        }
      }
      return new World(disk.files(), Picture.of(state));
    }

    Path newestLog() {
      return LOGS.resolve(FileNames.log(61));
    }

    Path newestSnapshot(Compression compression) {
      return DATA.resolve(FileNames.snapshot(60, compression));
    }

    World with(Path path, byte[] bytes) {
      Map<Path, byte[]> changed = new TreeMap<>(files);
      changed.put(path, bytes);
      return new World(changed, picture);
    }

    World without(Path path) {
      Map<Path, byte[]> changed = new TreeMap<>(files);
      assertThat(changed.remove(path)).isNotNull();
      return new World(changed, picture);
    }

    /** Starts on it; the refusal, or null where all is there. */
    StorageException start(Compression compression, String what) {
      SimulatedDisk disk = SimulatedDisk.of(files, Faults.NONE);
      try (Storage storage = Storage.open(options(compression), disk)) {
        Recovered recovered = storage.recover(Workload.CONFIG, Notices.NONE);
        assertThat(recovered.lastZxid()).as(what).isEqualTo(TXNS);
        assertThat(recovered.state().digest()).as(what).isEqualTo(picture.digest());
        assertThat(recovered.state().sessions()).as(what).isEqualTo(picture.sessions());
        return null;
      } catch (StorageException refusal) {
        return refusal;
      } catch (RuntimeException e) {
        throw new AssertionError(what, e);
      }
    }
  }

  private World world;

  @BeforeAll
  void live() throws IOException {
    world = World.make(Compression.NONE);
    assertThat(world.start(Compression.NONE, "undamaged")).isNull();
  }

  @Test
  void anyByteOfTheNewestLog() {
    Path log = world.newestLog();
    int end = lastContent(world.files().get(log)) + 1;
    for (int at = 0; at < end; at++) {
      for (int flip : new int[] {1, 0xff}) {
        String what = log + " at=" + at + " flip=" + flip;
        StorageException refusal = flip(log, at, flip).start(Compression.NONE, what);
        // Of the header only magic and version are looked at.
        if (at < 8 || at >= 16) {
          assertThat(refusal).as(what).isInstanceOf(DamagedException.class);
          DamagedException damage = (DamagedException) refusal;
          assertThat(damage.path()).as(what).isEqualTo(log);
          assertThat(damage.offset()).as(what).isBetween(0L, (long) at);
        } else {
          assertThat(refusal).as(what).isNull();
        }
      }
    }
  }

  /** What lies behind the last entry was never acknowledged, whatever it is. */
  @Test
  void anyByteOfThePadding() {
    Path log = world.newestLog();
    byte[] bytes = world.files().get(log);
    int end = lastContent(bytes) + 1;
    assertThat(end).isLessThan(bytes.length);
    for (int at = end; at < bytes.length; at += 3) {
      String what = log + " padding at=" + at;
      assertThat(flip(log, at, 0x42).start(Compression.NONE, what)).as(what).isNull();
    }
  }

  @Test
  void anyByteOfTheMark() {
    for (int at = 0; at < world.files().get(MARK).length; at++) {
      String what = "mark at=" + at;
      StorageException refusal = flip(MARK, at, 1).start(Compression.NONE, what);
      assertThat(refusal).as(what).isInstanceOf(DamagedException.class);
      assertThat(refusal).as(what).hasMessageContaining(MARK.toString());
    }
  }

  /** The one before and the log bridge the gap, so nothing is lost. */
  @ParameterizedTest
  @EnumSource
  void anyByteOfTheNewestSnapshot(Compression compression) throws IOException {
    World packed = World.make(compression);
    Path snapshot = packed.newestSnapshot(compression);
    byte[] bytes = packed.files().get(snapshot);
    Random random = new Random(1);
    int step = compression == Compression.NONE ? 3 : 1;
    for (int at = 0; at < bytes.length; at += at < 100 ? 1 : step) {
      String what = snapshot + " at=" + at;
      byte[] damaged = bytes.clone();
      damaged[at] ^= (byte) (1 + random.nextInt(255));
      assertThat(packed.with(snapshot, damaged).start(compression, what)).as(what).isNull();
    }
    for (int length = 0; length < bytes.length; length += 17) {
      String what = snapshot + " length=" + length;
      World cut = packed.with(snapshot, Arrays.copyOf(bytes, length));
      assertThat(cut.start(compression, what)).as(what).isNull();
    }
  }

  @Test
  void aDamagedSnapshotThatTheLogCantBridgeIsRefused() {
    World gap = world.without(LOGS.resolve(FileNames.log(41)));
    assertThat(gap.start(Compression.NONE, "older logs are not needed")).isNull();
    Path snapshot = world.newestSnapshot(Compression.NONE);
    byte[] damaged = world.files().get(snapshot).clone();
    damaged[100] ^= 1;
    assertThat(gap.with(snapshot, damaged).start(Compression.NONE, "no bridge"))
        .isInstanceOf(DamagedException.class)
        .hasMessageContaining("a log file is missing");
  }

  @Test
  void aDamagedSnapshotThatTheLogDoesNotReachIsRefused() {
    World noLogs = world.without(MARK).without(world.newestLog());
    Path snapshot = world.newestSnapshot(Compression.NONE);
    World cut = noLogs.without(LOGS.resolve(FileNames.log(41)));
    byte[] damaged = world.files().get(snapshot).clone();
    damaged[100] ^= 1;
    assertThat(cut.with(snapshot, damaged).start(Compression.NONE, "the log ends before"))
        .isInstanceOf(DamagedException.class)
        .hasMessageContaining("snapshot.3c")
        .hasMessageContaining("the log ends before it");
  }

  @Test
  void noGoodSnapshotIsRefused() {
    World bad = world;
    for (int zxid : new int[] {0, 20, 40, 60}) {
      Path snapshot = DATA.resolve(FileNames.snapshot(zxid, Compression.NONE));
      bad = bad.with(snapshot, new byte[10]);
    }
    assertThat(bad.start(Compression.NONE, "no snapshot"))
        .isInstanceOf(DamagedException.class)
        .hasMessageContaining("no snapshot is good")
        .hasMessageContaining("snapshot.3c");
  }

  @Test
  void aLogCutShortIsRefused() {
    Path log = world.newestLog();
    byte[] bytes = world.files().get(log);
    int end = lastContent(bytes) + 1;
    for (int length = 0; length < bytes.length; length += 5) {
      String what = "length=" + length;
      StorageException refusal =
          world.with(log, Arrays.copyOf(bytes, length)).start(Compression.NONE, what);
      assertThat(refusal == null).as(what).isEqualTo(length >= end);
    }
  }

  @Test
  void aZeroedPartOfTheLogIsRefused() {
    Path log = world.newestLog();
    byte[] bytes = world.files().get(log);
    int end = lastContent(bytes) + 1;
    for (int size : new int[] {16, 512, 4096}) {
      for (int at = 16; at < end; at += size / 8) {
        String what = "zeros of size=" + size + " at=" + at;
        byte[] damaged = bytes.clone();
        Arrays.fill(damaged, at, Math.min(damaged.length, at + size), (byte) 0);
        StorageException refusal = world.with(log, damaged).start(Compression.NONE, what);
        assertThat(refusal == null).as(what).isEqualTo(Arrays.equals(bytes, damaged));
      }
    }
  }

  @Test
  void missingFilesAreRefusedWhereTheyAreNeeded() {
    assertThat(world.without(world.newestLog()).start(Compression.NONE, "newest log"))
        .isInstanceOf(DamagedException.class)
        .hasMessageContaining("acknowledged up to 0x4b");
    World snapshots = world;
    for (int zxid : new int[] {0, 20, 40, 60}) {
      snapshots = snapshots.without(DATA.resolve(FileNames.snapshot(zxid, Compression.NONE)));
    }
    assertThat(snapshots.start(Compression.NONE, "all snapshots"))
        .isInstanceOf(DamagedException.class)
        .hasMessageContaining("snapshot.trust.empty");
    for (Path path : world.files().keySet()) {
      String what = "without " + path;
      StorageException refusal = world.without(path).start(Compression.NONE, what);
      assertThat(refusal == null).as(what).isEqualTo(!path.equals(world.newestLog()));
    }
    World nothing = world;
    for (Path path : world.files().keySet()) {
      nothing = path.equals(MARK) ? nothing : nothing.without(path);
    }
    assertThat(nothing.start(Compression.NONE, "all but the mark"))
        .isInstanceOf(DamagedException.class)
        .hasMessageContaining("acknowledged up to 0x4b")
        .hasMessageContaining(MARK.toString());
  }

  @Test
  void wrongNamesAreRefused() {
    byte[] bytes = world.files().get(world.newestLog());
    World gone = world.without(world.newestLog());
    for (String name : new String[] {"log.3c", "log.3e", "log.zz", "log.", "log.03d", "log.3d.1"}) {
      String what = "the newest log as " + name;
      assertThat(gone.with(LOGS.resolve(name), bytes).start(Compression.NONE, what))
          .as(what)
          .isInstanceOf(DamagedException.class);
    }
    World stranger = world.with(LOGS.resolve("log.1000"), bytes);
    assertThat(stranger.start(Compression.NONE, "a copy under a later name"))
        .isInstanceOf(DamagedException.class)
        .hasMessageContaining("log.1000");
    assertThat(
            world
                .with(DATA.resolve("snapshot.99x"), new byte[1])
                .with(DATA.resolve("snapshot.60.bak"), new byte[1])
                .with(DATA.resolve("other"), new byte[1])
                .start(Compression.NONE, "files that are none of ours"))
        .isNull();
  }

  /** The name of a snapshot promises all up to it; one too far in the future is a missing log. */
  @Test
  void aSnapshotFromTheFutureIsRefused() {
    World future = world.with(DATA.resolve("snapshot.ffff"), new byte[100]);
    assertThat(future.start(Compression.NONE, "a damaged one of a later zxid"))
        .isInstanceOf(DamagedException.class)
        .hasMessageContaining("snapshot.ffff");
  }

  /** Apache's directories have no mark; then damage that nothing else explains is refused still. */
  @Test
  void anyByteOfALogWithoutAMark() {
    World apache = world.without(MARK);
    Path log = world.newestLog();
    int end = lastContent(world.files().get(log)) + 1;
    for (int at = 16; at < end; at++) {
      String what = log + " without mark, at=" + at;
      byte[] damaged = world.files().get(log).clone();
      damaged[at] ^= 0x11;
      assertThat(apache.with(log, damaged).start(Compression.NONE, what))
          .as(what)
          .isInstanceOf(DamagedException.class);
    }
  }

  @Test
  void aZeroedPartInTheMiddleOfALogWithoutAMarkIsRefused() {
    World apache = world.without(MARK);
    Path log = world.newestLog();
    byte[] bytes = world.files().get(log);
    for (int at = 512; at + 1024 < lastContent(bytes) - 2500; at += 512) {
      String what = "a zeroed sector at=" + at;
      byte[] damaged = bytes.clone();
      Arrays.fill(damaged, at, at + 512, (byte) 0);
      assertThat(apache.with(log, damaged).start(Compression.NONE, what))
          .as(what)
          .isInstanceOf(DamagedException.class);
    }
  }

  private World flip(Path path, int at, int flip) {
    byte[] bytes = world.files().get(path).clone();
    bytes[at] ^= (byte) flip;
    return world.with(path, bytes);
  }

  private static int lastContent(byte[] bytes) {
    int last = bytes.length - 1;
    while (bytes[last] == 0) {
      last--;
    }
    return last;
  }
}
