package conclave.storage;

import conclave.protocol.BigEndian;
import conclave.protocol.MalformedRecordException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import org.xerial.snappy.Snappy;

/**
 * Unpacks what snappy-java's stream writes, which is what Apache's snapshots are in: a header, and
 * then pieces that are each the length of the packed bytes and those bytes. snappy-java's own
 * reader believes every length before it looks; this one makes room only for what is there.
 */
final class SnappyChunks extends InputStream {
  private static final byte[] MAGIC = {(byte) 0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0};

  /** The magic, and two versions. */
  private static final int HEADER_LENGTH = MAGIC.length + 8;

  /** The first int of another header, where one stream was appended to another. */
  private static final int MAGIC_AS_LENGTH = BigEndian.getInt(MAGIC, 0);

  /** A copy of 64 bytes takes 3 bytes packed; nothing is packed more tightly. */
  private static final int TIGHTEST = 22;

  private final InputStream in;
  private byte[] piece = {};
  private int position;
  private int limit;

  SnappyChunks(InputStream in) throws IOException {
    this.in = in;
    byte[] header = in.readNBytes(HEADER_LENGTH);
    if (header.length < HEADER_LENGTH
        || !Arrays.equals(header, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
      throw new MalformedRecordException("not packed by snappy");
    }
  }

  @Override
  public int read() throws IOException {
    return fill() ? piece[position++] & 0xff : -1;
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    if (!fill()) {
      return -1;
    }
    int count = Math.min(length, limit - position);
    System.arraycopy(piece, position, into, offset, count);
    position += count;
    return count;
  }

  private boolean fill() throws IOException {
    while (position == limit) {
      byte[] prefix = in.readNBytes(4);
      if (prefix.length == 0) {
        return false;
      }
      int length = prefix.length < 4 ? -1 : BigEndian.getInt(prefix, 0);
      if (length == MAGIC_AS_LENGTH) {
        in.skipNBytes(HEADER_LENGTH - 4);
      } else {
        unpack(length);
      }
    }
    return true;
  }

  private void unpack(int length) throws IOException {
    // Makes room as the bytes come.
    byte[] packed = length < 0 ? new byte[0] : in.readNBytes(length);
    if (length <= 0 || packed.length < length) {
      throw new MalformedRecordException("packed piece of length=" + length);
    }
    int unpacked = Snappy.uncompressedLength(packed, 0, length);
    if (unpacked < 0 || unpacked > (long) TIGHTEST * length) {
      throw new MalformedRecordException("length=" + length + " unpacked=" + unpacked);
    }
    if (unpacked > piece.length) {
      piece = new byte[unpacked];
    }
    limit = Snappy.uncompress(packed, 0, length, piece, 0);
    position = 0;
  }
}
