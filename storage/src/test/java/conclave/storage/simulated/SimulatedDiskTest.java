package conclave.storage.simulated;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import conclave.storage.DiskFile;
import conclave.storage.simulated.Faults.Fault;
import conclave.storage.simulated.Faults.Operation;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class SimulatedDiskTest {
  private static final Path A = Path.of("/a");
  private static final Path B = Path.of("/b");
  private static final Path FILE = A.resolve("file");

  private static SimulatedDisk disk() {
    return SimulatedDisk.of(
        Map.of(FILE, filled(1024, 1), B.resolve("other"), new byte[0]), Faults.NONE);
  }

  private static byte[] filled(int size, int value) {
    byte[] bytes = new byte[size];
    Arrays.fill(bytes, (byte) value);
    return bytes;
  }

  private static ByteBuffer buffer(int size, int value) {
    return ByteBuffer.wrap(filled(size, value));
  }

  /** The first bytes of the file's two sectors, in every way that a power cut leaves them. */
  private interface Work {
    void on(SimulatedDisk disk) throws IOException;
  }

  private static Set<String> outcomes(Work work) throws IOException {
    Set<String> seen = new TreeSet<>();
    for (int seed = 0; seed < 200; seed++) {
      SimulatedDisk disk = disk();
      work.on(disk);
      Map<Path, byte[]> left = disk.afterPowerCut(new Random(seed), Faults.NONE).files();
      byte[] file = left.get(FILE);
      seen.add(
          file == null
              ? "gone"
              : file.length
                  + ":"
                  + (file.length > 0 ? file[0] : 0)
                  + (file.length > 512 ? file[512] : 0));
    }
    return seen;
  }

  @Test
  void whatWasNotForcedIsThereOrNotBySectors() throws IOException {
    assertThat(
            outcomes(
                disk -> {
                  try (DiskFile file = disk.openForWrite(FILE)) {
                    file.write(buffer(1024, 2), 0);
                    file.write(buffer(1, 3), 512);
                  }
                }))
        .containsExactly("1024:11", "1024:12", "1024:13", "1024:21", "1024:22", "1024:23");
    assertThat(
            outcomes(
                disk -> {
                  try (DiskFile file = disk.openForWrite(FILE)) {
                    file.write(buffer(1024, 2), 0);
                    file.force(false);
                  }
                }))
        .containsExactly("1024:22");
    assertThat(
            outcomes(
                disk -> {
                  try (DiskFile file = disk.openForWrite(FILE)) {
                    file.truncate(512);
                  }
                }))
        .contains("512:10", "1024:11", "512:10");
  }

  @Test
  void afterAForceThatFailedNothingIsDurable() throws IOException {
    assertThat(
            outcomes(
                disk -> {
                  disk.faults(
                      (operation, path, call) ->
                          operation == Operation.FORCE ? Fault.ERROR : Fault.NONE);
                  try (DiskFile file = disk.openForWrite(FILE)) {
                    file.write(buffer(512, 2), 0);
                    assertThatThrownBy(() -> file.force(true)).isInstanceOf(IOException.class);
                    disk.faults(Faults.NONE);
                    file.force(true);
                    assertThat(disk.files().get(FILE)).startsWith(2, 2);
                  }
                }))
        .containsExactly("1024:11");
  }

  @Test
  void namesAreThereOrNot() throws IOException {
    assertThat(outcomes(disk -> disk.delete(FILE))).containsExactly("1024:11", "gone");
    assertThat(
            outcomes(
                disk -> {
                  disk.delete(FILE);
                  disk.forceDirectory(A);
                }))
        .containsExactly("gone");
  }

  @Test
  void aFileThatGoesToAnotherDirectoryIsNeverLost() throws IOException {
    Path to = B.resolve("moved");
    for (int forced = 0; forced < 4; forced++) {
      Set<String> seen = new HashSet<>();
      for (int seed = 0; seed < 100; seed++) {
        SimulatedDisk disk = disk();
        disk.rename(FILE, to);
        if ((forced & 1) != 0) {
          disk.forceDirectory(A);
        }
        if ((forced & 2) != 0) {
          disk.forceDirectory(B);
        }
        Map<Path, byte[]> left = disk.afterPowerCut(new Random(seed), Faults.NONE).files();
        seen.add((left.containsKey(FILE) ? "old" : "") + (left.containsKey(to) ? "new" : ""));
      }
      assertThat(seen)
          .isEqualTo(
              switch (forced) {
                case 0 -> Set.of("old", "new", "oldnew");
                case 2 -> Set.of("new", "oldnew");
                default -> Set.of("new");
              });
    }
    SimulatedDisk disk = disk();
    disk.rename(FILE, to);
    disk.delete(to);
    disk.forceDirectory(B);
    disk.forceDirectory(A);
    assertThat(disk.afterPowerCut(new Random(1), Faults.NONE).files())
        .containsOnlyKeys(B.resolve("other"));
  }

  @Test
  void theSameSeedLeavesTheSame() throws IOException {
    for (int seed = 0; seed < 20; seed++) {
      Map<Path, byte[]> first = cutInTheMiddle(seed);
      Map<Path, byte[]> second = cutInTheMiddle(seed);
      assertThat(second.keySet()).isEqualTo(first.keySet());
      first.forEach((path, bytes) -> assertThat(second.get(path)).isEqualTo(bytes));
    }
  }

  private static Map<Path, byte[]> cutInTheMiddle(int seed) throws IOException {
    SimulatedDisk disk = disk();
    for (int i = 0; i < 10; i++) {
      try (DiskFile file = disk.create(A.resolve("f" + i))) {
        file.write(buffer(3000, i), 100);
      }
    }
    return disk.afterPowerCut(new Random(seed), Faults.NONE).files();
  }

  @Test
  void anOldProcessCanDoNothingToTheNextOnesDisk() throws IOException {
    SimulatedDisk disk = disk();
    DiskFile file = disk.openForWrite(FILE);
    SimulatedDisk next = disk.afterKill(Faults.NONE);
    assertThatThrownBy(() -> file.write(buffer(1, 9), 0)).isInstanceOf(PowerCut.class);
    assertThatThrownBy(() -> disk.delete(FILE)).isInstanceOf(PowerCut.class);
    assertThat(next.files().get(FILE)).isEqualTo(filled(1024, 1));
  }

  @Test
  void faultsComeWhereTheyAreAskedFor() throws IOException {
    SimulatedDisk disk = disk();
    disk.faults(Faults.at(Fault.NO_SPACE, 1));
    try (DiskFile file = disk.openForWrite(FILE)) {
      assertThatThrownBy(() -> file.write(buffer(100, 7), 0)).hasMessageContaining("no space left");
      assertThat(disk.calls()).isEqualTo(1);
      assertThat(disk.files().get(FILE)).startsWith(filled(50, 7)).endsWith(filled(974, 1));
    }
    disk.faults((operation, path, call) -> operation == Operation.READ ? Fault.ERROR : Fault.NONE);
    try (DiskFile file = disk.openForRead(FILE)) {
      assertThatThrownBy(() -> file.read(ByteBuffer.allocate(1), 0))
          .hasMessageContaining("input/output error");
    }
    disk.faults(Faults.at(Fault.POWER_CUT_AFTER, 2));
    assertThatThrownBy(() -> disk.delete(FILE)).isInstanceOf(PowerCut.class);
    assertThat(disk.afterKill(Faults.NONE).files()).doesNotContainKey(FILE);
  }

  @Test
  void bitsFlipForGood() throws IOException {
    SimulatedDisk disk = disk();
    disk.flip(FILE, 600, 0x80);
    try (DiskFile file = disk.openForRead(FILE)) {
      ByteBuffer one = ByteBuffer.allocate(1);
      file.read(one, 600);
      assertThat(one.get(0)).isEqualTo((byte) 0x81);
    }
    assertThat(disk.afterPowerCut(new Random(1), Faults.NONE).files().get(FILE)[600])
        .isEqualTo((byte) 0x81);
    assertThatThrownBy(() -> disk.flip(FILE, 1024, 1))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void othersPutAndRemoveFiles() {
    SimulatedDisk disk = disk();
    disk.put(A.resolve("new"), new byte[] {5});
    disk.remove(FILE);
    assertThat(disk.afterPowerCut(new Random(1), Faults.NONE).files())
        .containsOnlyKeys(A.resolve("new"), B.resolve("other"))
        .containsEntry(A.resolve("new"), new byte[] {5});
  }

  /** What a log makes ahead, and a mark that is overwritten for ever, take next to no room. */
  @Test
  void roomMadeAheadAndOverwritingAreCheap() throws IOException {
    SimulatedDisk disk = disk();
    try (DiskFile file = disk.create(A.resolve("log"))) {
      ByteBuffer zeros = ByteBuffer.allocate(1 << 20);
      for (int i = 0; i < 64; i++) {
        file.write(zeros.clear(), (long) i << 20);
      }
      assertThat(file.size()).isEqualTo(64 << 20);
    }
    try (DiskFile file = disk.openForWrite(FILE)) {
      for (int i = 0; i < 100_000; i++) {
        file.write(buffer(40, i), 0);
      }
    }
    List<Byte> newest = new java.util.ArrayList<>();
    for (int seed = 0; seed < 50; seed++) {
      byte[] left = cut(disk, seed);
      newest.add(left[0]);
    }
    assertThat(newest).contains((byte) 1, (byte) (100_000 - 1));
  }

  private static byte[] cut(SimulatedDisk disk, int seed) {
    byte[] left = disk.afterPowerCut(new Random(seed), Faults.NONE).files().get(FILE);
    assertThat(left).hasSize(1024);
    return left;
  }
}
