package conclave.cli.shell;

import conclave.cli.common.FourLetterWord;
import conclave.recipes.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a server says of its load, by the word {@code srvr}, which every server answers, or by its
 * AdminServer.
 *
 * @param received packets since it began
 * @param averageMs of a request's latency since it began or since its statistics were reset
 */
record ServerLoad(
    String mode,
    String zxid,
    long received,
    long sent,
    long connections,
    long outstanding,
    double averageMs,
    double maxMs,
    long znodes) {

  private static final int TIMEOUT_MS = 2_000;

  /** Asks by the word. */
  static ServerLoad byWord(InetSocketAddress server) throws IOException {
    String answer =
        FourLetterWord.ask(server.getHostString(), server.getPort(), "srvr", TIMEOUT_MS);
    Map<String, String> lines = FourLetterWord.lines(answer);
    String mode = lines.get("Mode");
    if (mode == null) {
      throw new IOException(
          answer.contains("not currently serving")
              ? "not serving: it has no quorum, or is catching up"
              : answer.contains("whitelist")
                  ? "srvr is not in its 4lw.commands.whitelist; try -a with its AdminServer's port"
                  : "no answer to srvr; try -a with its AdminServer's port");
    }
    String[] latency = lines.getOrDefault("Latency min/avg/max", "0/0/0").split("/", -1);
    return new ServerLoad(
        mode,
        lines.getOrDefault("Zxid", ""),
        number(lines.get("Received")),
        number(lines.get("Sent")),
        number(lines.get("Connections")),
        number(lines.get("Outstanding")),
        decimal(latency.length > 1 ? latency[1] : null),
        decimal(latency.length > 2 ? latency[2] : null),
        number(lines.get("Node count")));
  }

  /** Asks {@code /commands/server_stats}. */
  static ServerLoad byHttp(String host, int port) throws IOException {
    URI uri = URI.create("http://" + host + ":" + port + "/commands/server_stats");
    HttpURLConnection http = (HttpURLConnection) uri.toURL().openConnection();
    http.setConnectTimeout(TIMEOUT_MS);
    http.setReadTimeout(TIMEOUT_MS);
    String text;
    try (InputStream in = http.getInputStream()) {
      text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } finally {
      http.disconnect();
    }
    try {
      if (Json.parse(text) instanceof Map<?, ?> answer
          && answer.get("server_stats") instanceof Map<?, ?> stats) {
        return of(stats, answer.get("node_count"));
      }
    } catch (IllegalArgumentException e) {
      // Told below.
    }
    throw new IOException("its AdminServer does not answer server_stats");
  }

  private static ServerLoad of(Map<?, ?> stats, @Nullable Object nodeCount) {
    return new ServerLoad(
        String.valueOf(stats.get("server_state")),
        "0x" + Long.toHexString((long) decimal(stats.get("last_processed_zxid"))),
        (long) decimal(stats.get("packets_received")),
        (long) decimal(stats.get("packets_sent")),
        (long) decimal(stats.get("num_alive_client_connections")),
        (long) decimal(stats.get("outstanding_requests")),
        decimal(stats.get("avg_latency")),
        decimal(stats.get("max_latency")),
        (long) decimal(nodeCount));
  }

  private static long number(@Nullable String text) {
    return (long) decimal(text);
  }

  private static double decimal(@Nullable Object value) {
    try {
      return value == null ? 0 : Double.parseDouble(value.toString());
    } catch (NumberFormatException e) {
      return 0;
    }
  }
}
