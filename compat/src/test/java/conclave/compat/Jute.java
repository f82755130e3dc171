package conclave.compat;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes jute's primitives. The suite has a writer of its own, on purpose the simplest possible, so
 * that a mistake in Conclave's codec cannot hide behind the same mistake in its test.
 */
final class Jute {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  static Jute jute() {
    return new Jute();
  }

  Jute int32(int value) {
    for (int shift = 24; shift >= 0; shift -= 8) {
      out.write(value >>> shift);
    }
    return this;
  }

  Jute int64(long value) {
    return int32((int) (value >>> 32)).int32((int) value);
  }

  Jute bool(boolean value) {
    out.write(value ? 1 : 0);
    return this;
  }

  Jute buffer(byte @Nullable [] value) {
    return value == null ? int32(-1) : int32(value.length).raw(value);
  }

  Jute string(@Nullable String value) {
    return buffer(value == null ? null : value.getBytes(UTF_8));
  }

  Jute strings(List<String> values) {
    int32(values.size());
    values.forEach(this::string);
    return this;
  }

  Jute acls(@Nullable List<Acl> values) {
    if (values == null) {
      return int32(-1);
    }
    int32(values.size());
    values.forEach(acl -> int32(acl.perms()).string(acl.scheme()).string(acl.id()));
    return this;
  }

  Jute raw(byte[] value) {
    out.writeBytes(value);
    return this;
  }

  byte[] bytes() {
    return out.toByteArray();
  }
}
