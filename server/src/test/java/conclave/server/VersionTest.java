package conclave.server;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class VersionTest {

  /** Tools take the number in front, and cut the revision off at the comma. */
  @Test
  void lineHasTheFormThatToolsParse() {
    assertThat(Version.LINE).matches("\\d+\\.\\d+\\.\\d+-[^,]+, built on .+");
  }

  @Test
  void buildTimeIsWrittenAsApacheWritesIt() {
    assertThat(Version.asApacheWritesIt("2026-11-22T02:04:25Z")).isEqualTo("2026-11-22 02:04 UTC");
    assertThat(Version.asApacheWritesIt("2026-11-22T02:04:25.123Z"))
        .isEqualTo("2026-11-22 02:04 UTC");
    assertThat(Version.asApacheWritesIt("yesterday")).isEqualTo("yesterday");
  }
}
