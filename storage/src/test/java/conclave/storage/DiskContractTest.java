package conclave.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import conclave.storage.simulated.Faults;
import conclave.storage.simulated.SimulatedDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the files of the operating system and the simulated ones have in common. */
class DiskContractTest {
  @TempDir Path dir;

  static Stream<Disk> disks() {
    return Stream.of(new RealDisk(), new SimulatedDisk(Faults.NONE));
  }

  private Path directory(Disk disk) throws IOException {
    Path directory = dir.resolve("a/b");
    assertThat(disk.exists(directory)).isFalse();
    disk.createDirectories(directory);
    assertThat(disk.exists(directory)).isTrue();
    disk.createDirectories(directory);
    disk.forceDirectory(directory);
    return directory;
  }

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
  }

  private static String read(DiskFile file, long position, int room) throws IOException {
    byte[] bytes = new byte[room];
    int count = Reads.fully(file, bytes, 0, room, position);
    return new String(bytes, 0, count, StandardCharsets.US_ASCII).replace('\0', '.');
  }

  @ParameterizedTest
  @MethodSource("disks")
  void writesAreSeen(Disk disk) throws IOException {
    Path path = directory(disk).resolve("file");
    try (DiskFile file = disk.create(path)) {
      file.write(bytes("hello"), 0);
      file.write(bytes("there"), 8);
      assertThat(file.size()).isEqualTo(13);
      assertThat(read(file, 0, 20)).isEqualTo("hello...there");
      assertThat(read(file, 10, 2)).isEqualTo("er");
      assertThat(file.read(ByteBuffer.allocate(1), 13)).isEqualTo(-1);
      assertThat(file.read(ByteBuffer.allocate(1), 100)).isEqualTo(-1);
      file.truncate(9);
      file.write(bytes("!"), 11);
      file.force(true);
      file.force(false);
    }
    try (DiskFile file = disk.openForRead(path)) {
      assertThat(read(file, 0, 20)).isEqualTo("hello...t..!");
    }
    try (DiskFile file = disk.openForWrite(path)) {
      file.write(bytes("J"), 0);
      assertThat(read(file, 0, 5)).isEqualTo("Jello");
    }
  }

  @ParameterizedTest
  @MethodSource("disks")
  void namesComeAndGo(Disk disk) throws IOException {
    Path directory = directory(disk);
    Path one = directory.resolve("one");
    Path two = directory.resolve("two");
    disk.create(one).close();
    assertThatThrownBy(() -> disk.create(one)).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> disk.openForRead(two)).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> disk.openForWrite(two)).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> disk.delete(two)).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> disk.rename(two, one)).isInstanceOf(IOException.class);
    try (DiskFile file = disk.create(two)) {
      file.write(bytes("two"), 0);
    }
    disk.createDirectories(directory.resolve("below"));
    assertThat(disk.list(directory)).containsExactlyInAnyOrder("one", "two");
    disk.rename(two, one);
    assertThat(disk.list(directory)).containsExactly("one");
    try (DiskFile file = disk.openForRead(one)) {
      assertThat(read(file, 0, 5)).isEqualTo("two");
    }
    disk.delete(one);
    assertThat(disk.exists(one)).isFalse();
    assertThat(disk.list(directory)).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("disks")
  void filesGoToOtherDirectories(Disk disk) throws IOException {
    Path from = directory(disk).resolve("file");
    Path aside = dir.resolve("a/aside");
    disk.createDirectories(aside);
    try (DiskFile file = disk.create(from)) {
      file.write(bytes("content"), 0);
    }
    disk.rename(from, aside.resolve("file.1"));
    disk.forceDirectory(aside);
    disk.forceDirectory(dir.resolve("a/b"));
    assertThat(disk.exists(from)).isFalse();
    assertThat(disk.list(aside)).containsExactly("file.1");
    try (DiskFile file = disk.openForRead(aside.resolve("file.1"))) {
      assertThat(read(file, 0, 9)).isEqualTo("content");
    }
    assertThatThrownBy(() -> disk.list(dir.resolve("nowhere"))).isInstanceOf(IOException.class);
  }

  @ParameterizedTest
  @MethodSource("disks")
  void aLockIsHeldByOne(Disk disk) throws IOException {
    Path path = directory(disk).resolve("lock");
    try (Disk.Lock held = disk.lock(path)) {
      assertThat(held).isNotNull();
      assertThatThrownBy(() -> disk.lock(path)).isInstanceOf(DataDirectoryException.class);
    }
    disk.lock(path).close();
  }
}
