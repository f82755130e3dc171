package conclave.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import conclave.protocol.ErrorCode;
import conclave.protocol.JuteWriter;
import conclave.protocol.LoggedTxn;
import conclave.protocol.Txn;
import conclave.protocol.TxnHeader;
import conclave.state.Notices;
import conclave.storage.simulated.Faults;
import conclave.storage.simulated.SimulatedDisk;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.zip.Adler32;
import org.junit.jupiter.api.Test;

/** Where logs end, and how one goes on in the next: what is whole, torn, or damaged. */
class LogEndTest {
  private static final Path DIRECTORY = Path.of("/data/version-2");
  private static final Path MARK = DIRECTORY.resolve("conclave.synced");
  private static final StorageOptions OPTIONS = StorageOptions.in(Path.of("/data"));

  private final Map<Path, byte[]> files = new HashMap<>(fresh());

  private static Map<Path, byte[]> fresh() {
    SimulatedDisk disk = new SimulatedDisk(Faults.NONE);
    try (Storage storage = Storage.open(OPTIONS, disk)) {
      storage.recover(Workload.CONFIG, Notices.NONE);
    }
    return disk.files();
  }

  /** A log file as Apache would write it, without a mark. */
  private void log(long... zxids) {
    JuteWriter out = new JuteWriter();
    LogFormat.writeHeader(out);
    for (long zxid : zxids) {
      out.writeRaw(entry(zxid), 0, entry(zxid).length);
    }
    files.put(path(zxids[0]), out.toByteArray());
  }

  private static Path path(long zxid) {
    return DIRECTORY.resolve(FileNames.log(zxid));
  }

  private static byte[] entry(long zxid) {
    JuteWriter txn = new JuteWriter();
    new LoggedTxn(new TxnHeader(1, 2, zxid, 3), new Txn.Error(ErrorCode.NO_NODE), null).write(txn);
    Adler32 adler = new Adler32();
    adler.update(txn.toByteArray());
    JuteWriter out = new JuteWriter();
    out.writeLong(adler.getValue());
    out.writeBuffer(txn.toByteArray());
    out.writeByte(LogFormat.ENTRY_END);
    return out.toByteArray();
  }

  private void append(long log, byte[] bytes, int length) {
    byte[] before = files.get(path(log));
    byte[] after = Arrays.copyOf(before, before.length + length);
    System.arraycopy(bytes, 0, after, before.length, length);
    files.put(path(log), after);
  }

  private SimulatedDisk disk() {
    return SimulatedDisk.of(files, Faults.NONE);
  }

  private static Recovered start(StorageOptions options, SimulatedDisk disk) {
    try (Storage storage = Storage.open(options, disk)) {
      return storage.recover(Workload.CONFIG, Notices.NONE);
    }
  }

  private Recovered start() {
    return start(OPTIONS, disk());
  }

  private void refused(Path path, String why) {
    assertThatThrownBy(this::start)
        .isInstanceOfSatisfying(
            DamagedException.class,
            e -> {
              assertThat(e.path()).isEqualTo(path);
              assertThat(e.exitCode()).isEqualTo(10);
            })
        .hasMessageContaining(why);
  }

  @Test
  void aTornTailIsCut() {
    byte[] torn = entry(4);
    for (int length = 1; length < torn.length; length++) {
      log(1, 2, 3);
      int end = files.get(path(1)).length;
      append(1, torn, length);
      SimulatedDisk disk = disk();
      Recovered recovered = start(OPTIONS, disk);
      assertThat(recovered.lastZxid()).isEqualTo(3);
      // The first four bytes of an entry are zeros, as what follows the last one is.
      if (length > 4) {
        assertThat(recovered.warnings()).singleElement().asString().contains("offset " + end);
        assertThat(disk.files().get(path(1))).hasSize(end);
      }
    }
  }

  @Test
  void aTornTailBehindTheMarkIsCut() throws IOException {
    // One of our own servers, killed while it wrote the fourth entry.
    SimulatedDisk disk = disk();
    Storage storage = Storage.open(OPTIONS, disk);
    storage.recover(Workload.CONFIG, Notices.NONE);
    for (long zxid = 1; zxid <= 3; zxid++) {
      storage.log().append(txn(zxid));
    }
    storage.log().sync();
    files.putAll(disk.files());
    byte[] whole = files.get(path(1));
    SyncedMark mark = SyncedMark.read(disk, MARK);
    assertThat(mark).isNotNull();
    int end = (int) mark.offset();
    byte[] torn = entry(4);
    for (int from = 0; from < torn.length; from++) {
      byte[] bytes = whole.clone();
      System.arraycopy(torn, from, bytes, end + from, torn.length - from);
      files.put(path(1), bytes);
      Recovered recovered = start();
      assertThat(recovered.lastZxid()).isEqualTo(from <= 4 ? 4 : 3);
    }
  }

  /** What a start has found it tells others, so from then on it is not taken for a torn end. */
  @Test
  void whatAStartHasFoundIsNotCutByTheNext() throws IOException {
    SimulatedDisk disk = disk();
    Storage storage = Storage.open(OPTIONS, disk);
    storage.recover(Workload.CONFIG, Notices.NONE);
    storage.log().append(txn(1));
    storage.log().sync();
    byte[] mark = disk.files().get(MARK);
    storage.log().append(txn(2));
    storage.log().sync();
    files.putAll(disk.files());
    // As if the power had gone before the mark was written for the second time.
    files.put(MARK, mark);
    SimulatedDisk second = disk();
    assertThat(start(OPTIONS, second).lastZxid()).isEqualTo(2);
    files.putAll(second.files());
    byte[] rotten = files.get(path(1)).clone();
    rotten[(int) SyncedMark.read(second, MARK).offset() - 3] ^= 1;
    files.put(path(1), rotten);
    refused(path(1), "the entry after 0x1 is damaged");
  }

  /** The mark of a server that was killed is in memory only; after a start it is on the disk. */
  @Test
  void whatAStartHasFoundIsVouchedForAfterAPowerCut() throws IOException {
    for (int seed = 0; seed < 50; seed++) {
      SimulatedDisk first = disk();
      Storage storage = Storage.open(OPTIONS, first);
      storage.recover(Workload.CONFIG, Notices.NONE);
      for (long zxid = 1; zxid <= 2; zxid++) {
        storage.log().append(txn(zxid));
        storage.log().sync();
      }
      SimulatedDisk second = first.afterKill(Faults.NONE);
      assertThat(start(OPTIONS, second).lastZxid()).isEqualTo(2);
      SimulatedDisk third = second.afterPowerCut(new Random(seed), Faults.NONE);
      assertThat(SyncedMark.read(third, MARK).zxid()).isEqualTo(2);
    }
  }

  private static LoggedTxn txn(long zxid) {
    return new LoggedTxn(new TxnHeader(1, 2, zxid, 3), new Txn.Error(ErrorCode.NO_NODE), null);
  }

  /** Apache never cuts, it goes on in a new file; that the next one follows proves the end. */
  @Test
  void aTornTailInTheMiddleIsNoneWhereTheNextFileGoesOn() {
    log(1, 2, 3);
    append(1, entry(4), 20);
    log(4, 5);
    assertThat(start().lastZxid()).isEqualTo(5);
    files.remove(path(4));
    log(5, 6);
    refused(path(1), "the entry after 0x3 is damaged");
  }

  @Test
  void entriesInTheWrongOrderAreRefused() {
    log(1, 2, 4);
    refused(path(1), "0x4 comes after 0x2");
    log(1, 2, 2);
    refused(path(1), "0x2 comes after 0x2");
    log(1, 2, 3);
    log(3, 4);
    refused(path(3), "not what the file's name says");
  }

  @Test
  void aMissingFileIsRefused() {
    log(1, 2, 3);
    log(6, 7);
    refused(path(6), "a log file is missing");
    files.remove(path(1));
    refused(path(6), "a log file is missing");
  }

  @Test
  void anEpochBeginsWithItsFirstTransaction() {
    long epoch = 5L << 32;
    log(1, 2, 3);
    log(epoch + 1, epoch + 2);
    assertThat(start().lastZxid()).isEqualTo(epoch + 2);
    files.remove(path(epoch + 1));
    log(epoch + 2, epoch + 3);
    refused(path(epoch + 2), "a log file is missing");
  }

  /** Apache's standalone server counts on into the next epoch. */
  @Test
  void aCounterMayRunOver() {
    long first = 0xfffffffeL;
    files.put(DIRECTORY.resolve("snapshot.fffffffd"), files.get(DIRECTORY.resolve("snapshot.0")));
    log(first, first + 1, first + 2);
    assertThat(start().lastZxid()).isEqualTo(0x100000000L);
  }

  @Test
  void anEmptyNewestLogIsDeleted() {
    log(1, 2);
    for (int length : new int[] {0, 7, 16, 1000}) {
      byte[] begun = new byte[length];
      JuteWriter header = new JuteWriter();
      LogFormat.writeHeader(header);
      System.arraycopy(header.array(), 0, begun, 0, Math.min(16, length));
      files.put(path(3), begun);
      SimulatedDisk disk = disk();
      assertThat(start(OPTIONS, disk).lastZxid()).isEqualTo(2);
      assertThat(disk.files()).doesNotContainKey(path(3));
    }
    log(5, 6);
    files.put(path(3), new byte[0]);
    refused(path(3), "doesn't begin as a log file does");
  }

  @Test
  void logsWithoutASnapshotAreTrustedOnlyWhenToldTo() {
    files.remove(DIRECTORY.resolve("snapshot.0"));
    log(1, 2);
    refused(DIRECTORY, "snapshot.trust.empty");
    StorageOptions trusting =
        new StorageOptions(
            Path.of("/data"),
            Path.of("/data"),
            true,
            true,
            true,
            true,
            0,
            1,
            Compression.NONE,
            true,
            true);
    SimulatedDisk disk = disk();
    assertThat(start(trusting, disk).lastZxid()).isEqualTo(2);
    // From then on there is one.
    assertThat(start(OPTIONS, disk).lastZxid()).isEqualTo(2);
    files.remove(path(1));
    log(2, 3);
    assertThatThrownBy(() -> start(trusting, disk()))
        .isInstanceOf(DamagedException.class)
        .hasMessageContaining("a log file is missing");
  }

  /**
   * Without syncing nothing is promised, so a power cut may take what it likes, but not the start.
   */
  @Test
  void withoutForceSyncTheMarkPromisesNothing() {
    StorageOptions lax =
        new StorageOptions(
            Path.of("/data"),
            Path.of("/data"),
            true,
            true,
            false,
            false,
            1024,
            1,
            Compression.NONE,
            true,
            true);
    for (int seed = 0; seed < 30; seed++) {
      SimulatedDisk disk = disk();
      Storage storage = Storage.open(lax, disk);
      storage.recover(Workload.CONFIG, Notices.NONE);
      for (long zxid = 1; zxid <= 20; zxid++) {
        storage.log().append(txn(zxid));
        assertThat(storage.log().sync()).isEqualTo(zxid);
      }
      SimulatedDisk killed = disk.afterKill(Faults.NONE);
      assertThat(start(lax, killed).lastZxid()).isEqualTo(20);
      assertThat(start(lax, killed.afterPowerCut(new Random(seed), Faults.NONE)).lastZxid())
          .isLessThanOrEqualTo(20);
    }
  }

  @Test
  void theMarkIsNotNeeded() {
    log(1, 2, 3);
    assertThat(files).doesNotContainKey(MARK);
    assertThat(start().lastZxid()).isEqualTo(3);
  }
}
