package conclave.client;

import conclave.protocol.JuteReader;
import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import java.util.function.Consumer;

/** Cuts what a socket delivers into frames: four bytes of length, then the body. */
final class Frames {
  private final int maxBytes;
  private byte[] bytes = new byte[4096];
  private int end;

  Frames(int maxBytes) {
    this.maxBytes = maxBytes;
  }

  /**
   * Takes all of {@code in} and hands every frame that is complete to {@code frames}, whose reader
   * is good for the duration of the call only.
   */
  void take(ByteBuf in, Consumer<JuteReader> frames) {
    int count = in.readableBytes();
    if (count > bytes.length - end) {
      bytes = Arrays.copyOf(bytes, Math.max(end + count, 2 * bytes.length));
    }
    in.readBytes(bytes, end, count);
    end += count;
    int start = 0;
    while (end - start >= 4) {
      int length = new JuteReader(bytes, start, 4).readInt();
      if (length < 0 || length > maxBytes) {
        throw new IllegalStateException(
            "the server sent a frame of " + length + " bytes; the limit is " + maxBytes);
      }
      if (end - start - 4 < length) {
        break;
      }
      frames.accept(new JuteReader(bytes, start + 4, length));
      start += 4 + length;
    }
    System.arraycopy(bytes, start, bytes, 0, end - start);
    end -= start;
  }
}
