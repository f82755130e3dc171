package conclave.storage;

import conclave.protocol.Acl;
import conclave.protocol.Id;
import conclave.protocol.MalformedRecordException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;

/**
 * Reads a snapshot into a {@link SnapshotTarget}, and is content only when every checksum in it is
 * right.
 */
final class SnapshotReader {
  private static final int MOST_ACL_ENTRIES = 1 << 20;

  private final CheckedInput in;

  private SnapshotReader(CheckedInput in) {
    this.in = in;
  }

  /**
   * Reads the whole file. On failure the target is left with a part of it.
   *
   * @throws MalformedRecordException when it is not a whole and undamaged snapshot
   * @throws IOException when it can't be read
   */
  static void read(DiskFile file, Compression compression, SnapshotTarget into) throws IOException {
    CheckedInput in;
    try {
      long expected = compression == Compression.NONE ? file.size() + 1 : Long.MAX_VALUE;
      in = new CheckedInput(unpack(DiskStreams.input(file), compression), expected);
    } catch (IOException e) {
      throw new MalformedRecordException("can't unpack it: " + e.getMessage());
    }
    try {
      new SnapshotReader(in).readAll(into);
    } catch (MalformedRecordException e) {
      throw new MalformedRecordException("at offset " + in.offset() + ": " + e.getMessage());
    }
  }

  private static InputStream unpack(InputStream packed, Compression compression)
      throws IOException {
    return switch (compression) {
      case NONE -> packed;
      case GZIP -> new GZIPInputStream(packed, 64 << 10);
      case SNAPPY -> new SnappyChunks(packed);
    };
  }

  private void readAll(SnapshotTarget into) throws IOException {
    int magic = in.readInt();
    int version = in.readInt();
    in.readLong();
    if (magic != SnapshotFormat.MAGIC || version != SnapshotFormat.VERSION) {
      throw new MalformedRecordException("magic=" + magic + " version=" + version);
    }
    readSessions(into);
    readAcls(into);
    while (!into.ended()) {
      in.give(into::nodes);
    }
    readSeal();
    readTrailers(into);
    if (!in.atEnd()) {
      throw new MalformedRecordException("something follows the last seal");
    }
  }

  private void readSessions(SnapshotTarget into) throws IOException {
    for (int left = readCount(); left > 0; left--) {
      long id = in.readLong();
      into.session(id, in.readInt());
    }
  }

  private void readAcls(SnapshotTarget into) throws IOException {
    for (int left = readCount(); left > 0; left--) {
      long index = in.readLong();
      into.acl(index, readAcl());
    }
  }

  private List<Acl> readAcl() throws IOException {
    int count = readCount();
    if (count > MOST_ACL_ENTRIES) {
      throw new MalformedRecordException("ACL of count=" + count);
    }
    List<Acl> acl = new ArrayList<>(Math.min(count, 16));
    for (int i = 0; i < count; i++) {
      int perms = in.readInt();
      String scheme = in.readString();
      acl.add(new Acl(perms, new Id(scheme, in.readString())));
    }
    return acl;
  }

  /**
   * Digest and last zxid, either of which may be missing. They are told apart by their lengths,
   * because the digest begins with a zxid too.
   */
  private void readTrailers(SnapshotTarget into) throws IOException {
    if (in.atEnd()) {
      return;
    }
    long zxid = in.readLong();
    if (!in.isRemaining(SnapshotFormat.SEAL_LENGTH)) {
      readDigest(zxid, into);
      readSeal();
      if (in.atEnd()) {
        return;
      }
      zxid = in.readLong();
    }
    readSeal();
    into.lastZxid(zxid);
  }

  /** An empty one, as servers write that have none, counts as none. */
  private void readDigest(long zxid, SnapshotTarget into) throws IOException {
    int version = in.readInt();
    long digest =
        version >= SnapshotFormat.LONG_DIGEST_VERSION ? in.readLong() : parse(in.readString());
    if (zxid != 0) {
      into.digest(zxid, version, digest);
    }
  }

  private static long parse(String hex) {
    try {
      return Long.parseLong(hex, 16);
    } catch (NumberFormatException e) {
      throw new MalformedRecordException("digest=" + hex);
    }
  }

  private void readSeal() throws IOException {
    long computed = in.checksum();
    long written = in.readLong();
    String end = in.readString();
    if (computed != written || !end.equals(SnapshotFormat.END)) {
      throw new MalformedRecordException(
          "wrong checksum: computed=" + computed + " written=" + written);
    }
  }

  private int readCount() throws IOException {
    int count = in.readInt();
    if (count < 0) {
      throw new MalformedRecordException("count=" + count);
    }
    return count;
  }
}
