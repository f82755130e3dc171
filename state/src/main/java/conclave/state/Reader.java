package conclave.state;

import conclave.protocol.Acl;
import conclave.protocol.ErrorCode;
import conclave.protocol.Id;
import conclave.protocol.JuteWriter;
import conclave.protocol.MultiHeader;
import conclave.protocol.OpCode;
import conclave.protocol.Request;
import java.util.ArrayList;
import java.util.List;

/**
 * Answers reads, straight from the tree into the reply. Holds nothing of its own, so any number of
 * threads may be in it.
 */
final class Reader {
  private static final String NUL = "\0";

  private final StateConfig config;
  private final Tree tree;
  private final Stats stats;

  Reader(StateConfig config, Tree tree) {
    this.config = config;
    this.tree = tree;
    this.stats = new Stats(tree);
  }

  ErrorCode read(Request request, Caller caller, JuteWriter out) {
    if (request instanceof Request.Unreadable) {
      return ErrorCode.MARSHALLING_ERROR;
    }
    return switch (request.op()) {
      case EXISTS -> exists(((Request.Exists) request).path(), caller, out);
      case GET_DATA -> getData(((Request.GetData) request).path(), caller, out);
      case GET_CHILDREN -> getChildren(((Request.GetChildren) request).path(), false, caller, out);
      case GET_CHILDREN2 -> getChildren(((Request.GetChildren) request).path(), true, caller, out);
      case GET_ACL -> getAcl(((Request.GetAcl) request).path(), caller, out);
      case GET_ALL_CHILDREN_NUMBER ->
          getAllChildrenNumber(((Request.GetAllChildrenNumber) request).path(), caller, out);
      case GET_EPHEMERALS -> getEphemerals(((Request.GetEphemerals) request).prefix(), caller, out);
      case MULTI_READ -> multiRead((Request.MultiRead) request, caller, out);
      default -> throw new IllegalArgumentException("not a read of the tree: " + request);
    };
  }

  private ErrorCode exists(String path, Caller caller, JuteWriter out) {
    if (path.contains(NUL)) {
      return ErrorCode.BAD_ARGUMENTS;
    }
    Znode node = tree.find(path);
    if (node == null) {
      return ErrorCode.NO_NODE;
    }
    if (!permits(node, Acl.READ, caller)) {
      return ErrorCode.NO_AUTH;
    }
    stats.write(node, node.content, out);
    return ErrorCode.OK;
  }

  private ErrorCode getData(String path, Caller caller, JuteWriter out) {
    Znode node = tree.find(path);
    if (node == null) {
      return ErrorCode.NO_NODE;
    }
    if (!permits(node, Acl.READ, caller)) {
      return ErrorCode.NO_AUTH;
    }
    byte[] content = node.content;
    int length = Content.dataLength(content);
    if (length < 0) {
      out.writeInt(-1);
    } else {
      out.writeBuffer(content, Content.dataStart(content), length);
    }
    stats.write(node, content, out);
    return ErrorCode.OK;
  }

  private ErrorCode getChildren(String path, boolean withStat, Caller caller, JuteWriter out) {
    Znode node = tree.find(path);
    if (node == null) {
      return ErrorCode.NO_NODE;
    }
    if (!permits(node, Acl.READ, caller)) {
      return ErrorCode.NO_AUTH;
    }
    int countAt = out.length();
    out.writeInt(0);
    int count = 0;
    Branch branch = node.branch;
    if (branch != null) {
      for (Znode child : branch.slots()) {
        if (child != null) {
          byte[] content = child.content;
          out.writeBuffer(content, Content.nameStart(content), Content.nameLength(content));
          count++;
        }
      }
    }
    out.putInt(countAt, count);
    if (withStat) {
      stats.write(node, node.content, out);
    }
    return ErrorCode.OK;
  }

  private ErrorCode getAcl(String path, Caller caller, JuteWriter out) {
    Znode node = tree.find(path);
    if (node == null) {
      return ErrorCode.NO_NODE;
    }
    if (!permits(node, Acl.READ | Acl.ADMIN, caller)) {
      return ErrorCode.NO_AUTH;
    }
    List<Acl> acl = tree.acl(node);
    Acl.writeList(out, permits(node, Acl.ADMIN, caller) ? acl : masked(acl));
    stats.write(node, node.content, out);
    return ErrorCode.OK;
  }

  /** Whoever may not change the list doesn't see the hashes of its passwords. */
  private static List<Acl> masked(List<Acl> acl) {
    List<Acl> masked = new ArrayList<>(acl.size());
    for (Acl entry : acl) {
      Id id = entry.id();
      int colon = id.id().indexOf(':');
      masked.add(
          id.scheme().equals("digest") && colon >= 0
              ? new Acl(entry.perms(), new Id(id.scheme(), id.id().substring(0, colon) + ":x"))
              : entry);
    }
    return masked;
  }

  private ErrorCode getAllChildrenNumber(String path, Caller caller, JuteWriter out) {
    Znode node = tree.find(path);
    if (node == null) {
      return ErrorCode.NO_NODE;
    }
    if (!permits(node, Acl.READ, caller)) {
      return ErrorCode.NO_AUTH;
    }
    out.writeInt(node.descendants());
    return ErrorCode.OK;
  }

  private ErrorCode getEphemerals(String prefix, Caller caller, JuteWriter out) {
    String wanted = prefix.isBlank() || prefix.strip().equals("/") ? "" : prefix;
    int countAt = out.length();
    out.writeInt(0);
    int count = 0;
    ZnodeSet owned = tree.ephemeralsOf(caller.sessionId());
    if (owned != null) {
      for (Znode node : owned.toArray()) {
        String path = node.path();
        if (path.startsWith(wanted)) {
          out.writeString(path);
          count++;
        }
      }
    }
    out.putInt(countAt, count);
    return ErrorCode.OK;
  }

  private ErrorCode multiRead(Request.MultiRead request, Caller caller, JuteWriter out) {
    for (Request op : request.ops()) {
      if (op.op() != OpCode.GET_DATA && op.op() != OpCode.GET_CHILDREN) {
        return ErrorCode.MARSHALLING_ERROR;
      }
    }
    for (Request op : request.ops()) {
      int start = out.length();
      MultiHeader.write(out, op.op().code(), false, 0);
      ErrorCode error = read(op, caller, out);
      if (error != ErrorCode.OK) {
        out.truncate(start);
        MultiHeader.write(out, OpCode.ERROR.code(), false, error.code());
        out.writeInt(error.code());
      }
    }
    MultiHeader.writeEnd(out);
    return ErrorCode.OK;
  }

  private boolean permits(Znode node, int perm, Caller caller) {
    return config.skipAcl()
        || node.acl() == AclTable.OPEN
        || AclRules.permits(tree.acl(node), perm, caller.ids(), config.authSchemes());
  }
}
