package conclave.compat;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads jute's primitives from one frame. */
final class JuteReader {
  private final ByteBuffer in;

  JuteReader(byte[] frame) {
    this.in = ByteBuffer.wrap(frame);
  }

  int int32() {
    return in.getInt();
  }

  long int64() {
    return in.getLong();
  }

  boolean bool() {
    return in.get() != 0;
  }

  byte @Nullable [] buffer() {
    int length = in.getInt();
    if (length < 0) {
      return null;
    }
    byte[] bytes = new byte[length];
    in.get(bytes);
    return bytes;
  }

  @Nullable String string() {
    byte[] bytes = buffer();
    return bytes == null ? null : new String(bytes, UTF_8);
  }

  List<String> strings() {
    int count = in.getInt();
    List<String> values = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      values.add(String.valueOf(string()));
    }
    return values;
  }

  List<Acl> acls() {
    int count = in.getInt();
    List<Acl> values = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      values.add(new Acl(in.getInt(), String.valueOf(string()), String.valueOf(string())));
    }
    return values;
  }

  Stat stat() {
    return new Stat(
        int64(), int64(), int64(), int64(), int32(), int32(), int32(), int64(), int32(), int32(),
        int64());
  }

  byte[] rest() {
    byte[] bytes = new byte[in.remaining()];
    in.get(bytes);
    return bytes;
  }

  int remaining() {
    return in.remaining();
  }
}
