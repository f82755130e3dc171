package conclave.storage;

import conclave.protocol.Acl;
import conclave.protocol.LoggedTxn;
import conclave.protocol.MalformedRecordException;
import conclave.protocol.Txn;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A state that remembers what it was given: all that storage has to bring back. */
final class TestState implements Restorer {
  record Node(
      String path,
      List<Byte> data,
      long aclIndex,
      long czxid,
      long mzxid,
      long ctimeMs,
      long mtimeMs,
      int version,
      int cversion,
      int aversion,
      long ephemeralOwner,
      long pzxid) {}

  final Map<Long, Integer> sessions = new TreeMap<>();
  final Map<Long, List<Acl>> acls = new TreeMap<>();
  final Map<String, Node> nodes = new TreeMap<>();
  final List<LoggedTxn> replayed = new ArrayList<>();
  long zxid;
  @Nullable SnapshotDigest digest;

  @Override
  public void begin(long snapshotZxid) {
    sessions.clear();
    acls.clear();
    nodes.clear();
    replayed.clear();
    zxid = snapshotZxid;
    digest = null;
  }

  @Override
  public void session(long id, int timeoutMs) {
    sessions.put(id, timeoutMs);
  }

  @Override
  public void acl(long index, List<Acl> acl) {
    acls.put(index, acl);
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
    if (path.isEmpty() ? !nodes.isEmpty() : !nodes.containsKey(parent(path))) {
      throw new MalformedRecordException("no parent of " + path);
    }
    nodes.put(
        path,
        new Node(
            path,
            bytes(data),
            aclIndex,
            czxid,
            mzxid,
            ctimeMs,
            mtimeMs,
            version,
            cversion,
            aversion,
            ephemeralOwner,
            pzxid));
  }

  private static String parent(String path) {
    return path.substring(0, path.lastIndexOf('/'));
  }

  static List<Byte> bytes(byte @Nullable [] data) {
    if (data == null) {
      return List.of();
    }
    List<Byte> list = new ArrayList<>();
    for (byte b : data) {
      list.add(b);
    }
    return list;
  }

  @Override
  public void end(@Nullable SnapshotDigest snapshotDigest) {
    digest = snapshotDigest;
  }

  /**
   * Keeps the transaction and, of creates, a znode, so that a snapshot of this state has content.
   */
  @Override
  public void replay(LoggedTxn txn) {
    replayed.add(txn);
    zxid = txn.zxid();
    if (txn.txn() instanceof Txn.CreateNode create) {
      put(create.path(), create.data(), txn.zxid(), txn.header().timeMs());
    }
  }

  void put(String path, byte @Nullable [] data, long at, long timeMs) {
    nodes.put(path, new Node(path, bytes(data), -1, at, at, timeMs, timeMs, 0, 0, 0, 0, at));
  }

  @Override
  public SnapshotSource fresh() {
    begin(0);
    put("", null, 0, 0);
    return image();
  }

  /** What this state is now. */
  SnapshotSource image() {
    Iterator<Node> left = List.copyOf(nodes.values()).iterator();
    long imageZxid = zxid;
    SnapshotDigest imageDigest = new SnapshotDigest(zxid, 2, 31L * zxid);
    Map<Long, Integer> imageSessions = Map.copyOf(sessions);
    Map<Long, List<Acl>> imageAcls = Map.copyOf(acls);
    return new SnapshotSource() {
      @Override
      public long zxid() {
        return imageZxid;
      }

      @Override
      public SnapshotDigest digest() {
        return imageDigest;
      }

      @Override
      public Map<Long, Integer> sessions() {
        return imageSessions;
      }

      @Override
      public Map<Long, List<Acl>> acls() {
        return imageAcls;
      }

      @Override
      public boolean next(NodeSink sink, int maxNodes) {
        for (int i = 0; i < maxNodes && left.hasNext(); i++) {
          Node n = left.next();
          byte[] data = new byte[n.data().size()];
          for (int b = 0; b < data.length; b++) {
            data[b] = n.data().get(b);
          }
          sink.node(
              n.path(),
              data,
              n.aclIndex(),
              n.czxid(),
              n.mzxid(),
              n.ctimeMs(),
              n.mtimeMs(),
              n.version(),
              n.cversion(),
              n.aversion(),
              n.ephemeralOwner(),
              n.pzxid());
        }
        return left.hasNext();
      }
    };
  }

  static boolean same(LoggedTxn a, LoggedTxn b) {
    conclave.protocol.JuteWriter left = new conclave.protocol.JuteWriter();
    conclave.protocol.JuteWriter right = new conclave.protocol.JuteWriter();
    a.write(left);
    b.write(right);
    return Arrays.equals(left.toByteArray(), right.toByteArray());
  }
}
