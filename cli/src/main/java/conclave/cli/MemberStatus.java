package conclave.cli;

import conclave.cli.common.FourLetterWord;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a server, Conclave's or Apache's, says of itself in four-letter words.
 *
 * @param address {@code host:port} as it was asked for
 * @param problem why nothing else is known; null when it is
 * @param role {@code leader}, {@code follower}, {@code observer}, {@code standalone} or {@code
 *     read-only}; empty with a problem
 * @param clients connections without the one that asked
 * @param monitored what {@code mntr} said of a leader, without {@code zk_}; empty where that word
 *     is not enabled
 */
record MemberStatus(
    String address,
    @Nullable String problem,
    String role,
    long zxid,
    long clients,
    long outstanding,
    String version,
    Map<String, String> monitored) {

  static MemberStatus unknown(String address, String problem) {
    return new MemberStatus(address, problem, "", 0, 0, 0, "", Map.of());
  }

  /** Asks {@code srvr}, which every server answers, and a leader {@code mntr}. */
  static MemberStatus ask(String host, int port, int timeoutMs) {
    String address = host.indexOf(':') >= 0 ? "[" + host + "]:" + port : host + ":" + port;
    try {
      MemberStatus status = parse(address, FourLetterWord.ask(host, port, "srvr", timeoutMs));
      if (!status.isLeader()) {
        return status;
      }
      return status.with(pairs(FourLetterWord.ask(host, port, "mntr", timeoutMs)));
    } catch (UnknownHostException e) {
      return unknown(address, "unreachable: no such host");
    } catch (SocketTimeoutException e) {
      return unknown(address, "no answer within " + timeoutMs + " ms");
    } catch (ConnectException e) {
      return unknown(address, "unreachable: connection refused");
    } catch (IOException e) {
      return unknown(address, "unreachable: " + e.getMessage());
    }
  }

  /** Takes apart what {@code srvr} says. */
  static MemberStatus parse(String address, String answer) {
    Map<String, String> lines = FourLetterWord.lines(answer);
    String mode = lines.get("Mode");
    if (mode == null) {
      return unknown(address, problem(answer));
    }
    return new MemberStatus(
        address,
        null,
        mode,
        zxid(lines.getOrDefault("Zxid", "0x0")),
        Math.max(0, number(lines.get("Connections")) - 1),
        number(lines.get("Outstanding")),
        version(lines.getOrDefault("Zookeeper version", "")),
        Map.of());
  }

  private static String problem(String answer) {
    if (answer.contains("not currently serving")) {
      return "not serving: it has no quorum, or is catching up";
    }
    if (answer.contains("whitelist")) {
      return "up, but srvr is not in its 4lw.commands.whitelist";
    }
    return answer.isBlank()
        ? "hung up without an answer: a TLS port, or a server that is starting"
        : "answers something else than ZooKeeper's servers do";
  }

  private static Map<String, String> pairs(String answer) {
    Map<String, String> pairs = new HashMap<>();
    answer
        .lines()
        .forEach(
            line -> {
              int tab = line.indexOf('\t');
              if (tab > 3 && line.startsWith("zk_")) {
                pairs.put(line.substring(3, tab), line.substring(tab + 1));
              }
            });
    return Map.copyOf(pairs);
  }

  private static long zxid(String text) {
    try {
      return Long.parseUnsignedLong(text.substring(text.indexOf('x') + 1), 16);
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  private static long number(@Nullable String text) {
    try {
      return text == null ? 0 : Long.parseLong(text);
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  /** {@code 3.9.5} of {@code 3.9.5-0123abcd…, built on …}; the revision helps nobody here. */
  private static String version(String text) {
    int end = text.indexOf(',');
    return (end < 0 ? text : text.substring(0, end)).replaceFirst("-+[0-9a-f]{40}$", "");
  }

  private MemberStatus with(Map<String, String> pairs) {
    return new MemberStatus(address, problem, role, zxid, clients, outstanding, version, pairs);
  }

  boolean isLeader() {
    return role.equals("leader");
  }

  boolean isObserver() {
    return role.equals("observer");
  }

  long epoch() {
    return zxid >>> 32;
  }

  private long counter() {
    return zxid & 0xffff_ffffL;
  }

  /** A number of {@code mntr}; -1 when it isn't there. */
  long monitored(String key) {
    String value = monitored.get(key);
    return value == null ? -1 : number(value);
  }

  /**
   * How many transactions this server is behind its leader. Whoever serves has all that was before
   * the leader's epoch, whatever its own zxid still says.
   */
  long lagBehind(MemberStatus leader) {
    if (epoch() > leader.epoch()) {
      return 0;
    }
    long own = epoch() == leader.epoch() ? counter() : 0;
    return Math.max(0, leader.counter() - own);
  }
}
