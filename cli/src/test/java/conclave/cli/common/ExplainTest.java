package conclave.cli.common;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.protocol.ErrorCode;
import conclave.protocol.OpCode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ExplainTest {
  @ParameterizedTest
  @EnumSource(ErrorCode.class)
  void everyRefusalIsASentence(ErrorCode error) {
    String text = Explain.refusal(OpCode.GET_DATA, "/a/b", error, "the raw message");
    assertThat(text).endsWith(".").doesNotContain("null").doesNotContain("Exception");
  }

  @ParameterizedTest
  @EnumSource(names = {"CREATE", "CREATE2", "CREATE_TTL", "CREATE_CONTAINER"})
  void aMissingParentIsNamed(OpCode op) {
    assertThat(Explain.refusal(op, "/a/b", ErrorCode.NO_NODE, "")).startsWith("/a does not exist");
  }
}
