package conclave.storage;

import conclave.protocol.Acl;
import conclave.protocol.JuteWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Map;
import java.util.zip.Adler32;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.xerial.snappy.SnappyOutputStream;

/** Writes a snapshot to a stream, piece by piece. */
final class SnapshotWriter implements NodeSink {
  /** How much of the state is taken at once. */
  private static final int PIECE_BYTES = 256 << 10;

  private static final int FIRST_NODES = 64;
  private static final int MOST_NODES = 4096;

  private final OutputStream out;
  private final Adler32 adler = new Adler32();
  private final JuteWriter piece = new JuteWriter(2 * PIECE_BYTES);
  private int nodesInPiece;

  private SnapshotWriter(OutputStream out) {
    this.out = out;
  }

  /** Writes the whole of {@code source}; the stream is flushed as far as its packing allows. */
  static void write(
      SnapshotSource source, Compression compression, boolean writeLastZxid, OutputStream to)
      throws IOException {
    try (OutputStream packed = pack(to, compression)) {
      new SnapshotWriter(packed).writeAll(source, writeLastZxid);
    }
  }

  private static OutputStream pack(OutputStream to, Compression compression) throws IOException {
    return switch (compression) {
      case NONE -> to;
      case GZIP -> new GZIPOutputStream(to, 64 << 10);
      case SNAPPY -> new SnappyOutputStream(to);
    };
  }

  private void writeAll(SnapshotSource source, boolean writeLastZxid) throws IOException {
    piece.writeInt(SnapshotFormat.MAGIC);
    piece.writeInt(SnapshotFormat.VERSION);
    piece.writeLong(SnapshotFormat.DATABASE_ID);
    writeSessions(source.sessions());
    writeAcls(source.acls());
    flushPiece();
    writeNodes(source);
    piece.writeString(SnapshotFormat.END);
    seal();
    writeDigest(source.digest());
    if (writeLastZxid) {
      piece.writeLong(source.zxid());
      seal();
    }
  }

  private void writeSessions(Map<Long, Integer> sessions) {
    piece.writeInt(sessions.size());
    sessions.forEach(
        (id, timeoutMs) -> {
          piece.writeLong(id);
          piece.writeInt(timeoutMs);
        });
  }

  private void writeAcls(Map<Long, List<Acl>> acls) {
    piece.writeInt(acls.size());
    acls.forEach(
        (index, acl) -> {
          piece.writeLong(index);
          Acl.writeList(piece, acl);
        });
  }

  private void writeNodes(SnapshotSource source) throws IOException {
    int maxNodes = FIRST_NODES;
    boolean more = true;
    while (more) {
      nodesInPiece = 0;
      more = source.next(this, maxNodes);
      maxNodes = nodesFor(piece.length());
      flushPiece();
    }
  }

  /** How many znodes like those of the last piece make a piece of the right size. */
  private int nodesFor(int bytes) {
    long perNode = Math.max(1, bytes / Math.max(1, nodesInPiece));
    return (int) Math.max(1, Math.min(MOST_NODES, PIECE_BYTES / perNode));
  }

  @Override
  public void node(
      String path,
      byte @Nullable [] data,
      long aclIndex,
      long czxid,
      long mzxid,
      long ctimeMs,
      long mtimeMs,
      int version,
      int cversion,
      int aversion,
      long ephemeralOwner,
      long pzxid) {
    nodesInPiece++;
    piece.writeString(path);
    piece.writeBuffer(data);
    piece.writeLong(aclIndex);
    piece.writeLong(czxid);
    piece.writeLong(mzxid);
    piece.writeLong(ctimeMs);
    piece.writeLong(mtimeMs);
    piece.writeInt(version);
    piece.writeInt(cversion);
    piece.writeInt(aversion);
    piece.writeLong(ephemeralOwner);
    piece.writeLong(pzxid);
  }

  private void writeDigest(@Nullable SnapshotDigest digest) throws IOException {
    if (digest != null) {
      piece.writeLong(digest.zxid());
      piece.writeInt(digest.version());
      piece.writeLong(digest.digest());
      seal();
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
