package conclave.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JsonTest {

  @Test
  void hasTheLayoutOfApachesAnswers() {
    Map<String, Object> connection = new LinkedHashMap<>();
    connection.put("session_id", 72058350059520000L);
    connection.put("last_operation", "NA");
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("connections", List.of(connection, connection));
    answer.put("secure_connections", List.of());
    answer.put("by_time", Map.of(5L, List.of(1, 2)));
    answer.put("none", Map.of());
    answer.put("command", "connections");
    answer.put("error", null);

    assertThat(Json.of(answer))
        .isEqualTo(
            """
            {
              "connections" : [ {
                "session_id" : 72058350059520000,
                "last_operation" : "NA"
              }, {
                "session_id" : 72058350059520000,
                "last_operation" : "NA"
              } ],
              "secure_connections" : [ ],
              "by_time" : {
                "5" : [ 1, 2 ]
              },
              "none" : { },
              "command" : "connections",
              "error" : null
            }""");
  }

  @Test
  void escapesWhatWouldEndAString() {
    assertThat(Json.of("a\"b\\c\nd\re\tf\u0001g/é\uD83D\uDE00"))
        .isEqualTo("\"a\\\"b\\\\c\\nd\\re\\tf\\u0001g/é\uD83D\uDE00\"");
  }

  @Test
  void halfAPairIsWrittenAsItsNumber() {
    assertThat(Json.of("\uD83Dx")).isEqualTo("\"\\uD83Dx\"");
    assertThat(Json.of("x\uDE00")).isEqualTo("\"x\\uDE00\"");
  }

  @Test
  void numbersAreNumbersUnlessJsonHasNone() {
    assertThat(Json.of(Arrays.asList(1, -2L, 0.5, true, null, Double.NaN)))
        .isEqualTo("[ 1, -2, 0.5, true, null, \"NaN\" ]");
  }
}
