package conclave.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import conclave.protocol.LoggedTxn;
import conclave.state.EventSink;
import conclave.state.StateMachine;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.apache.zookeeper.server.persistence.FileTxnLog;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Log files that Apache's classes wrote, whole and damaged. */
class LogFileTest {
  private static final int COUNT = 40;

  @TempDir Path dir;
  private final List<LoggedTxn> written = new ArrayList<>();
  private Path file = Path.of("");

  @BeforeAll
  static void littleRoom() {
    FileTxnLog.setPreallocSize(1 << 20);
  }

  @AfterAll
  static void likeBefore() {
    FileTxnLog.setPreallocSize(64 << 20);
  }

  @BeforeEach
  void write() throws IOException {
    StateMachine maker = new StateMachine(Workload.CONFIG);
    Workload workload = new Workload(3);
    try (Apache apache = new Apache(dir, dir)) {
      for (long zxid = 1; zxid <= COUNT; zxid++) {
        LoggedTxn txn = workload.next(maker, zxid);
        maker.apply(txn, EventSink.NONE);
        apache.append(txn);
        written.add(txn);
      }
      apache.commit();
    }
    file = dir.resolve("version-2/log.1");
  }

  private List<LogItem> items(Path path) throws IOException {
    List<LogItem> items = new ArrayList<>();
    try (LogFile log = LogFile.open(new RealDisk(), path)) {
      LogItem item;
      do {
        item = log.next();
        items.add(item);
      } while (!(item instanceof LogItem.End));
    }
    return items;
  }

  private static List<Long> zxids(List<LogItem> items) {
    return items.stream()
        .filter(LogItem.Entry.class::isInstance)
        .map(item -> ((LogItem.Entry) item).zxid())
        .toList();
  }

  private void overwrite(long offset, int... bytes) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      ByteBuffer buffer = ByteBuffer.allocate(bytes.length);
      for (int b : bytes) {
        buffer.put((byte) b);
      }
      channel.write(buffer.flip(), offset);
    }
  }

  @Test
  void everyTransactionIsThereAsItWasWritten() throws IOException {
    List<LogItem> items = items(file);
    assertThat(items).hasSize(COUNT + 1);
    for (int i = 0; i < COUNT; i++) {
      LoggedTxn read = ((LogItem.Entry) items.get(i)).txn();
      assertThat(read.header()).isEqualTo(written.get(i).header());
      assertThat(read.txn()).usingRecursiveComparison().isEqualTo(written.get(i).txn());
    }
    LogItem.End end = (LogItem.End) items.get(COUNT);
    assertThat(end.offset() + end.zeros()).isEqualTo(Files.size(file));
    assertThat(end.zeros()).isPositive();
  }

  @Test
  void aWrongByteCostsOneEntry() throws IOException {
    LogItem.Entry tenth = (LogItem.Entry) items(file).get(9);
    overwrite(tenth.offset() + 12 + 20, 0xee);
    List<LogItem> items = items(file);
    assertThat(items).hasSize(COUNT + 1);
    LogItem.Damage damage = (LogItem.Damage) items.get(9);
    assertThat(damage.offset()).isEqualTo(tenth.offset());
    assertThat(damage.end()).isEqualTo(items.get(10).offset());
    assertThat(damage.what()).contains("wrong checksum", "computed=", "written=");
    assertThat(damage.entriesBehind()).isTrue();
    assertThat(damage.torn()).isFalse();
    assertThat(zxids(items)).hasSize(COUNT - 1).doesNotContain(10L);
  }

  @Test
  void behindAWrongLengthTheNextEntryIsFound() throws IOException {
    LogItem.Entry tenth = (LogItem.Entry) items(file).get(9);
    overwrite(tenth.offset() + 8, 0, 0, 0, 33);
    List<LogItem> items = items(file);
    assertThat(items.get(9)).isInstanceOf(LogItem.Damage.class);
    assertThat(zxids(items)).hasSize(COUNT - 1).doesNotContain(10L);
  }

  @Test
  void halfAnEntryAtTheEndIsTorn() throws IOException {
    LogItem.Entry last = (LogItem.Entry) items(file).get(COUNT - 1);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(last.offset() + 30);
    }
    List<LogItem> items = items(file);
    LogItem.Damage damage = (LogItem.Damage) items.get(COUNT - 1);
    assertThat(damage.torn()).isTrue();
    assertThat(damage.entriesBehind()).isFalse();
    assertThat(items.get(COUNT)).isEqualTo(new LogItem.End(last.offset() + 30, 0));
  }

  @Test
  void aCopyHasTheSameEntriesAndIsNeverMadeOverAFile() throws IOException {
    Path copy = dir.resolve("copy");
    try (LogCopy to = LogCopy.create(new RealDisk(), copy)) {
      for (LogItem item : items(file)) {
        if (item instanceof LogItem.Entry entry) {
          to.append(entry);
        }
      }
    }
    LogItem.End end = (LogItem.End) items(file).get(COUNT);
    byte[] original = Files.readAllBytes(file);
    assertThat(Files.readAllBytes(copy))
        .isEqualTo(java.util.Arrays.copyOf(original, (int) end.offset()));
    assertThatThrownBy(() -> LogCopy.create(new RealDisk(), copy))
        .isInstanceOf(FileAlreadyExistsException.class);
  }

  @Test
  void whatIsNoLogIsRefused() throws IOException {
    Path other = Files.writeString(dir.resolve("other"), "something else than a log");
    Path empty = Files.writeString(dir.resolve("empty"), "");
    assertThatThrownBy(() -> LogFile.open(new RealDisk(), other))
        .isInstanceOf(DamagedException.class)
        .hasMessageContaining("ZKLG");
    assertThatThrownBy(() -> LogFile.open(new RealDisk(), empty))
        .isInstanceOf(DamagedException.class)
        .hasMessageContaining("ends within its header");
    assertThatThrownBy(() -> LogFile.open(new RealDisk(), dir.resolve("none")))
        .isInstanceOf(NoSuchFileException.class);
  }
}
