package conclave.compat;

import java.util.HexFormat;

/** Bytes for people. */
final class Hex {
  private static final int SHOWN_BYTES = 400;

  private Hex() {}

  static String of(byte[] bytes) {
    HexFormat format = HexFormat.of();
    return bytes.length <= SHOWN_BYTES
        ? format.formatHex(bytes)
        : format.formatHex(bytes, 0, SHOWN_BYTES) + "… (" + bytes.length + " bytes)";
  }
}
