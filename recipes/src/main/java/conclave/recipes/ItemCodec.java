package conclave.recipes;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How items are kept in a znode of Curator's DistributedQueue and of the queues that it has made of
 * that: the number 0x00010001, then for each item a byte 1, its length in four bytes and itself,
 * then a byte 2. All numbers are big-endian.
 */
final class ItemCodec {
  /** How the names of such znodes begin. */
  static final String PREFIX = "queue-";

  private static final int VERSION = 0x00010001;
  private static final byte ITEM = 1;
  private static final byte END = 2;

  private ItemCodec() {}

  static byte[] encode(byte[] item) {
    return ByteBuffer.allocate(4 + 1 + 4 + item.length + 1)
        .putInt(VERSION)
        .put(ITEM)
        .putInt(item.length)
        .put(item)
        .put(END)
        .array();
  }

  /** The items of a znode; null when it has something else. */
  static @Nullable List<byte[]> decode(byte @Nullable [] data) {
    if (data == null || data.length < 5) {
      return null;
    }
    ByteBuffer in = ByteBuffer.wrap(data);
    if (in.getInt() != VERSION) {
      return null;
    }
    List<byte[]> items = new ArrayList<>();
    while (in.hasRemaining()) {
      byte what = in.get();
      if (what == END) {
        return items;
      }
      if (what != ITEM || in.remaining() < 4) {
        return null;
      }
      int length = in.getInt();
      if (length < 0 || length > in.remaining()) {
        return null;
      }
      byte[] item = new byte[length];
      in.get(item);
      items.add(item);
    }
    return null;
  }
}
