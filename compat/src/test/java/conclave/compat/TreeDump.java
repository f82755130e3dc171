package conclave.compat;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Everything that a client can see of a tree: for each path its data, ACL and whole Stat. */
final class TreeDump {
  private TreeDump() {}

  /** The connection should be the super user's, else closed nodes show their error only. */
  static Map<String, String> of(Wire wire) throws IOException {
    Map<String, String> nodes = new TreeMap<>();
    add(wire, "/", nodes);
    return nodes;
  }

  private static void add(Wire wire, String path, Map<String, String> nodes) throws IOException {
    wire.send(Requests.getData(path, false));
    wire.send(Requests.getAcl(path));
    wire.send(Requests.getChildren(path, false));
    JuteReader data = okReply(wire, path).read();
    byte[] bytes = data.buffer();
    Stat stat = data.stat();
    List<Acl> acl = okReply(wire, path).read().acls();
    List<String> children = okReply(wire, path).read().strings();
    nodes.put(path, (bytes == null ? "null" : new String(bytes, UTF_8)) + " " + stat + " " + acl);
    for (String child : children) {
      add(wire, (path.equals("/") ? "" : path) + "/" + child, nodes);
    }
  }

  private static Incoming.Reply okReply(Wire wire, String path) throws IOException {
    Incoming.Reply reply = wire.reply();
    if (reply.err() != 0) {
      throw new AssertionError(path + " got " + reply);
    }
    return reply;
  }
}
