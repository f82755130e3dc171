package conclave.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ProcessFiguresTest {
  @Test
  void cpuTimeIsUserPlusSystemWhateverTheProcessIsCalled() {
    String stat = "4711 (a (b) c) S 1 2 3 4 5 6 7 8 9 10 250 50 11 12 20 0 30 0 12345 99 100";

    assertThat(ProcessFigures.parseCpuMicros(stat)).isEqualTo(3_000_000);
  }

  @Test
  void residentMemoryIsInBytes() {
    List<String> status = List.of("Name:\tjava", "VmHWM:\t 4096 kB", "VmRSS:\t   2048 kB");

    assertThat(ProcessFigures.parseResidentBytes(status)).isEqualTo(2048 * 1024);
  }

  @Test
  void aFileOfAnotherKindIsRefused() {
    assertThatThrownBy(() -> ProcessFigures.parseCpuMicros("nonsense"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> ProcessFigures.parseResidentBytes(List.of("Name: x")))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void thisProcessHasUsedTimeAndMemory() throws IOException {
    long pid = ProcessHandle.current().pid();

    assertThat(ProcessFigures.cpuMicros(pid)).isPositive();
    assertThat(ProcessFigures.residentBytes(pid)).isGreaterThan(1 << 20);
  }

  @Test
  void theLiveHeapIsTheHistogramsTotal() {
    String histogram =
        """
        4711:
         num     #instances         #bytes  class name (module)
           1:             3            240  [B (java.base@17)
        Total             5            336
        """;

    assertThat(LiveHeap.parseTotalBytes(histogram)).isEqualTo(336);
  }
}
