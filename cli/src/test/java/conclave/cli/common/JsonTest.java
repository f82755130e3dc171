package conclave.cli.common;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JsonTest {
  @Test
  void whatIsWrittenIsReadAgain() {
    Object value =
        Json.object(
            "text",
            "tab\t quote\" back\\ line\n bell\u0007 grüße 𝄞 half \ud834",
            "number",
            -12L,
            "fraction",
            1.5,
            "list",
            Arrays.asList(true, null, List.of()),
            "object",
            Json.object());
    assertThat(Json.parse(Json.line(value))).isEqualTo(value);
    assertThat(Json.parse(Json.pretty(value))).isEqualTo(value);
    assertThat(Json.line(value)).doesNotContain("\n").contains("\\u0007", "\\ud834");
  }

  @Test
  void layouts() {
    Object value = Json.object("a", List.of(1, 2), "b", Json.object());
    assertThat(Json.line(value)).isEqualTo("{\"a\":[1,2],\"b\":{}}");
    assertThat(Json.pretty(value)).isEqualTo("{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": {}\n}");
  }

  @Test
  void escapesAreRead() {
    assertThat(Json.parse(" [ \"\\u00fc\\/\\b\" , 2e3 ] ")).isEqualTo(List.of("ü/\b", 2000.0));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{|a member's name",
        "[1|\",\" or \"]\"",
        "{\"a\" 1}|\":\" is expected",
        "\"x|has no end",
        "\"\\q\"|no escape",
        "\"\\u12\"|four hexadecimal digits",
        "tru|no value",
        "1 2|something follows",
        "-|no value",
        "1.2.3|no value"
      })
  void whatIsNoJsonIsRefused(String text, String why) {
    assertThatThrownBy(() -> Json.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("line 1: ")
        .hasMessageContaining(why);
  }

  @Test
  void depthIsBounded() {
    assertThatThrownBy(() -> Json.parse("[".repeat(100_000)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("nested");
  }
}
