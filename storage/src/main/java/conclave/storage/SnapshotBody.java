package conclave.storage;

import conclave.protocol.Acl;
import conclave.protocol.JuteWriter;
import conclave.state.SnapshotImage;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * What a snapshot's file and the stream behind a SNAP packet have in common, in pieces: the
 * sessions, the ACLs, the znodes, and the mark that ends them.
 */
final class SnapshotBody {
  /** A znode takes about as much at least; the time of a piece is bounded by how many are seen. */
  private static final int LEAST_NODE_BYTES = 64;

  private enum Part {
    SESSION_COUNT,
    SESSIONS,
    ACL_COUNT,
    ACLS,
    NODES,
    DONE
  }

  private final SnapshotImage image;
  private final Iterator<Map.Entry<Long, Integer>> sessions;
  private final Iterator<Map.Entry<Long, List<Acl>>> acls;
  private Part part = Part.SESSION_COUNT;

  SnapshotBody(SnapshotImage image) {
    this.image = image;
    this.sessions = image.sessions().entrySet().iterator();
    this.acls = image.acls().entrySet().iterator();
  }

  /**
   * Appends about so many bytes: the last item may take it further, and where znodes were changed
   * since the image was begun it may be less, or nothing at all.
   *
   * @return whether there is more
   */
  boolean write(JuteWriter out, int aboutBytes) {
    int enough = out.length() + aboutBytes;
    int mayLookAt = Math.max(1, aboutBytes / LEAST_NODE_BYTES);
    while (part != Part.DONE && out.length() < enough && mayLookAt > 0) {
      part = step(out);
      mayLookAt -= part == Part.NODES ? 1 : 0;
    }
    return part != Part.DONE;
  }

  /** Writes one item; returns the part that the next one is of. */
  private Part step(JuteWriter out) {
    switch (part) {
      case SESSION_COUNT -> {
        out.writeInt(image.sessions().size());
        return Part.SESSIONS;
      }
      case SESSIONS -> {
        if (!sessions.hasNext()) {
          return Part.ACL_COUNT;
        }
        Map.Entry<Long, Integer> session = sessions.next();
        out.writeLong(session.getKey());
        out.writeInt(session.getValue());
        return part;
      }
      case ACL_COUNT -> {
        out.writeInt(image.acls().size());
        return Part.ACLS;
      }
      case ACLS -> {
        if (!acls.hasNext()) {
          return Part.NODES;
        }
        Map.Entry<Long, List<Acl>> acl = acls.next();
        out.writeLong(acl.getKey());
        Acl.writeList(out, acl.getValue());
        return part;
      }
      case NODES -> {
        if (image.next(node -> node.write(out), 1)) {
          return part;
        }
        out.writeString(SnapshotFormat.END);
        return Part.DONE;
      }
      default -> throw new IllegalStateException("part=" + part);
    }
  }
}
