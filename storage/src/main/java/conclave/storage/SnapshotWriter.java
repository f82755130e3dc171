package conclave.storage;

import conclave.protocol.JuteWriter;
import conclave.protocol.TxnDigest;
import conclave.state.SnapshotImage;
import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.locks.Lock;
import java.util.zip.Adler32;
import java.util.zip.GZIPOutputStream;
import org.xerial.snappy.SnappyOutputStream;

/** Writes a snapshot to a stream, piece by piece. */
final class SnapshotWriter {
  /** How much of the state is taken at once, while the state's writer has to wait. */
  private static final int PIECE_BYTES = 64 << 10;

  private final OutputStream out;
  private final Adler32 adler = new Adler32();

  /** Grows up to a piece; most trees of tests and of small services never need that much. */
  private final JuteWriter piece = new JuteWriter(4 << 10);

  private SnapshotWriter(OutputStream out) {
    this.out = out;
  }

  /**
   * Writes the whole of {@code image}, and closes {@code to} in the way of streams.
   *
   * @param shared held while the image is read, never while something is written
   */
  static void write(SnapshotImage image, Lock shared, StorageOptions options, OutputStream to)
      throws IOException {
    try (OutputStream packed = pack(to, options.compression())) {
      new SnapshotWriter(packed).writeAll(image, shared, options);
    }
  }

  private static OutputStream pack(OutputStream to, Compression compression) throws IOException {
    return switch (compression) {
      case NONE -> to;
      case GZIP -> new GZIPOutputStream(to, 64 << 10);
      case SNAPPY -> new SnappyOutputStream(to);
    };
  }

  private void writeAll(SnapshotImage image, Lock shared, StorageOptions options)
      throws IOException {
    piece.writeInt(SnapshotFormat.MAGIC);
    piece.writeInt(SnapshotFormat.VERSION);
    piece.writeLong(SnapshotFormat.DATABASE_ID);
    writeBody(image, shared);
    seal();
    if (options.writeDigest()) {
      piece.writeLong(image.zxid());
      piece.writeInt(TxnDigest.VERSION);
      piece.writeLong(image.digest());
      seal();
    }
    if (options.writeLastZxid()) {
      piece.writeLong(image.zxid());
      seal();
    }
  }

  private void writeBody(SnapshotImage image, Lock shared) throws IOException {
    SnapshotBody body = new SnapshotBody(image);
    boolean more = true;
    while (more) {
      shared.lock();
      try {
        more = body.write(piece, PIECE_BYTES);
      } finally {
        shared.unlock();
      }
      flushPiece();
    }
  }

  private void seal() throws IOException {
    flushPiece();
    piece.writeLong(adler.getValue());
    piece.writeString(SnapshotFormat.END);
    flushPiece();
  }

  private void flushPiece() throws IOException {
    adler.update(piece.array(), 0, piece.length());
    out.write(piece.array(), 0, piece.length());
    piece.reset();
  }
}
