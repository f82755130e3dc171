package conclave.server.config;

import conclave.server.config.ServerConfig.EnsembleServer;
import conclave.server.config.ServerConfig.Listener;
import conclave.server.config.ServerConfig.QuorumAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The lines that name servers, groups and weights, from the file itself or from the dynamic one
 * beside it.
 */
final class EnsembleLines {

  private static final String SERVER_FORM =
      "give host:quorumPort:electionPort[:participant|:observer][;[address:]clientPort], more addresses separated by |";

  final SortedMap<Long, EnsembleServer> servers = new TreeMap<>();
  final SortedMap<Long, Set<Long>> groups = new TreeMap<>();
  final SortedMap<Long, Long> weights = new TreeMap<>();

  /** A malformed part of a server line; it never leaves this class. */
  private static final class Malformed extends Exception {
    private static final long serialVersionUID = 1L;

    Malformed(String allowed) {
      super(allowed);
    }
  }

  static EnsembleLines read(Options options, boolean multiAddressEnabled) {
    EnsembleLines lines = new EnsembleLines();
    options
        .inFileStarting("server.")
        .forEach((id, line) -> lines.server(id, line, multiAddressEnabled));
    Map<Long, Long> groupOfServer = new HashMap<>();
    options.inFileStarting("group").forEach((id, line) -> lines.group(id, line, groupOfServer));
    options.inFileStarting("weight").forEach(lines::weight);
    lines.checkGroups(options, groupOfServer);
    return lines;
  }

  private void server(String idText, Setting line, boolean multiAddressEnabled) {
    Long id = number(idText);
    if (id == null) {
      line.refuse("write server.N with a number N");
      return;
    }
    try {
      servers.put(id, parseServer(id, line.text(""), multiAddressEnabled));
    } catch (Malformed e) {
      line.refuse(String.valueOf(e.getMessage()));
    }
  }

  private static EnsembleServer parseServer(long id, String text, boolean multiAddressEnabled)
      throws Malformed {
    List<String> halves = splitDroppingEmptyTail(text, ';');
    if (halves.isEmpty() || halves.size() > 2) {
      throw new Malformed(SERVER_FORM);
    }
    List<String> addressTexts = splitDroppingEmptyTail(halves.get(0), '|');
    if (addressTexts.size() > 1 && !multiAddressEnabled) {
      throw new Malformed("several addresses need multiAddress.enabled=true");
    }
    List<QuorumAddress> addresses = new ArrayList<>();
    Set<Boolean> observerRoles = new LinkedHashSet<>();
    for (String addressText : addressTexts) {
      List<String> parts = hostAndPorts(addressText);
      if (parts.size() < 3 || parts.size() > 4) {
        throw new Malformed(SERVER_FORM);
      }
      QuorumAddress address =
          new QuorumAddress(parts.get(0), port(parts.get(1)), port(parts.get(2)));
      if (address.quorumPort() == address.electionPort()) {
        throw new Malformed("the quorum port and the election port must differ");
      }
      addresses.add(address);
      if (parts.size() == 4) {
        observerRoles.add(isObserver(parts.get(3)));
      }
    }
    if (addresses.isEmpty()) {
      throw new Malformed(SERVER_FORM);
    }
    if (observerRoles.size() > 1) {
      throw new Malformed("all addresses of a server must have the same role");
    }
    Listener client = halves.size() == 2 ? clientAddress(halves.get(1)) : null;
    return new EnsembleServer(id, List.copyOf(addresses), observerRoles.contains(true), client);
  }

  private static Listener clientAddress(String text) throws Malformed {
    List<String> parts = hostAndPorts(text);
    if (parts.isEmpty() || parts.size() > 2) {
      throw new Malformed(SERVER_FORM);
    }
    int port = port(parts.get(parts.size() - 1));
    // Apache writes the absent address as 0.0.0.0, also when it prints the configuration.
    return new Listener(parts.size() == 2 ? parts.get(0) : "0.0.0.0", port);
  }

  /** Splits at colons, except those inside the brackets of an IPv6 address. */
  private static List<String> hostAndPorts(String text) throws Malformed {
    if (!text.startsWith("[")) {
      return splitDroppingEmptyTail(text, ':');
    }
    int end = text.indexOf(']');
    if (end < 0 || end + 1 < text.length() && text.charAt(end + 1) != ':') {
      throw new Malformed("an IPv6 address is written as [address]:port");
    }
    List<String> parts = new ArrayList<>();
    parts.add(text.substring(1, end));
    if (end + 2 < text.length()) {
      parts.addAll(splitDroppingEmptyTail(text.substring(end + 2), ':'));
    }
    return parts;
  }

  private static boolean isObserver(String role) throws Malformed {
    return switch (role.trim().toLowerCase(Locale.ROOT)) {
      case "observer" -> true;
      case "participant" -> false;
      default -> throw new Malformed("a role is participant or observer");
    };
  }

  private static int port(String text) throws Malformed {
    Long port = number(text);
    if (port == null || port < 0 || port > 65535) {
      throw new Malformed("a port is a number from 0 to 65535; " + SERVER_FORM);
    }
    return port.intValue();
  }

  private void group(String idText, Setting line, Map<Long, Long> groupOfServer) {
    Long group = idText.startsWith(".") ? number(idText.substring(1)) : null;
    if (group == null) {
      line.refuse("write group.N with a number N");
      return;
    }
    Set<Long> members = new LinkedHashSet<>();
    for (String part : splitDroppingEmptyTail(line.text(""), ':')) {
      Long member = number(part);
      if (member == null) {
        line.refuse("give the numbers of the group's servers, separated by colons");
        return;
      }
      Long other = groupOfServer.putIfAbsent(member, group);
      if (other != null) {
        line.refuse(
            "server " + member + " is in group " + other + " already; give a server one group");
        return;
      }
      members.add(member);
    }
    groups.put(group, Set.copyOf(members));
  }

  private void weight(String idText, Setting line) {
    Long server = idText.startsWith(".") ? number(idText.substring(1)) : null;
    if (server == null) {
      line.refuse("write weight.N with a server's number N");
      return;
    }
    weights.put(server, line.whole(1, 0, Long.MAX_VALUE));
  }

  private void checkGroups(Options options, Map<Long, Long> groupOfServer) {
    if (groups.isEmpty() && weights.isEmpty()) {
      return;
    }
    for (EnsembleServer server : servers.values()) {
      if (!server.observer() && !groupOfServer.containsKey(server.id())) {
        options.problem(
            "server."
                + server.id()
                + " is in no group; with group or weight lines every voter needs one");
      }
    }
  }

  private static @Nullable Long number(String text) {
    try {
      return Long.valueOf(text);
    } catch (NumberFormatException e) {
      return null;
    }
  }

  private static List<String> splitDroppingEmptyTail(String text, char separator) {
    List<String> parts =
        new ArrayList<>(
            Arrays.asList(
                text.split(java.util.regex.Pattern.quote(String.valueOf(separator)), -1)));
    while (!parts.isEmpty() && parts.get(parts.size() - 1).isEmpty()) {
      parts.remove(parts.size() - 1);
    }
    return parts;
  }
}
