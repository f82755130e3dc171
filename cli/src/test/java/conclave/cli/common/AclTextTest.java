package conclave.cli.common;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import conclave.protocol.Acl;
import conclave.protocol.Id;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AclTextTest {
  @Test
  void entriesWithColonsInTheirId() throws CommandFailure {
    assertThat(AclText.parse("world:anyone:r, digest:bob:aGFzaA==:cdrwa,ip:::1:w"))
        .containsExactly(
            new Acl(Acl.READ, Id.ANYONE),
            new Acl(Acl.ALL, new Id("digest", "bob:aGFzaA==")),
            new Acl(Acl.WRITE, new Id("ip", "::1")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "world", "world:anyone", "world:anyone:rx", ":a:r", "world:anyone:r,"})
  void nonsenseIsRefusedWithTheForm(String text) {
    assertThatThrownBy(() -> AclText.parse(text))
        .isInstanceOf(CommandFailure.class)
        .hasMessageContaining("scheme:id:permissions");
  }
}
