package conclave.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import conclave.storage.EpochFiles.Epochs;
import conclave.storage.simulated.Faults;
import conclave.storage.simulated.Faults.Fault;
import conclave.storage.simulated.PowerCut;
import conclave.storage.simulated.SimulatedDisk;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class EpochFilesTest {
  private static final Path DIRECTORY = Path.of("/version-2");
  private static final Path ACCEPTED = DIRECTORY.resolve("acceptedEpoch");
  private static final Path CURRENT = DIRECTORY.resolve("currentEpoch");

  private static SimulatedDisk disk(Map<String, String> files, Faults plan) {
    Map<Path, byte[]> bytes = new HashMap<>();
    bytes.put(DIRECTORY.resolve("x"), new byte[0]);
    files.forEach(
        (name, text) ->
            bytes.put(DIRECTORY.resolve(name), text.getBytes(StandardCharsets.US_ASCII)));
    return SimulatedDisk.of(bytes, plan);
  }

  private static EpochFiles epochs(Map<String, String> files) {
    return new EpochFiles(disk(files, Faults.NONE), DIRECTORY);
  }

  @Test
  void aServerThatHasNoneGetsThatOfItsLog() {
    SimulatedDisk disk = disk(Map.of(), Faults.NONE);
    EpochFiles epochs = new EpochFiles(disk, DIRECTORY);
    assertThat(epochs.load(0x700000005L)).isEqualTo(new Epochs(7, 7));
    assertThat(disk.files().get(ACCEPTED)).asString(StandardCharsets.US_ASCII).isEqualTo("7");
    assertThat(disk.files().get(CURRENT)).asString(StandardCharsets.US_ASCII).isEqualTo("7");
    epochs.writeAccepted(9);
    epochs.writeCurrent(8);
    assertThat(new EpochFiles(disk, DIRECTORY).load(0)).isEqualTo(new Epochs(9, 8));
  }

  @Test
  void whatApacheWroteIsRead() {
    assertThat(epochs(Map.of("acceptedEpoch", "12", "currentEpoch", "11\n")).load(0xb00000000L))
        .isEqualTo(new Epochs(12, 11));
  }

  /** The power went out between the first transactions of an epoch and the number of it. */
  @Test
  void aCurrentEpochBehindTheLogIsMovedUp() {
    for (String unfinished : new String[] {"4", "3", "x"}) {
      SimulatedDisk disk =
          disk(
              Map.of("acceptedEpoch", "5", "currentEpoch", "3", "currentEpoch.tmp", unfinished),
              Faults.NONE);
      assertThat(new EpochFiles(disk, DIRECTORY).load(0x400000001L)).isEqualTo(new Epochs(5, 4));
      assertThat(disk.files().get(CURRENT)).asString(StandardCharsets.US_ASCII).isEqualTo("4");
    }
    refused(Map.of("acceptedEpoch", "3", "currentEpoch", "3"), 0x400000001L, ACCEPTED);
  }

  /** One that begins writes what it promised first; what else is missing was there once. */
  @Test
  void oneOfTheTwoIsMissing() {
    assertThat(epochs(Map.of("acceptedEpoch", "4")).load(0x400000001L)).isEqualTo(new Epochs(4, 4));
    refused(Map.of("acceptedEpoch", "5"), 0x400000001L, CURRENT);
    refused(Map.of("currentEpoch", "4"), 0x400000001L, ACCEPTED);
    refused(Map.of("currentEpoch", "0"), 0, ACCEPTED);
  }

  private static void refused(Map<String, String> files, long lastZxid, Path why) {
    assertThatThrownBy(() -> epochs(files).load(lastZxid))
        .isInstanceOf(DamagedException.class)
        .hasMessageContaining(why.toString());
  }

  @Test
  void nonsenseIsRefused() {
    for (String text : new String[] {"", "x", "-1", "1 2", "4294967296", "99999999999999999999"}) {
      refused(Map.of("acceptedEpoch", "1", "currentEpoch", text), 0, CURRENT);
      refused(Map.of("acceptedEpoch", text, "currentEpoch", "1"), 0, ACCEPTED);
    }
    assertThatThrownBy(() -> epochs(Map.of("acceptedEpoch", "2", "currentEpoch", "3")).load(0))
        .isInstanceOf(DamagedException.class)
        .hasMessageContaining("less than current");
  }

  @Test
  void aPowerCutLeavesTheOldOrTheNewOne() throws IOException {
    boolean interrupted = true;
    for (int at = 1; interrupted; at++) {
      for (int seed = 0; seed < 20; seed++) {
        SimulatedDisk disk =
            disk(
                Map.of("acceptedEpoch", "5", "currentEpoch", "5"),
                Faults.at(Fault.POWER_CUT_BEFORE, at));
        long written = 5;
        try {
          new EpochFiles(disk, DIRECTORY).writeAccepted(6);
          written = 6;
          interrupted = false;
        } catch (PowerCut cut) {
          // As planned.
        }
        SimulatedDisk left = disk.afterPowerCut(new Random(seed), Faults.NONE);
        assertThat(new EpochFiles(left, DIRECTORY).load(0).accepted()).isBetween(written, 6L);
      }
    }
  }
}
