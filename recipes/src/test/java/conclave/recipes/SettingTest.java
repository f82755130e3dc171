package conclave.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingTest {
  @ParameterizedTest
  @CsvSource({
    "250ms, PT0.25S, 250ms",
    "1000 ms, PT1S, 1s",
    "90s, PT1M30S, 90s",
    "60s, PT1M, 1m",
    "120m, PT2H, 2h",
    "48h, PT48H, 2d",
    "0s, PT0S, 0ms",
    "PT0.000001S, PT0.000001S, PT0.000001S"
  })
  void durationsAreReadable(String text, String value, String printed) {
    Setting<Duration> setting = Setting.ofDuration("timeout", Duration.ZERO);
    assertThat(setting.parse(text)).isEqualTo(Duration.parse(value));
    assertThat(setting.print(Duration.parse(value))).isEqualTo(printed);
  }

  @Test
  void listsHaveAnElementALine() {
    Setting<List<String>> setting = Setting.ofList("hosts", List.of());
    assertThat(setting.parse("a\nb, c\n")).containsExactly("a", "b, c", "");
    assertThat(setting.parse("")).isEmpty();
    assertThat(setting.print(List.of("a", "b"))).isEqualTo("a\nb");
    assertThatThrownBy(() -> setting.print(List.of("a\nb")))
        .hasMessageContaining("elements of one line");
  }

  @Test
  void whatIsNotAllowedIsSaid() {
    Setting<Integer> setting = Setting.ofInt("threads", 8).where(n -> n > 0, "greater than 0");
    assertThat(setting.parse("16")).isEqualTo(16);
    assertThatThrownBy(() -> setting.parse("many"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("threads must be a whole number, not \"many\"");
    assertThatThrownBy(() -> setting.parse("0"))
        .hasMessage("threads must be greater than 0, not \"0\"");
    assertThatThrownBy(() -> setting.print(-1)).hasMessageContaining("greater than 0");
    assertThatThrownBy(() -> Setting.ofBoolean("on", true).parse("yes"))
        .hasMessageContaining("true or false");
    assertThatThrownBy(() -> Setting.ofLong("a/b", 1)).hasMessageContaining("a/b");
  }
}
