package conclave.server.transport;

import conclave.protocol.BigEndian;
import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Cuts a connection's bytes into frames: a length of four bytes, then as many bytes.
 *
 * <p>Whole frames are handed on out of a buffer that all connections of the event loop share, so a
 * connection that is idle holds nothing. Only the beginning of a frame whose end has not come is
 * kept, in an array that grows with what has come and never with what the length claims.
 */
final class FrameAssembler {
  private static final int HEADER = 4;

  /** Who gets the frames. */
  interface Receiver {
    /** Whether anything that comes is worth keeping. */
    boolean isOpen();

    /** Whether a frame is wanted now; what is not stays here until {@link #resume}. */
    boolean isTaking();

    /**
     * The first four bytes of a frame.
     *
     * @return false when nothing that follows is a frame
     */
    boolean frameBegins(int length, byte[] bytes, int offset, int end);

    /** A whole frame, valid during the call. */
    void frame(byte[] bytes, int offset, int length);
  }

  private final Receiver receiver;
  private byte @Nullable [] partial;
  private int partialLength;

  FrameAssembler(Receiver receiver) {
    this.receiver = receiver;
  }

  /** Whether anything is kept: the beginning of a frame, or frames that nobody wanted yet. */
  boolean isWaiting() {
    return partial != null;
  }

  /**
   * Takes all bytes of {@code in}; {@code shared} is room that may be used during the call.
   *
   * @return whether a whole frame was handed on
   */
  boolean take(ByteBuf in, byte[] shared) {
    int length = in.readableBytes();
    byte[] bytes;
    int end;
    if (partial == null && length <= shared.length) {
      bytes = shared;
      in.readBytes(bytes, 0, length);
      end = length;
    } else {
      bytes = append(in, length);
      end = partialLength;
    }
    return handOnAndKeep(bytes, end);
  }

  /**
   * Hands on what was kept while no more was wanted.
   *
   * @return whether a whole frame was handed on
   */
  boolean resume() {
    byte[] bytes = partial;
    return bytes != null && handOnAndKeep(bytes, partialLength);
  }

  private boolean handOnAndKeep(byte[] bytes, int end) {
    int from = handOn(bytes, end);
    keepRest(bytes, from, end);
    return from > 0;
  }

  private byte[] append(ByteBuf in, int length) {
    byte[] bytes = partial == null ? new byte[length] : partial;
    int needed = partialLength + length;
    if (needed > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(needed, 2 * bytes.length));
    }
    in.readBytes(bytes, partialLength, length);
    partial = bytes;
    partialLength = needed;
    return bytes;
  }

  /**
   * Hands on the whole frames of {@code bytes[0, end)}; where the first that is not whole starts.
   */
  private int handOn(byte[] bytes, int end) {
    int at = 0;
    while (end - at >= HEADER && receiver.isTaking()) {
      int length = BigEndian.getInt(bytes, at);
      if (!receiver.frameBegins(length, bytes, at + HEADER, end)) {
        return end;
      }
      if (end - at - HEADER < length) {
        return at;
      }
      receiver.frame(bytes, at + HEADER, length);
      at += HEADER + length;
    }
    return receiver.isOpen() ? at : end;
  }

  private void keepRest(byte[] bytes, int from, int end) {
    if (from == end) {
      partial = null;
      partialLength = 0;
    } else if (bytes != partial || from > 0) {
      partial = Arrays.copyOfRange(bytes, from, end);
      partialLength = end - from;
    }
  }
}
