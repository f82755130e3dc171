package conclave.storage;

import conclave.protocol.Acl;
import conclave.protocol.Id;
import conclave.protocol.JuteWriter;
import conclave.protocol.LoggedTxn;
import conclave.state.StoredStat;
import conclave.storage.Workload.Node;
import conclave.storage.Workload.Picture;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.data.StatPersisted;
import org.apache.zookeeper.server.DataNode;
import org.apache.zookeeper.server.DataTree;
import org.apache.zookeeper.server.Request;
import org.apache.zookeeper.server.TxnLogEntry;
import org.apache.zookeeper.server.persistence.FileTxnSnapLog;
import org.apache.zookeeper.server.persistence.SnapStream;
import org.apache.zookeeper.server.util.SerializeUtils;

/** The storage of an Apache server, by Apache's own classes. */
final class Apache implements AutoCloseable {
  private final FileTxnSnapLog files;
  final DataTree tree = new DataTree();
  final ConcurrentHashMap<Long, Integer> sessions = new ConcurrentHashMap<>();
  int replayed;

  /** What a server does first: it reads what is there. */
  Apache(Path dataDir, Path dataLogDir) throws IOException {
    files = new FileTxnSnapLog(dataLogDir.toFile(), dataDir.toFile());
    files.restore(tree, sessions, (header, txn, digest) -> replayed++);
  }

  static void compression(Compression compression) {
    SnapStream.setStreamMode(SnapStream.StreamMode.fromString(compression.method()));
  }

  void append(LoggedTxn txn) throws IOException {
    TxnLogEntry entry = entry(txn);
    files.append(new Request(entry.getHeader(), entry.getTxn(), entry.getDigest()));
  }

  void commit() throws IOException {
    files.commit();
  }

  void roll() throws IOException {
    files.rollLog();
  }

  void apply(LoggedTxn txn) throws IOException {
    TxnLogEntry entry = entry(txn);
    try {
      files.processTransaction(entry.getHeader(), tree, sessions, entry.getTxn());
    } catch (KeeperException.NoNodeException e) {
      throw new AssertionError(e);
    }
  }

  private static TxnLogEntry entry(LoggedTxn txn) throws IOException {
    JuteWriter out = new JuteWriter();
    txn.write(out);
    return SerializeUtils.deserializeTxn(out.toByteArray());
  }

  void snapshot() throws IOException {
    files.save(tree, sessions, true);
  }

  /** Writes the tree as it is now under an older zxid, as a slow snapshot under load comes out. */
  void fuzzySnapshot(long zxid) throws IOException {
    long now = tree.lastProcessedZxid;
    tree.lastProcessedZxid = zxid;
    files.save(tree, sessions, true);
    tree.lastProcessedZxid = now;
  }

  Picture picture() {
    return picture(tree, sessions);
  }

  static Picture picture(DataTree tree, Map<Long, Integer> sessions) {
    Map<String, Node> nodes = new TreeMap<>();
    add(tree, "", nodes);
    return new Picture(nodes, new TreeMap<>(sessions), tree.getTreeDigest());
  }

  private static void add(DataTree tree, String path, Map<String, Node> nodes) {
    DataNode node = tree.getNode(path);
    StatPersisted s = node.stat;
    byte[] data;
    try {
      data = tree.getData(path.isEmpty() ? "/" : path, new org.apache.zookeeper.data.Stat(), null);
    } catch (KeeperException e) {
      throw new AssertionError(path, e);
    }
    List<Acl> acl = new ArrayList<>();
    tree.getACL(node)
        .forEach(
            a -> acl.add(new Acl(a.getPerms(), new Id(a.getId().getScheme(), a.getId().getId()))));
    StoredStat stat =
        new StoredStat(
            s.getCzxid(),
            s.getMzxid(),
            s.getCtime(),
            s.getMtime(),
            s.getVersion(),
            s.getCversion(),
            s.getAversion(),
            s.getEphemeralOwner(),
            s.getPzxid());
    nodes.put(path, new Node(Arrays.toString(data), acl, stat));
    for (String child : node.getChildren()) {
      add(tree, path + "/" + child, nodes);
    }
  }

  @Override
  public void close() throws IOException {
    files.close();
  }
}
