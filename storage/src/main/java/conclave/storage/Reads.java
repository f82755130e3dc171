package conclave.storage;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Reading more than one call gives. */
final class Reads {
  private Reads() {}

  /**
   * Reads up to {@code length} bytes; fewer only where the file ends.
   *
   * @return how many
   */
  static int fully(DiskFile file, byte[] into, int offset, int length, long position)
      throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(into, offset, length);
    while (buffer.hasRemaining()) {
      int at = buffer.position() - offset;
      if (file.read(buffer, position + at) < 0) {
        return at;
      }
    }
    return length;
  }
}
