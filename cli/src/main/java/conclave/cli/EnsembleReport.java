package conclave.cli;

import conclave.recipes.json.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How an ensemble is doing, out of what its servers say.
 *
 * @param leader the leader of the latest epoch, or a server that stands alone; null when there is
 *     none
 * @param voters how many there are, as far as anybody said
 * @param votersUp the leader and those that follow it
 */
record EnsembleReport(
    List<MemberStatus> servers, @Nullable MemberStatus leader, long voters, long votersUp) {
  private static final List<String> COLUMNS =
      List.of("SERVER", "ROLE", "ZXID", "EPOCH", "CLIENTS", "OUTSTANDING", "LAG", "VERSION");

  static EnsembleReport of(List<MemberStatus> servers) {
    MemberStatus leader = null;
    for (MemberStatus server : servers) {
      if (server.isLeader() && (leader == null || server.epoch() > leader.epoch())) {
        leader = server;
      }
    }
    if (leader == null && servers.size() == 1 && servers.get(0).role().equals("standalone")) {
      return new EnsembleReport(servers, servers.get(0), 1, 1);
    }
    long voters = servers.stream().filter(server -> !server.isObserver()).count();
    long up = servers.stream().filter(server -> server.role().equals("follower")).count();
    if (leader == null) {
      return new EnsembleReport(servers, null, voters, up);
    }
    // A leader knows better than the list of those that were asked.
    long size = leader.monitored("quorum_size");
    long synced = leader.monitored("synced_followers");
    long withoutVote = Math.max(0, leader.monitored("synced_non_voting_followers"));
    return new EnsembleReport(
        servers,
        leader,
        size > 0 ? size : voters,
        1 + (size > 0 && synced >= 0 ? synced - withoutVote : up));
  }

  boolean hasQuorum() {
    return leader != null && 2 * votersUp > voters;
  }

  /** A table, and a sentence behind it. */
  String table() {
    List<List<String>> rows = new ArrayList<>();
    rows.add(COLUMNS);
    for (MemberStatus server : servers) {
      rows.add(row(server));
    }
    int[] widths = new int[COLUMNS.size()];
    for (List<String> row : rows) {
      // What is wrong with a server takes the place of all its columns.
      for (int i = 0; i < row.size() && (row.size() > 2 || i == 0); i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    StringBuilder out = new StringBuilder();
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < row.size(); i++) {
        line.append(row.get(i))
            .append(" ".repeat(Math.max(0, widths[i] - row.get(i).length()) + 2));
      }
      out.append(line.toString().stripTrailing()).append('\n');
    }
    return out.append('\n').append(sentence()).append('\n').toString();
  }

  private List<String> row(MemberStatus server) {
    String problem = server.problem();
    if (problem != null) {
      return List.of(server.address(), problem);
    }
    Long lag = lag(server);
    return List.of(
        server.address(),
        server.role(),
        "0x" + Long.toHexString(server.zxid()),
        Long.toString(server.epoch()),
        Long.toString(server.clients()),
        Long.toString(server.outstanding()),
        lag == null ? "-" : lag.toString(),
        server.version());
  }

  /** Null for the leader itself, and when there is none to compare with. */
  private @Nullable Long lag(MemberStatus server) {
    return leader == null || leader.equals(server) ? null : server.lagBehind(leader);
  }

  private String sentence() {
    if (leader == null) {
      if (votersUp > 0 || servers.stream().anyMatch(MemberStatus::isObserver)) {
        return "No leader among these, though somebody follows one: name all servers.";
      }
      long answered = servers.stream().filter(server -> server.problem() == null).count();
      return "No leader: "
          + answered
          + " of "
          + servers.size()
          + " servers serve. Writes are refused until more than half of the voters find each other.";
    }
    if (leader.role().equals("standalone")) {
      return "A server that stands alone.";
    }
    return "Leader "
        + leader.address()
        + ", epoch "
        + leader.epoch()
        + "; "
        + votersUp
        + " of "
        + voters
        + " voters are up"
        + (hasQuorum()
            ? votersUp == voters ? "." : "; " + spare() + "."
            : ", as far as was asked: that is no quorum. Name all servers.");
  }

  private String spare() {
    long spare = votersUp - (voters / 2 + 1);
    return spare == 0 ? "one more down and nothing can be written" : spare + " more may fail";
  }

  /** The same for programs. */
  String json() {
    return Json.line(
        Json.object(
            "quorum",
            hasQuorum(),
            "leader",
            leader == null ? null : leader.address(),
            "voters",
            voters,
            "voters_up",
            votersUp,
            "servers",
            servers.stream().map(this::json).toList()));
  }

  private Map<String, @Nullable Object> json(MemberStatus server) {
    String problem = server.problem();
    if (problem != null) {
      return Json.object("server", server.address(), "error", problem);
    }
    return Json.object(
        "server", server.address(),
        "role", server.role(),
        "zxid", "0x" + Long.toHexString(server.zxid()),
        "epoch", server.epoch(),
        "clients", server.clients(),
        "outstanding", server.outstanding(),
        "lag", lag(server),
        "version", server.version());
  }
}
