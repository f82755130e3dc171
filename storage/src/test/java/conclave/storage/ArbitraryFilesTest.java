package conclave.storage;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.protocol.JuteWriter;
import conclave.protocol.MalformedRecordException;
import conclave.state.Notices;
import conclave.state.Restore;
import conclave.state.StateMachine;
import conclave.storage.simulated.Faults;
import conclave.storage.simulated.SimulatedDisk;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.locks.ReentrantLock;
import java.util.zip.Adler32;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/**
 * Files with any content whatsoever are read or refused; nothing else happens, and nothing large.
 */
class ArbitraryFilesTest {
  private static final Path DATA = Path.of("/data/version-2");

  private static StorageOptions options() {
    return StorageOptions.in(Path.of("/data"));
  }

  @Property(tries = 400)
  void anyBytesAsASnapshot(
      @ForAll @Size(max = 300) byte[] bytes, @ForAll Compression compression, @ForAll boolean magic)
      throws IOException {
    read(magic ? afterHeader(bytes) : bytes, compression);
  }

  /** Real ones, changed here and there. */
  @Property(tries = 400)
  void almostASnapshot(
      @ForAll Compression compression, @ForAll long seed, @ForAll @IntRange(min = 1, max = 6) int n)
      throws IOException {
    StateMachine state = new StateMachine(Workload.CONFIG);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    SnapshotWriter.write(
        state.beginSnapshot(), new ReentrantLock(), options().withCompression(compression), out);
    byte[] bytes = out.toByteArray();
    Random random = new Random(seed);
    for (int i = 0; i < n; i++) {
      int at = random.nextInt(bytes.length);
      for (int j = at; j < Math.min(bytes.length, at + 1 + random.nextInt(4)); j++) {
        bytes[j] = random.nextBoolean() ? (byte) random.nextInt(256) : 0x7f;
      }
    }
    read(bytes, compression);
  }

  private static void read(byte[] bytes, Compression compression) throws IOException {
    Path path = Path.of("/snapshot");
    SimulatedDisk disk = SimulatedDisk.of(Map.of(path, bytes), Faults.NONE);
    try (DiskFile file = disk.openForRead(path)) {
      Restore restore = StateMachine.restore(Workload.CONFIG, Notices.NONE);
      SnapshotReader.read(file, compression, new RestoreTarget(restore));
      restore.finish(1);
    } catch (MalformedRecordException e) {
      assertThat(e.getMessage()).isNotEmpty();
    } catch (IOException e) {
      // Unpacking says it like this.
      assertThat(compression).isNotEqualTo(Compression.NONE);
    }
  }

  private static byte[] afterHeader(byte[] bytes) {
    JuteWriter out = new JuteWriter();
    out.writeInt(SnapshotFormat.MAGIC);
    out.writeInt(SnapshotFormat.VERSION);
    out.writeRaw(bytes, 0, bytes.length);
    return out.toByteArray();
  }

  @Property(tries = 600)
  void anyBytesAsALog(@ForAll @Size(max = 400) byte[] bytes, @ForAll boolean header) {
    JuteWriter out = new JuteWriter();
    if (header) {
      LogFormat.writeHeader(out);
    }
    out.writeRaw(bytes, 0, bytes.length);
    start(out.toByteArray());
  }

  /** The checksum is right, what it is of is not. */
  @Property(tries = 600)
  void anyBytesAsAnEntry(
      @ForAll @Size(min = 32, max = 200) byte[] entry, @ForAll boolean zxidIsOne) {
    if (zxidIsOne) {
      conclave.protocol.BigEndian.putLong(entry, LogFormat.ZXID_AT, 1);
    }
    Adler32 adler = new Adler32();
    adler.update(entry);
    JuteWriter out = new JuteWriter();
    LogFormat.writeHeader(out);
    out.writeLong(adler.getValue());
    out.writeBuffer(entry);
    out.writeByte(LogFormat.ENTRY_END);
    start(out.toByteArray());
  }

  private static void start(byte[] log) {
    Map<Path, byte[]> files = new HashMap<>(fresh());
    files.put(DATA.resolve("log.1"), log);
    SimulatedDisk disk = SimulatedDisk.of(files, Faults.NONE);
    try (Storage storage = Storage.open(options(), disk)) {
      Recovered recovered = storage.recover(Workload.CONFIG, Notices.NONE);
      assertThat(recovered.lastZxid()).isLessThanOrEqualTo(1);
    } catch (DamagedException e) {
      assertThat(e.path()).isEqualTo(DATA.resolve("log.1"));
    }
  }

  private static Map<Path, byte[]> fresh() {
    SimulatedDisk disk = new SimulatedDisk(Faults.NONE);
    try (Storage storage = Storage.open(options(), disk)) {
      storage.recover(Workload.CONFIG, Notices.NONE);
    }
    return disk.files();
  }
}
