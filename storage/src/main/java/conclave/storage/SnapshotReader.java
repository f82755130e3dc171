package conclave.storage;

import conclave.protocol.Acl;
import conclave.protocol.Id;
import conclave.protocol.MalformedRecordException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import org.xerial.snappy.SnappyInputStream;

/**
 * Reads a snapshot into a {@link Restorer}, and is content only when every checksum in it is right.
 */
final class SnapshotReader {
  private static final int MOST_ACL_ENTRIES = 1 << 20;

  private final CheckedInput in;

  private SnapshotReader(CheckedInput in) {
    this.in = in;
  }

  /**
   * Reads the whole file. On failure the restorer is left with a part of it.
   *
   * @throws MalformedRecordException when it is not a whole and undamaged snapshot
   * @throws IOException when it can't be read
   */
  static void read(DiskFile file, Compression compression, Restorer into, long zxid)
      throws IOException {
    CheckedInput in;
    try {
      in = new CheckedInput(unpack(DiskStreams.input(file), compression));
    } catch (IOException e) {
      throw new MalformedRecordException("can't unpack it: " + e.getMessage());
    }
    into.begin(zxid);
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
      case SNAPPY -> new SnappyInputStream(packed);
    };
  }

  private void readAll(Restorer into) throws IOException {
    int magic = in.readInt();
    int version = in.readInt();
    in.readLong();
    if (magic != SnapshotFormat.MAGIC || version != SnapshotFormat.VERSION) {
      throw new MalformedRecordException("magic=" + magic + " version=" + version);
    }
    readSessions(into);
    readAcls(into);
    readNodes(into);
    readSeal();
    SnapshotDigest digest = readTrailers();
    if (!in.atEnd()) {
      throw new MalformedRecordException("something follows the last seal");
    }
    into.end(digest);
  }

  private void readSessions(Restorer into) throws IOException {
    for (int left = readCount(); left > 0; left--) {
      long id = in.readLong();
      into.session(id, in.readInt());
    }
  }

  private void readAcls(Restorer into) throws IOException {
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

  private void readNodes(Restorer into) throws IOException {
    while (true) {
      String path = in.readString();
      if (path.equals(SnapshotFormat.END)) {
        return;
      }
      into.node(
          path,
          in.readBuffer(),
          in.readLong(),
          in.readLong(),
          in.readLong(),
          in.readLong(),
          in.readLong(),
          in.readInt(),
          in.readInt(),
          in.readInt(),
          in.readLong(),
          in.readLong());
    }
  }

  /**
   * Digest and last zxid, either of which may be missing. They are told apart by their lengths,
   * because the digest begins with a zxid too.
   */
  private @Nullable SnapshotDigest readTrailers() throws IOException {
    SnapshotDigest digest = null;
    if (!in.atEnd()) {
      long zxid = in.readLong();
      if (!in.isRemaining(SnapshotFormat.SEAL_LENGTH)) {
        digest = readDigest(zxid);
        readSeal();
        if (in.atEnd()) {
          return digest;
        }
        in.readLong();
      }
      readSeal();
    }
    return digest;
  }

  /** An empty one, as servers write that have none, counts as none. */
  private @Nullable SnapshotDigest readDigest(long zxid) throws IOException {
    int version = in.readInt();
    if (version >= SnapshotFormat.LONG_DIGEST_VERSION) {
      long digest = in.readLong();
      return zxid == 0 ? null : new SnapshotDigest(zxid, version, digest);
    }
    String hex = in.readString();
    try {
      return zxid == 0 ? null : new SnapshotDigest(zxid, version, Long.parseLong(hex, 16));
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
