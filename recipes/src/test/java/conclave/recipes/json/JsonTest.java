package conclave.recipes.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

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

  @Test
  void readsWhatOthersWrite() {
    assertThat(
            Json.parseObject(
                " {\"a\" : [1, -2.5e3 ,true,false, null,\"\\u00e4\\n\\\"\\/\"],\"b\":{} , \"c\":[ ]} "))
        .isEqualTo(
            Map.of(
                "a",
                Arrays.asList(1L, -2500.0, true, false, null, "ä\n\"/"),
                "b",
                Map.of(),
                "c",
                List.of()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"a\":1,\"b\":[\"x\",null,true,-5]}",
        "[]",
        "{}",
        "\"\\u0001\\t\\\\ü\"",
        "[[[[1]]]]",
        "1.5",
        "9223372036854775807",
        "-9223372036854775808"
      })
  void writesWhatItHasRead(String json) {
    assertThat(Json.line(Json.parse(json))).isEqualTo(json);
  }

  @Test
  void numbersThatDoNotFit() {
    assertThat(Json.parse("9223372036854775808")).isEqualTo(9223372036854775808.0);
    assertThat(Json.line(List.of(Double.NaN, Double.POSITIVE_INFINITY)))
        .as("there are no such numbers in JSON")
        .isEqualTo("[\"NaN\",\"Infinity\"]");
  }

  @Test
  void anotherValueIsNoObject() {
    assertThatThrownBy(() -> Json.parseObject("[1]"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("[1]");
  }

  @Test
  void placesAreTold() {
    assertThatThrownBy(() -> Json.parse("{\n  \"a\": tru\n}"))
        .hasMessage("line 2, column 8: no value begins here");
    assertThatThrownBy(() -> Json.parse("[1,\n"))
        .hasMessage("line 2, column 1: no value begins here");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[1|\",\" or \"]\"",
        "{\"a\" 1}|\":\" is expected",
        "\"x|has no end",
        "\"\\q\"|no escape",
        "\"\\u12\"|four hexadecimal digits",
        "tru|no value",
        "1 2|something follows",
        "-|no value",
        "1.2.3|no value",
        "''|no value",
        "{|a member's name",
        "{\"a\"}|\":\" is expected",
        "{a:1}|a member's name",
        "1x|something follows",
        "\"|has no end",
        "\"\\|no escape",
        "\"\\u12zz\"|four hexadecimal digits",
        "\"\\u+123\"|four hexadecimal digits",
        "[1,]|no value",
        "+1|no value",
        "01|no value",
        ".5|no value",
        "5.|no value"
      })
  void whatIsNoJsonIsRefused(String text, String why) {
    assertThatThrownBy(() -> Json.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("line 1, column ")
        .hasMessageContaining(why);
  }

  @Test
  void depthIsBounded() {
    assertThatThrownBy(() -> Json.parse("[".repeat(100_000)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("nested");
  }
}
