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
    JuteReader data = wire.ok(Requests.getData(path, false)).read();
    byte[] bytes = data.buffer();
    Stat stat = data.stat();
    List<Acl> acl = wire.ok(Requests.getAcl(path)).read().acls();
    nodes.put(path, (bytes == null ? "null" : new String(bytes, UTF_8)) + " " + stat + " " + acl);
    for (String child : wire.ok(Requests.getChildren(path, false)).read().strings()) {
      add(wire, (path.equals("/") ? "" : path) + "/" + child, nodes);
    }
  }
}
