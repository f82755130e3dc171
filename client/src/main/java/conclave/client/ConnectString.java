package conclave.client;

import conclave.protocol.Paths;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where to connect: {@code host:port,host:port/chroot}. A port that is left out is 2181; IPv6
 * addresses stand in brackets. {@code srv:NAME/chroot} asks DNS for the servers, as in {@code
 * srv:_zookeeper._tcp.example.org}.
 *
 * @param servers unresolved, since names are looked up anew at every round of attempts
 * @param srvName the name whose SRV records name the servers; null when they are named themselves
 * @param chroot the path that the client sees as its root; empty for none
 */
public record ConnectString(
    List<InetSocketAddress> servers, @Nullable String srvName, String chroot) {
  private static final int DEFAULT_PORT = 2181;
  private static final String SRV_PREFIX = "srv:";

  public ConnectString {
    servers = List.copyOf(servers);
  }

  /** Refuses what can't be read with an IllegalArgumentException that says why. */
  public static ConnectString parse(String text) {
    int slash = text.indexOf('/');
    String hosts = slash < 0 ? text : text.substring(0, slash);
    String chroot = slash < 0 ? "" : text.substring(slash);
    String problem = chroot.isEmpty() ? null : Paths.problem(chroot);
    if (problem != null) {
      throw new IllegalArgumentException("\"" + text + "\": " + problem);
    }
    String root = chroot.equals(Paths.ROOT) ? "" : chroot;
    if (hosts.startsWith(SRV_PREFIX)) {
      String name = hosts.substring(SRV_PREFIX.length());
      if (name.isEmpty()) {
        throw malformed(text);
      }
      return new ConnectString(List.of(), name, root);
    }
    List<InetSocketAddress> servers = new ArrayList<>();
    for (String server : hosts.split(",", -1)) {
      servers.add(parseServer(server.strip(), text));
    }
    return new ConnectString(servers, null, root);
  }

  private static InetSocketAddress parseServer(String server, String text) {
    int bracket = server.lastIndexOf(']');
    int colon = server.lastIndexOf(':');
    boolean hasPort = colon > bracket && (bracket >= 0 || server.indexOf(':') == colon);
    String host = hasPort ? server.substring(0, colon) : server;
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    }
    if (host.isEmpty() || host.indexOf('[') >= 0 || host.indexOf(']') >= 0) {
      throw malformed(text);
    }
    return InetSocketAddress.createUnresolved(
        host, hasPort ? parsePort(server.substring(colon + 1), text) : DEFAULT_PORT);
  }

  private static int parsePort(String port, String text) {
    try {
      int number = Integer.parseInt(port);
      if (number > 0 && number <= 65_535) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Told below, with the whole text.
    }
    throw malformed(text);
  }

  private static IllegalArgumentException malformed(String text) {
    return new IllegalArgumentException(
        "\""
            + text
            + "\" does not say where to connect; it has the form host:port,host:port/chroot");
  }

  /** The server's path for a client's. */
  String toServer(String path) {
    if (chroot.isEmpty()) {
      return path;
    }
    return path.equals(Paths.ROOT) ? chroot : chroot + path;
  }

  /** The client's path for a server's; one from outside the chroot is left as it is. */
  String toClient(String path) {
    if (chroot.isEmpty() || !path.startsWith(chroot)) {
      return path;
    }
    String rest = path.substring(chroot.length());
    if (rest.isEmpty()) {
      return Paths.ROOT;
    }
    return rest.charAt(0) == '/' ? rest : path;
  }
}
