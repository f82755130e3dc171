package conclave.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {
  @Test
  void readsWhatOthersWrite() {
    assertThat(
            Json.parse(
                " {\"a\" : [1, -2.5e3 ,true,false, null,\"\\u00e4\\n\\\"\\/\"],\"b\":{} , \"c\":[ ]} "))
        .isEqualTo(
            Map.of(
                "a", java.util.Arrays.asList(1L, -2500.0, true, false, null, "ä\n\"/"),
                "b", Map.of(),
                "c", List.of()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"a\":1,\"b\":[\"x\",null,true,-5]}",
        "[]",
        "{}",
        "\"\\u0001\\t\\\\ü\"",
        "[[[[1]]]]",
        "1.5"
      })
  void readsWhatItWrites(String json) {
    assertThat(Json.write(Json.parse(json))).isEqualTo(json);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "[1",
        "{\"a\"}",
        "{a:1}",
        "tru",
        "1x",
        "\"",
        "\"\\",
        "\"\\u12",
        "\"\\u12zz\"",
        "[1,]",
        "{} {}",
        "-"
      })
  void saysWhereItIsNoJson(String json) {
    assertThatThrownBy(() -> Json.parse(json)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void isNotDroppedIntoADeepHole() {
    assertThatThrownBy(() -> Json.parse("[".repeat(100_000)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("too deep");
  }
}
