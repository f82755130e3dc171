package conclave.server.loop;

import conclave.protocol.Acl;
import conclave.protocol.TxnDigest;
import conclave.state.SnapshotImage;
import conclave.state.StoredStat;
import conclave.storage.NodeSink;
import conclave.storage.SnapshotDigest;
import conclave.storage.SnapshotSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An image of the tree as storage wants it: read piece by piece under the shared lock, handed on
 * without it, so that the disk never keeps the writer waiting.
 */
final class ImageSource implements SnapshotSource {
  private final SnapshotImage image;
  private final SharedTree tree;
  private final @Nullable SnapshotDigest digest;

  /** What was read under the lock and is not handed on yet. */
  private final List<Node> piece = new ArrayList<>();

  private record Node(String path, byte @Nullable [] data, long acl, StoredStat stat) {}

  ImageSource(SnapshotImage image, SharedTree tree, boolean digested) {
    this.image = image;
    this.tree = tree;
    this.digest =
        digested ? new SnapshotDigest(image.zxid(), TxnDigest.VERSION, image.digest()) : null;
  }

  @Override
  public long zxid() {
    return image.zxid();
  }

  @Override
  public @Nullable SnapshotDigest digest() {
    return digest;
  }

  @Override
  public Map<Long, Integer> sessions() {
    return image.sessions();
  }

  @Override
  public Map<Long, List<Acl>> acls() {
    return image.acls();
  }

  @Override
  public boolean next(NodeSink sink, int maxNodes) {
    boolean more =
        tree.shared(
            () ->
                image.next(
                    node -> piece.add(new Node(node.path(), node.data(), node.acl(), node.stat())),
                    maxNodes));
    for (Node node : piece) {
      StoredStat stat = node.stat();
      sink.node(
          node.path(),
          node.data(),
          node.acl(),
          stat.czxid(),
          stat.mzxid(),
          stat.ctimeMs(),
          stat.mtimeMs(),
          stat.version(),
          stat.cversion(),
          stat.aversion(),
          stat.ephemeralOwner(),
          stat.pzxid());
    }
    piece.clear();
    return more;
  }
}
