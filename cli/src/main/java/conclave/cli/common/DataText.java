package conclave.cli.common;

import conclave.recipes.json.Json;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** A znode's data on one line: text in quotes, or hexadecimal where it is no text. */
public final class DataText {
  private static final int LONGEST = 40;

  private DataText() {}

  /** How much it is and how it begins. */
  public static String summary(byte @Nullable [] data) {
    if (data == null || data.length == 0) {
      return "0 B";
    }
    String whole = whole(data);
    return data.length
        + " B "
        + (whole.length() <= LONGEST ? whole : whole.substring(0, LONGEST) + "...");
  }

  /** All of it. */
  public static String whole(byte @Nullable [] data) {
    if (data == null) {
      return "null";
    }
    String text = text(data);
    return text == null ? "0x" + HexFormat.of().formatHex(data) : Json.line(text);
  }

  /** The text that it is in UTF-8, or null where it is none. */
  public static @Nullable String text(byte[] data) {
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(data)).toString();
      return text.chars().anyMatch(c -> c < ' ' && "\t\r\n".indexOf(c) < 0 || c == 0x7f)
          ? null
          : text;
    } catch (CharacterCodingException noText) {
      return null;
    }
  }

  /**
   * Puts data into an object: as {@code data} where it is text, as {@code dataBase64} where not;
   * {@code data} is null where there is none.
   */
  public static void put(java.util.Map<String, @Nullable Object> object, byte @Nullable [] data) {
    String text = data == null ? null : text(data);
    if (data != null && text == null) {
      object.put("dataBase64", java.util.Base64.getEncoder().encodeToString(data));
    } else {
      object.put("data", text);
    }
  }
}
