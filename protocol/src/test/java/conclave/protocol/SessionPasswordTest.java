package conclave.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class SessionPasswordTest {

  @Test
  void isTheClientsOnlyIfAllBytesAgree() {
    byte[] password = SessionPassword.of(0x100001234560000L);

    assertThat(SessionPassword.matches(0x100001234560000L, password)).isTrue();
    password[15] ^= 1;
    assertThat(SessionPassword.matches(0x100001234560000L, password)).isFalse();
    assertThat(SessionPassword.matches(0x100001234560000L, null)).isFalse();
    assertThat(SessionPassword.matches(0x100001234560000L, new byte[0])).isFalse();
    assertThat(SessionPassword.matches(0, SessionPassword.of(0))).isFalse();
  }

  /** The generator is the JDK's documented one, so these bytes are the same on every server. */
  @Test
  void followsFromTheId() {
    byte[] expected = new byte[16];
    new java.util.Random(0x42L ^ 0xB3415C00L).nextBytes(expected);

    assertThat(HexFormat.of().formatHex(SessionPassword.of(0x42L)))
        .isEqualTo(HexFormat.of().formatHex(expected));
  }
}
