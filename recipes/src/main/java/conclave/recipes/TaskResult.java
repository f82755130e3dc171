package conclave.recipes;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;

/** What has become of a {@link Task}. */
public sealed interface TaskResult {

  /** A worker did it. */
  record Done(byte[] data) implements TaskResult {}

  /** A worker says why it can't be done, or its attempts are used up. */
  record Failed(String reason) implements TaskResult {}

  private static byte[] join(String head, byte[] body) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(head.getBytes(UTF_8));
    out.write('\n');
    out.writeBytes(body);
    return out.toByteArray();
  }

  /** As it stands in the znode. */
  default byte[] toData() {
    if (this instanceof Done done) {
      return join("done", done.data());
    }
    return join("failed", ((Failed) this).reason().getBytes(UTF_8));
  }

  /** An IllegalArgumentException when it was not written by {@link #toData}. */
  static TaskResult parse(byte[] data) {
    String text = new String(data, UTF_8);
    if (text.startsWith("done\n")) {
      return new Done(java.util.Arrays.copyOfRange(data, "done\n".length(), data.length));
    }
    if (text.startsWith("failed\n")) {
      return new Failed(text.substring("failed\n".length()));
    }
    throw new IllegalArgumentException("\"" + text + "\" is no result");
  }
}
