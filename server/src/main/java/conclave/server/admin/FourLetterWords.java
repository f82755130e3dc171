package conclave.server.admin;

import conclave.server.config.ServerConfig;
import conclave.server.config.Words;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The answers to the four-letter words. Monitoring tools take them apart, so every blank and line
 * end is as Apache ZooKeeper 3.9 sends it. After the answer the connection is closed.
 */
public final class FourLetterWords {

  private static final String NOT_SERVING =
      "This ZooKeeper instance is not currently serving requests";
  private static final long DEFAULT_TRACE_MASK = 0x132;

  private final Set<String> enabled;
  private final AtomicLong traceMask = new AtomicLong(DEFAULT_TRACE_MASK);

  /** {@link ServerConfig#enabledWords()} is the whitelist. */
  public FourLetterWords(Set<String> enabled) {
    this.enabled = Set.copyOf(enabled);
  }

  /**
   * The word that the first four bytes of a connection are, or null when they are a frame's length.
   *
   * @param firstBytes the bytes as one big-endian number
   */
  public static @Nullable String wordOf(int firstBytes) {
    byte[] bytes = {
      (byte) (firstBytes >> 24),
      (byte) (firstBytes >> 16),
      (byte) (firstBytes >> 8),
      (byte) firstBytes
    };
    String word = new String(bytes, StandardCharsets.ISO_8859_1);
    return Words.ALL.contains(word) ? word : null;
  }

  /** Whether eight more bytes follow the word, for {@link #setTraceMask}. */
  public static boolean hasArgument(String word) {
    return word.equals("stmk");
  }

  /**
   * The text to send for the first bytes of a connection.
   *
   * @param letters a word, as {@link #wordOf} tells
   * @param argument the eight bytes behind the word as one big-endian number, if it {@link
   *     #hasArgument}
   */
  public String answer(int letters, long argument, ServerView view) {
    String word = wordOf(letters);
    if (word == null) {
      throw new IllegalArgumentException(
          "letters=0x" + Integer.toHexString(letters) + " are not a word");
    }
    return hasArgument(word) ? setTraceMask(argument, view) : answer(word, view);
  }

  /** The text to send; what it needs is asked of the view while it is made. */
  public String answer(String word, ServerView view) {
    if (!enabled.contains(word)) {
      return word + " is not executed because it is not in the whitelist.\n";
    }
    return switch (word) {
      case "ruok" -> "imok";
      case "gtmk" -> Long.toString(traceMask.get());
      case "envi" -> environment(view);
      case "isro" -> !view.isServing() ? "null" : view.isReadOnly() ? "ro" : "rw";
      // Apache forgets the line end of this one refusal.
      case "hash" -> view.isServing() ? digests(view) : NOT_SERVING;
      default -> view.isServing() ? answerServing(word, view) : NOT_SERVING + "\n";
    };
  }

  /**
   * The answer to {@code stmk}. The mask is remembered and means nothing: there is no trace log for
   * it to choose from.
   */
  public String setTraceMask(long mask, ServerView view) {
    if (!enabled.contains("stmk")) {
      return answer("stmk", view);
    }
    traceMask.set(mask);
    return Long.toString(mask);
  }

  /** What {@code gtmk} tells. */
  public long traceMask() {
    return traceMask.get();
  }

  /** What {@code stmk} sets. */
  public void traceMask(long mask) {
    traceMask.set(mask);
  }

  private static String answerServing(String word, ServerView view) {
    return switch (word) {
      case "conf" -> configuration(view);
      case "cons" -> connections(view, false) + "\n";
      case "crst" -> {
        view.resetConnectionStats();
        yield "Connection stats reset.\n";
      }
      case "dirs" ->
          "datadir_size: "
              + view.dataDirSizeBytes()
              + "\nlogdir_size: "
              + view.logDirSizeBytes()
              + "\n";
      case "dump" -> dump(view);
      case "mntr" -> MonitorLines.text(view);
      case "srst" -> {
        view.metrics().reset();
        yield "Server stats reset.\n";
      }
      case "srvr" -> header(view) + statistics(view);
      case "stat" ->
          header(view) + "Clients:\n" + connections(view, true) + "\n" + statistics(view);
      case "wchs" -> watchSummary(view);
      case "wchc" -> groups(view.dataWatches(), FourLetterWords::hex, path -> path) + "\n";
      case "wchp" -> groups(byPath(view.dataWatches()), path -> path, FourLetterWords::hex) + "\n";
      default -> throw new IllegalArgumentException("word=" + word + " is not one of " + Words.ALL);
    };
  }

  private static String environment(ServerView view) {
    StringBuilder out =
        new StringBuilder("Environment:\nzookeeper.version=").append(view.version()).append('\n');
    view.environment()
        .entries()
        .forEach(
            entry -> out.append(entry.getKey()).append('=').append(entry.getValue()).append('\n'));
    return out.toString();
  }

  private static String configuration(ServerView view) {
    ServerConfig config = view.config();
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("clientPort", view.clientPort());
    values.put("secureClientPort", view.secureClientPort());
    values.put("dataDir", filesOf(config.directories().dataDir()));
    values.put("dataDirSize", view.dataDirSizeBytes());
    values.put("dataLogDir", filesOf(config.directories().dataLogDir()));
    values.put("dataLogSize", view.logDirSizeBytes());
    values.put("tickTime", config.timing().tickTimeMs());
    values.put("maxClientCnxns", config.limits().maxClientCnxns());
    values.put("minSessionTimeout", config.timing().minSessionTimeoutMs());
    values.put("maxSessionTimeout", config.timing().maxSessionTimeoutMs());
    values.put("clientPortListenBacklog", config.ports().listenBacklog());
    ServerView.MemberView member = view.member();
    // A standalone server says 0 whatever myid says, in Apache too.
    values.put("serverId", member == null ? 0 : member.serverId());
    if (member != null) {
      values.put("initLimit", config.ensemble().timing().initLimitTicks());
      values.put("syncLimit", config.ensemble().timing().syncLimitTicks());
      // Apache knows no other any more.
      values.put("electionAlg", 3);
      values.put("electionPort", member.electionPort());
      values.put("quorumPort", member.quorumPort());
      values.put("peerType", member.observer() ? 1 : 0);
    }
    String lines =
        values.entrySet().stream()
            .map(e -> e.getKey() + "=" + e.getValue() + "\n")
            .collect(Collectors.joining());
    return member == null ? lines : lines + "membership: \n" + member.membership();
  }

  private static String filesOf(Path directory) {
    return directory.toAbsolutePath().resolve("version-2").toString();
  }

  private static String header(ServerView view) {
    return "Zookeeper version: "
        + view.version()
        + "\n"
        + (view.isReadOnly() ? "READ-ONLY mode; serving only read-only clients\n" : "");
  }

  private static String statistics(ServerView view) {
    SummaryValues latency = view.metrics().read(Summary.REQUEST_LATENCY);
    return "Latency min/avg/max: "
        + latency.min()
        + "/"
        + latency.average()
        + "/"
        + latency.max()
        + "\n"
        + "Received: "
        + view.metrics().read(Counter.PACKETS_RECEIVED)
        + "\n"
        + "Sent: "
        + view.metrics().read(Counter.PACKETS_SENT)
        + "\n"
        + "Connections: "
        + view.connectionCount()
        + "\n"
        + "Outstanding: "
        + view.outstandingRequests()
        + "\n"
        + "Zxid: "
        + hex(view.lastProcessedZxid())
        + "\n"
        + "Mode: "
        + view.mode()
        + "\n"
        + "Node count: "
        + view.nodeCount()
        + "\n"
        + proposalSizes(view.member());
  }

  private static String proposalSizes(ServerView.@Nullable MemberView member) {
    ServerView.LeaderView leader = member == null ? null : member.leader();
    return leader == null
        ? ""
        : "Proposal sizes last/min/max: "
            + leader.lastProposalBytes()
            + "/"
            + leader.minProposalBytes()
            + "/"
            + leader.maxProposalBytes()
            + "\n";
  }

  private static String connections(ServerView view, boolean brief) {
    StringBuilder out = new StringBuilder();
    for (ConnectionView connection : view.connections()) {
      connection(out, connection, brief);
    }
    return out.toString();
  }

  private static void connection(StringBuilder out, ConnectionView connection, boolean brief) {
    out.append(' ').append(connection.remoteAddress());
    out.append('[').append(Integer.toHexString(connection.interestOps()));
    out.append("](queued=").append(connection.outstandingRequests());
    out.append(",recved=").append(connection.packetsReceived());
    out.append(",sent=").append(connection.packetsSent());
    if (!brief && connection.sessionId() != 0) {
      out.append(",sid=").append(hex(connection.sessionId()));
      out.append(",lop=").append(connection.lastOperation());
      out.append(",est=").append(connection.establishedEpochMs());
      out.append(",to=").append(connection.sessionTimeoutMs());
      if (connection.lastCxid() >= 0) {
        out.append(",lcxid=").append(hex(connection.lastCxid()));
      }
      out.append(",lzxid=").append(hex(connection.lastZxid()));
      out.append(",lresp=").append(connection.lastResponseMs());
      out.append(",llat=").append(connection.lastLatencyMs());
      out.append(",minlat=").append(connection.minLatencyMs());
      out.append(",avglat=").append(connection.avgLatencyMs());
      out.append(",maxlat=").append(connection.maxLatencyMs());
    }
    out.append(")\n");
  }

  private static String dump(ServerView view) {
    Map<Long, ? extends Collection<String>> ephemerals = view.ephemerals();
    return "SessionTracker dump:\n"
        + sessions(view)
        + "ephemeral nodes dump:\nSessions with Ephemerals ("
        + ephemerals.size()
        + "):\n"
        + ephemeralGroups(ephemerals)
        + "Connections dump:\nConnections "
        + expirySets(
            view.connections(),
            ConnectionView::expiresAtEpochMs,
            connection ->
                "ip: " + connection.remoteAddress() + " sessionId: " + hex(connection.sessionId()));
  }

  /** Only a leader knows when sessions expire; the others know their timeouts. */
  private static String sessions(ServerView view) {
    ServerView.MemberView member = view.member();
    if (member == null || !member.isLearner()) {
      return "Session "
          + expirySets(
              view.sessions(), SessionView::expiresAtEpochMs, session -> hex(session.sessionId()));
    }
    SortedMap<Long, Integer> timeouts = view.sessionTimeouts();
    StringBuilder out =
        new StringBuilder("Global Sessions(").append(timeouts.size()).append("):\n");
    timeouts.forEach(
        (id, timeoutMs) -> out.append(hex(id)).append('\t').append(timeoutMs).append("ms\n"));
    return out.toString();
  }

  /** What expires, by the moment when it does. */
  private static <T> String expirySets(
      List<T> items, Function<T, Long> expiresAt, Function<T, String> show) {
    SortedMap<Long, List<T>> sets =
        items.stream().collect(Collectors.groupingBy(expiresAt, TreeMap::new, Collectors.toList()));
    StringBuilder out =
        new StringBuilder("Sets (")
            .append(sets.size())
            .append(")/(")
            .append(items.size())
            .append("):\n");
    sets.forEach(
        (time, set) -> {
          out.append(set.size()).append(" expire at ").append(new Date(time)).append(":\n");
          set.forEach(item -> out.append('\t').append(show.apply(item)).append('\n'));
        });
    return out.toString();
  }

  private static String ephemeralGroups(Map<Long, ? extends Collection<String>> ephemerals) {
    return groups(ephemerals, session -> hex(session) + ":", path -> path);
  }

  private static String watchSummary(ServerView view) {
    ServerView.WatchSummary summary = view.dataWatchSummary();
    return summary.connections()
        + " connections watching "
        + summary.paths()
        + " paths\nTotal watches:"
        + summary.watches()
        + "\n";
  }

  private static <K, V> String groups(
      Map<K, ? extends Collection<V>> groups,
      Function<K, String> showKey,
      Function<V, String> showValue) {
    StringBuilder out = new StringBuilder();
    groups.forEach(
        (key, values) -> {
          out.append(showKey.apply(key)).append('\n');
          values.forEach(value -> out.append('\t').append(showValue.apply(value)).append('\n'));
        });
    return out.toString();
  }

  private static Map<String, List<Long>> byPath(Map<Long, ? extends Collection<String>> bySession) {
    Map<String, List<Long>> byPath = new LinkedHashMap<>();
    bySession.forEach(
        (session, paths) ->
            paths.forEach(
                path ->
                    byPath.computeIfAbsent(path, p -> new java.util.ArrayList<>()).add(session)));
    return byPath;
  }

  private static String digests(ServerView view) {
    return view.digestLog().stream()
        .map(entry -> Long.toHexString(entry.zxid()) + ": " + entry.digest() + "\n")
        .collect(Collectors.joining());
  }

  private static String hex(long number) {
    return "0x" + Long.toHexString(number);
  }
}
