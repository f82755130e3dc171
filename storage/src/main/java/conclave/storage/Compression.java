package conclave.storage;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** How snapshots are packed ({@code snapshot.compression.method}). */
public enum Compression {
  NONE(""),
  GZIP("gz"),
  SNAPPY("snappy");

  private final String method;

  Compression(String method) {
    this.method = method;
  }

  /** What the option says for it, and what the file's name ends with. */
  public String method() {
    return method;
  }

  String suffix() {
    return method.isEmpty() ? "" : "." + method;
  }

  /** The one that the option names, upper or lower case, or null when it names none. */
  public static @Nullable Compression of(String method) {
    for (Compression c : values()) {
      if (c.method.equals(method.toLowerCase(Locale.ROOT))) {
        return c;
      }
    }
    return null;
  }
}
