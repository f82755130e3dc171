package conclave.storage;

import conclave.protocol.Acl;
import conclave.protocol.BigEndian;
import conclave.protocol.MalformedRecordException;
import conclave.state.SnapshotImage;
import conclave.state.StoredStat;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One snapshot's file for reading, packed or not, for whoever looks at files without running a
 * server. How it is packed is seen from its first bytes, so it may have any name.
 */
public final class SnapshotFile {
  private final Disk disk;
  private final Path path;
  private final Compression compression;

  private SnapshotFile(Disk disk, Path path, Compression compression) {
    this.disk = disk;
    this.path = path;
    this.compression = compression;
  }

  /** Is told what is in a snapshot, in the file's order. */
  public interface Visitor {
    default void session(long id, int timeoutMs) {}

    /**
     * A znode; its parent came before it. The root's path is {@code /}.
     *
     * @param acl empty where the snapshot lacks it
     */
    void node(String path, byte @Nullable [] data, List<Acl> acl, StoredStat stat);

    /** The digest of the tree after the transaction {@code zxid}, where the snapshot has one. */
    default void digest(long zxid, int version, long digest) {}
  }

  /**
   * Looks at a file's beginning.
   *
   * @throws DamagedException when it does not begin as a snapshot does
   * @throws IOException when it can't be read
   */
  public static SnapshotFile open(Disk disk, Path path) throws IOException {
    if (!disk.exists(path)) {
      throw new NoSuchFileException(path.toString());
    }
    byte[] first = new byte[4];
    try (DiskFile file = disk.openForRead(path)) {
      Reads.fully(file, first, 0, first.length, 0);
    }
    Compression compression = compressionOf(first);
    if (compression == null) {
      throw new DamagedException(
          path, 0, "it does not begin as a snapshot does (\"ZKSN\", or packed by gzip or snappy)");
    }
    return new SnapshotFile(disk, path, compression);
  }

  private static @Nullable Compression compressionOf(byte[] first) {
    int magic = BigEndian.getInt(first, 0);
    if (magic == SnapshotFormat.MAGIC) {
      return Compression.NONE;
    }
    if (magic >>> 16 == 0x1f8b) {
      return Compression.GZIP;
    }
    return magic == 0x82534e41 ? Compression.SNAPPY : null;
  }

  public Compression compression() {
    return compression;
  }

  /** The zxid that the file's name gives, &minus;1 where it is not a snapshot's name. */
  public static long zxidInName(Path path) {
    Path name = path.getFileName();
    FileNames.SnapshotName snapshot = name == null ? null : FileNames.snapshotOf(name.toString());
    return snapshot == null ? -1 : snapshot.zxid();
  }

  /**
   * Reads the whole file, and holds it against its checksums.
   *
   * @throws DamagedException when it is not a whole snapshot; the visitor was told of a part then
   * @throws IOException when it can't be read
   */
  public void read(Visitor visitor) throws IOException {
    try (DiskFile file = disk.openForRead(path)) {
      SnapshotReader.read(file, compression, new Target(visitor));
    } catch (MalformedRecordException e) {
      throw new DamagedException(path, String.valueOf(e.getMessage()));
    }
  }

  /** Takes znodes apart. */
  private static final class Target implements SnapshotTarget {
    private static final byte[] END = {0, 0, 0, 1, '/'};

    private final Visitor visitor;
    private final Map<Long, List<Acl>> acls = new HashMap<>();
    private boolean ended;

    Target(Visitor visitor) {
      this.visitor = visitor;
      acls.put(SnapshotImage.OPEN_ACL, Acl.OPEN);
    }

    @Override
    public void session(long id, int timeoutMs) {
      visitor.session(id, timeoutMs);
    }

    @Override
    public void acl(long number, List<Acl> acl) {
      acls.put(number, acl);
    }

    @Override
    public int nodes(byte[] bytes, int from, int to) {
      int at = from;
      while (!ended && to - at >= END.length) {
        if (Arrays.equals(bytes, at, at + END.length, END, 0, END.length)) {
          ended = true;
          return at + END.length;
        }
        int next = node(bytes, at, to);
        if (next < 0) {
          return at;
        }
        at = next;
      }
      return at;
    }

    /**
     * Tells of the znode at {@code at} and returns what follows it; &minus;1 when it isn't whole.
     */
    private int node(byte[] bytes, int at, int to) {
      long dataAt = SnapshotCheck.skip(bytes, at, to, 0);
      long aclAt = dataAt < 0 ? -1 : SnapshotCheck.skip(bytes, (int) dataAt, to, -1);
      if (aclAt < 0 || to - aclAt < 8 + StoredStat.LENGTH) {
        return -1;
      }
      String stored = new String(bytes, at + 4, (int) dataAt - at - 4, StandardCharsets.UTF_8);
      int dataLength = BigEndian.getInt(bytes, (int) dataAt);
      byte[] data =
          dataLength < 0
              ? null
              : Arrays.copyOfRange(bytes, (int) dataAt + 4, (int) dataAt + 4 + dataLength);
      List<Acl> acl = acls.getOrDefault(BigEndian.getLong(bytes, (int) aclAt), List.of());
      StoredStat stat = StoredStat.read(bytes, (int) aclAt + 8);
      visitor.node(stored.isEmpty() ? "/" : stored, data, acl, stat);
      return (int) aclAt + 8 + StoredStat.LENGTH;
    }

    @Override
    public boolean ended() {
      return ended;
    }

    @Override
    public void digest(long zxid, int version, long digest) {
      visitor.digest(zxid, version, digest);
    }
  }
}
