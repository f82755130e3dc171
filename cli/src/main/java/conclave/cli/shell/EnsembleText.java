package conclave.cli.shell;

import java.util.ArrayList;
import java.util.List;

/**
 * What stands in an ensemble's configuration: lines {@code server.N=…;host:port}, and a version.
 */
final class EnsembleText {
  private static final String SERVER = "server.";
  private static final String VERSION = "version=";

  private EnsembleText() {}

  /** The version, a blank, and where clients connect to, as zkCli's {@code config -c} has it. */
  static String connectString(String config) {
    String version = "";
    List<String> servers = new ArrayList<>();
    for (String line : config.lines().map(String::strip).toList()) {
      if (line.startsWith(VERSION)) {
        version = line.substring(VERSION.length());
      } else if (line.startsWith(SERVER) && line.indexOf(';') > 0) {
        servers.add(clientAddress(line));
      }
    }
    return version + " " + String.join(",", servers);
  }

  /** What stands behind the semicolon; a port alone is on all of the server's addresses. */
  private static String clientAddress(String line) {
    String address = line.substring(line.indexOf(';') + 1);
    return address.indexOf(':') < 0 ? "0.0.0.0:" + address : address;
  }

  /** The server lines of a dynamic configuration file, as a request has them. */
  static String members(String file) {
    List<String> servers =
        file.lines().map(String::strip).filter(line -> line.startsWith(SERVER)).toList();
    return String.join(",", servers);
  }
}
