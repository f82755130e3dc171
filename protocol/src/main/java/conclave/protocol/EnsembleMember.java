package conclave.protocol;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A server of an ensemble, as its line in the configuration says.
 *
 * @param addresses one, or several where that is enabled
 * @param client where its clients connect; null when the configuration doesn't say
 */
public record EnsembleMember(
    long serverId, List<Address> addresses, boolean observer, @Nullable HostPort client) {

  public EnsembleMember {
    addresses = List.copyOf(addresses);
  }

  /** Where a server's two ports between servers are. */
  public record Address(String host, int quorumPort, int electionPort) {}

  /**
   * The value of its line, as Apache prints it: addresses in the order of their hosts, the role
   * always there.
   */
  String text() {
    List<Address> sorted = new ArrayList<>(addresses);
    sorted.sort(Comparator.comparing(Address::host));
    String text =
        sorted.stream()
            .map(at -> AddressText.printed(at.host) + ":" + at.quorumPort + ":" + at.electionPort)
            .collect(Collectors.joining("|"));
    text += observer ? ":observer" : ":participant";
    return client == null
        ? text
        : text + ";" + AddressText.printed(client.host()) + ":" + client.port();
  }

  /** Reads {@code host:quorumPort:electionPort[:role][|…][;[address:]clientPort]}. */
  static EnsembleMember parse(long serverId, String text) {
    String[] halves = text.split(";", -1);
    if (halves.length > 2) {
      throw new MalformedRecordException("server." + serverId + "=" + text);
    }
    List<Address> addresses = new ArrayList<>();
    Boolean observer = null;
    for (String address : halves[0].split("\\|", -1)) {
      String[] parts = AddressText.split(address);
      if (parts.length < 3 || parts.length > 4 || parts[0].isEmpty()) {
        throw new MalformedRecordException("server." + serverId + "=" + text);
      }
      addresses.add(new Address(parts[0], AddressText.port(parts[1]), AddressText.port(parts[2])));
      if (parts.length == 4) {
        boolean saysObserver = isObserver(parts[3]);
        if (observer != null && observer != saysObserver) {
          throw new MalformedRecordException("two roles in server." + serverId + "=" + text);
        }
        observer = saysObserver;
      }
    }
    HostPort client = halves.length == 2 ? client(halves[1]) : null;
    return new EnsembleMember(serverId, addresses, observer != null && observer, client);
  }

  /** The host that isn't given is written as 0.0.0.0, as Apache does. */
  private static HostPort client(String text) {
    return text.indexOf(':') < 0
        ? new HostPort("0.0.0.0", AddressText.port(text))
        : HostPort.parse(text);
  }

  private static boolean isObserver(String role) {
    return switch (role.trim().toLowerCase(Locale.ROOT)) {
      case "observer" -> true;
      case "participant" -> false;
      default -> throw new MalformedRecordException("role=" + role);
    };
  }
}
