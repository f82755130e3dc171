package conclave.server.http;

import conclave.server.admin.ConnectionView;
import conclave.server.admin.Counter;
import conclave.server.admin.FourLetterWords;
import conclave.server.admin.MonitorLines;
import conclave.server.admin.ServerView;
import conclave.server.admin.SessionView;
import conclave.server.admin.Summary;
import conclave.server.admin.SummaryValues;
import conclave.server.config.ServerConfig;
import conclave.server.config.ServerConfig.EnsembleServer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The commands of the AdminServer. Names and members of the answers are Apache's; every answer ends
 * with the command's name and its error, or null.
 */
public final class AdminCommands {
  private static final String NOT_SERVING =
      "This ZooKeeper instance is not currently serving requests";

  private final ServerView view;
  private final FourLetterWords words;
  private final @Nullable String initialConfiguration;
  private final Map<String, Command> byName = new TreeMap<>();
  private final SortedSet<String> names = new TreeSet<>();

  /** What there is to show, and HTTP's number for it. */
  record Result(int status, Map<String, @Nullable Object> members) {}

  private record Command(
      String name,
      boolean needsServing,
      BiConsumer<Map<String, @Nullable Object>, Map<String, String>> run) {}

  /**
   * @param words which share their trace mask with the commands
   * @param initialConfiguration the text of the configuration file; null without one
   */
  public AdminCommands(
      ServerView view, FourLetterWords words, @Nullable String initialConfiguration) {
    this.view = view;
    this.words = words;
    this.initialConfiguration = initialConfiguration == null ? null : hidden(initialConfiguration);
    registerAll();
  }

  /** The names under which commands are listed. */
  SortedSet<String> names() {
    return names;
  }

  /** Runs the command of that name. */
  Result run(String name, Map<String, String> parameters) {
    Map<String, @Nullable Object> members = new LinkedHashMap<>();
    Command command = byName.get(name);
    if (command == null) {
      return failed(name, "Unknown command: " + name);
    }
    if (command.needsServing() && !view.isServing()) {
      return failed(name, NOT_SERVING);
    }
    command.run().accept(members, parameters);
    members.put("command", command.name());
    members.putIfAbsent("error", null);
    return new Result(200, members);
  }

  private static Result failed(String name, String error) {
    Map<String, @Nullable Object> members = new LinkedHashMap<>();
    members.put("command", name);
    members.put("error", error);
    return new Result(200, members);
  }

  private void registerAll() {
    serving((m, p) -> configuration(m), "configuration", "conf", "config");
    serving((m, p) -> view.resetConnectionStats(), "connection_stat_reset", "crst");
    serving((m, p) -> connections(m, true), "connections", "cons");
    serving((m, p) -> directories(m), "dirs");
    serving((m, p) -> dump(m), "dump");
    always((m, p) -> environment(m), "environment", "env", "envi");
    always((m, p) -> m.put("tracemask", words.traceMask()), "get_trace_mask", "gtmk");
    serving((m, p) -> digests(m), "hash");
    serving(
        (m, p) -> m.put("initial_configuration", initialConfiguration),
        "initial_configuration",
        "icfg");
    serving((m, p) -> m.put("read_only", view.isReadOnly()), "is_read_only", "isro");
    serving((m, p) -> lastSnapshot(m), "last_snapshot", "lsnp");
    serving((m, p) -> leader(m), "leader", "lead");
    always((m, p) -> MonitorLines.visit(view, m::put), "monitor", "mntr");
    serving((m, p) -> {}, "observer_connection_stat_reset", "orst");
    serving((m, p) -> observers(m), "observers", "obsr");
    serving((m, p) -> {}, "ruok");
    serving((m, p) -> statistics(m), "server_stats", "srvr");
    always(this::setTraceMask, "set_trace_mask", "stmk");
    serving((m, p) -> view.metrics().reset(), "stat_reset", "srst");
    serving(
        (m, p) -> {
          statistics(m);
          connections(m, false);
        },
        "stats",
        "stat");
    always((m, p) -> systemProperties(m), "system_properties", "sysp");
    serving((m, p) -> m.put("current_config", votingView()), "voting_view");
    serving((m, p) -> watchSummary(m), "watch_summary", "wchs");
    serving((m, p) -> m.put("session_id_to_watched_paths", view.dataWatches()), "watches", "wchc");
    serving((m, p) -> m.put("path_to_session_ids", watchedPaths()), "watches_by_path", "wchp");
    always((m, p) -> zabState(m), "zabstate");
    names.add("snapshot");
    names.add("restore");
  }

  private void serving(
      BiConsumer<Map<String, @Nullable Object>, Map<String, String>> run, String... itsNames) {
    register(true, run, itsNames);
  }

  private void always(
      BiConsumer<Map<String, @Nullable Object>, Map<String, String>> run, String... itsNames) {
    register(false, run, itsNames);
  }

  private void register(
      boolean needsServing,
      BiConsumer<Map<String, @Nullable Object>, Map<String, String>> run,
      String... itsNames) {
    Command command = new Command(itsNames[0], needsServing, run);
    names.add(command.name());
    for (String name : itsNames) {
      byName.put(name, command);
    }
  }

  private void configuration(Map<String, @Nullable Object> members) {
    ServerConfig config = view.config();
    members.put("client_port", view.clientPort());
    if (view.secureClientPort() >= 0) {
      members.put("secure_client_port", view.secureClientPort());
    }
    members.put("data_dir", filesOf(config.directories().dataDir()));
    members.put("data_log_dir", filesOf(config.directories().dataLogDir()));
    members.put("tick_time", config.timing().tickTimeMs());
    members.put("max_client_cnxns", config.limits().maxClientCnxns());
    members.put("min_session_timeout", config.timing().minSessionTimeoutMs());
    members.put("max_session_timeout", config.timing().maxSessionTimeoutMs());
    // As the word says.
    ServerView.MemberView member = view.member();
    members.put("server_id", member == null ? 0 : member.serverId());
    members.put("client_port_listen_backlog", config.ports().listenBacklog());
  }

  private static String filesOf(Path directory) {
    return directory.toAbsolutePath().resolve("version-2").toString();
  }

  private void connections(Map<String, @Nullable Object> members, boolean whole) {
    List<Object> plain = new ArrayList<>();
    List<Object> secure = new ArrayList<>();
    for (ConnectionView connection : view.connections()) {
      (connection.secure() ? secure : plain).add(connection(connection, whole));
    }
    members.put("connections", plain);
    members.put("secure_connections", secure);
  }

  private static Map<String, Object> connection(ConnectionView of, boolean whole) {
    Map<String, Object> members = new LinkedHashMap<>();
    // Apache prints the address without the slash that the JDK puts in front.
    String address = String.valueOf(of.remoteAddress());
    members.put("remote_socket_address", address.startsWith("/") ? address.substring(1) : address);
    members.put("interest_ops", of.interestOps());
    members.put("outstanding_requests", of.outstandingRequests());
    members.put("packets_received", of.packetsReceived());
    members.put("packets_sent", of.packetsSent());
    if (whole) {
      members.put("session_id", of.sessionId());
      members.put("last_operation", of.lastOperation());
      members.put("established", of.establishedEpochMs());
      members.put("session_timeout", of.sessionTimeoutMs());
      members.put("last_cxid", of.lastCxid());
      members.put("last_zxid", of.lastZxid());
      members.put("last_response_time", of.lastResponseMs());
      members.put("last_latency", of.lastLatencyMs());
      members.put("min_latency", of.minLatencyMs());
      members.put("avg_latency", of.avgLatencyMs());
      members.put("max_latency", of.maxLatencyMs());
    }
    return members;
  }

  private void directories(Map<String, @Nullable Object> members) {
    members.put("datadir_size", view.dataDirSizeBytes());
    members.put("logdir_size", view.logDirSizeBytes());
  }

  private void dump(Map<String, @Nullable Object> members) {
    Map<Long, List<Long>> expiring = new TreeMap<>();
    ServerView.MemberView member = view.member();
    // A learner has none to expire, as in Apache.
    List<SessionView> sessions = member != null && member.isLearner() ? List.of() : view.sessions();
    for (SessionView session : sessions) {
      expiring
          .computeIfAbsent(session.expiresAtEpochMs(), time -> new ArrayList<>())
          .add(session.sessionId());
    }
    members.put("expiry_time_to_session_ids", expiring);
    members.put("session_id_to_ephemeral_paths", view.ephemerals());
  }

  private void environment(Map<String, @Nullable Object> members) {
    members.put("zookeeper.version", view.version());
    view.environment().entries().forEach(entry -> members.put(entry.getKey(), entry.getValue()));
  }

  private void digests(Map<String, @Nullable Object> members) {
    List<Object> digests = new ArrayList<>();
    for (ServerView.ZxidDigest digest : view.digestLog()) {
      Map<String, Object> item = new LinkedHashMap<>();
      item.put("zxid", digest.zxid());
      item.put("digest_version", ServerView.ZxidDigest.VERSION);
      item.put("digest", digest.digest());
      digests.add(item);
    }
    members.put("digests", digests);
  }

  private void lastSnapshot(Map<String, @Nullable Object> members) {
    ServerView.SnapshotFile last = view.lastSnapshot();
    members.put("zxid", Long.toHexString(last.zxid()));
    members.put("timestamp", last.epochSeconds());
  }

  private void observers(Map<String, @Nullable Object> members) {
    ServerView.LeaderView leads = leaderView();
    members.put("synced_observers", leads == null ? 0 : leads.syncedObservers());
    members.put(
        "observers",
        leads == null
            ? List.of()
            : leads.observerIds().stream().map(sid -> Map.of("sid", sid)).toList());
  }

  private ServerView.@Nullable LeaderView leaderView() {
    ServerView.MemberView member = view.member();
    return member == null ? null : member.leader();
  }

  private void leader(Map<String, @Nullable Object> members) {
    ServerView.MemberView member = view.member();
    if (member == null) {
      members.put("error", "server is not initialized");
      return;
    }
    EnsembleServer leader = view.config().ensemble().servers().get(member.leaderId());
    members.put("is_leader", member.leader() != null);
    members.put("leader_id", member.leaderId());
    members.put("leader_ip", leader == null ? "" : leader.addresses().get(0).host());
  }

  private Map<String, Object> votingView() {
    Map<String, Object> voters = new LinkedHashMap<>();
    if (view.member() != null) {
      for (EnsembleServer server : view.config().ensemble().servers().values()) {
        if (!server.observer()) {
          voters.put(Long.toString(server.id()), voter(server));
        }
      }
    }
    return voters;
  }

  private static Map<String, Object> voter(EnsembleServer server) {
    Map<String, Object> members = new LinkedHashMap<>();
    members.put(
        "server_addresses",
        server.addresses().stream().map(at -> at.host() + ":" + at.quorumPort()).toList());
    members.put(
        "election_addresses",
        server.addresses().stream().map(at -> at.host() + ":" + at.electionPort()).toList());
    members.put("client_address", clientAddress(server));
    members.put("learner_type", server.observer() ? "observer" : "participant");
    return members;
  }

  private static String clientAddress(EnsembleServer server) {
    ServerConfig.Listener client = server.client();
    return client == null
        ? ""
        : (client.host() == null ? "0.0.0.0" : client.host()) + ":" + client.port();
  }

  private void statistics(Map<String, @Nullable Object> members) {
    members.put("version", view.version());
    members.put("read_only", view.isReadOnly());
    Map<String, Object> responses = responses();
    SummaryValues latency = view.metrics().read(Summary.REQUEST_LATENCY);
    Map<String, Object> stats = new LinkedHashMap<>();
    stats.put("packets_sent", view.metrics().read(Counter.PACKETS_SENT));
    stats.put("packets_received", view.metrics().read(Counter.PACKETS_RECEIVED));
    stats.put("fsync_threshold_exceed_count", view.metrics().read(Counter.SLOW_FSYNCS));
    stats.put("client_response_stats", responses);
    stats.put("uptime", view.uptimeMs());
    stats.put("data_dir_size", view.dataDirSizeBytes());
    stats.put("log_dir_size", view.logDirSizeBytes());
    stats.put("provider_null", false);
    stats.put("last_processed_zxid", view.lastProcessedZxid());
    stats.put("outstanding_requests", view.outstandingRequests());
    stats.put("server_state", view.mode());
    stats.put("avg_latency", latency.average());
    stats.put("max_latency", latency.max());
    stats.put("min_latency", latency.min());
    stats.put("num_alive_client_connections", view.connectionCount());
    stats.put("auth_failed_count", view.metrics().read(Counter.AUTH_FAILED_COUNT));
    stats.put("non_mtlsremote_conn_count", view.metrics().read(Counter.NON_MTLS_REMOTE_CONN_COUNT));
    stats.put("non_mtlslocal_conn_count", view.metrics().read(Counter.NON_MTLS_LOCAL_CONN_COUNT));
    members.put("server_stats", stats);
    members.put("client_response", responses);
    ServerView.LeaderView leads = leaderView();
    if (leads != null) {
      members.put("proposal_stats", proposals(leads));
    }
    members.put("node_count", view.nodeCount());
  }

  private static Map<String, Object> proposals(ServerView.LeaderView leads) {
    Map<String, Object> members = new LinkedHashMap<>();
    members.put("last_buffer_size", leads.lastProposalBytes());
    members.put("min_buffer_size", leads.minProposalBytes());
    members.put("max_buffer_size", leads.maxProposalBytes());
    return members;
  }

  private Map<String, Object> responses() {
    SummaryValues sizes = view.metrics().read(Summary.CLIENT_RESPONSE_SIZE);
    boolean none = sizes.count() == 0;
    Map<String, Object> members = new LinkedHashMap<>();
    members.put("last_buffer_size", none ? -1 : sizes.last());
    members.put("min_buffer_size", none ? -1 : sizes.min());
    members.put("max_buffer_size", none ? -1 : sizes.max());
    return members;
  }

  private void setTraceMask(Map<String, @Nullable Object> members, Map<String, String> parameters) {
    String text = parameters.get("traceMask");
    String needed = "setTraceMask requires long traceMask argument";
    if (text == null) {
      members.put("error", needed);
      return;
    }
    try {
      words.traceMask(Long.parseLong(text));
      members.put("tracemask", words.traceMask());
    } catch (NumberFormatException e) {
      members.put("error", needed + ", got " + text);
    }
  }

  private static void systemProperties(Map<String, @Nullable Object> members) {
    Map<String, String> sorted = new TreeMap<>();
    System.getProperties()
        .forEach((key, value) -> sorted.put(String.valueOf(key), String.valueOf(value)));
    sorted.forEach((key, value) -> members.put(key, isSecret(key) ? "***" : value));
  }

  private void watchSummary(Map<String, @Nullable Object> members) {
    ServerView.WatchSummary summary = view.dataWatchSummary();
    members.put("num_connections", summary.connections());
    members.put("num_paths", summary.paths());
    members.put("num_total_watches", summary.watches());
  }

  private Map<String, List<Long>> watchedPaths() {
    Map<String, List<Long>> sessions = new TreeMap<>();
    for (Map.Entry<Long, ? extends Collection<String>> entry : view.dataWatches().entrySet()) {
      for (String path : entry.getValue()) {
        sessions.computeIfAbsent(path, none -> new ArrayList<>()).add(entry.getKey());
      }
    }
    return sessions;
  }

  private void zabState(Map<String, @Nullable Object> members) {
    ServerView.MemberView member = view.member();
    EnsembleServer self =
        member == null ? null : view.config().ensemble().servers().get(member.serverId());
    if (member == null || self == null) {
      members.put("voting", false);
      members.put("zabstate", "");
      return;
    }
    long zxid = view.lastProcessedZxid();
    members.put("myid", member.serverId());
    members.put("is_leader", member.leader() != null);
    members.put("quorum_address", self.addresses().get(0).host() + ":" + member.quorumPort());
    members.put("election_address", self.addresses().get(0).host() + ":" + member.electionPort());
    members.put("client_address", clientAddress(self));
    members.put("voting", !member.observer());
    members.put("last_zxid", "0x" + Long.toHexString(zxid));
    members.put("zab_epoch", zxid >>> 32);
    members.put("zab_counter", zxid & 0xffff_ffffL);
    members.put("zabstate", zabState(member));
  }

  private static String zabState(ServerView.MemberView member) {
    return member.state().endsWith("broadcast")
        ? "broadcast"
        : member.state().equals("looking") ? "election" : "synchronization";
  }

  /** Apache shows these to everybody who comes. */
  private static boolean isSecret(String key) {
    String lower = key.toLowerCase(Locale.ROOT);
    return (lower.contains("password") || lower.contains("digest"))
        && !lower.endsWith("passwordpath")
        && !lower.endsWith("digestalg")
        && !lower.endsWith("enabled");
  }

  private static String hidden(String configuration) {
    StringBuilder shown = new StringBuilder();
    for (String line : configuration.split("(?<=\n)", -1)) {
      int end = line.indexOf('=');
      boolean secret = end > 0 && isSecret(line.substring(0, end).trim());
      shown.append(secret ? line.substring(0, end + 1) + "***\n" : line);
    }
    return shown.toString();
  }
}
