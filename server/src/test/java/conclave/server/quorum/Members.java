package conclave.server.quorum;

import conclave.protocol.Notification;
import conclave.protocol.ServerState;
import conclave.server.config.ConfigException;
import conclave.server.config.ServerConfig.EnsembleServer;
import conclave.server.config.ServerConfig.QuorumAddress;
import conclave.server.config.ServerConfig.QuorumSecurity;
import conclave.server.config.ServerConfig.QuorumSockets;
import conclave.server.config.ZooCfg;
import conclave.state.Notices;
import conclave.state.Restore;
import conclave.state.StateConfig;
import conclave.storage.SnapshotStreamDecoder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/** An ensemble as a test says it is, with what it takes to start one member's network. */
final class Members {
  static final StateConfig STATE = StateConfig.DEFAULT;

  private final SortedMap<Long, EnsembleServer> servers = new TreeMap<>();
  private QuorumSecurity security = security(Map.of());
  private boolean strangersToo;
  private int greetingTimeoutMs = (int) RecordingInbox.PATIENCE_MS;
  private int heardWithinMs = 20_000;
  private int cnxTimeoutMs = 5000;
  private int connectLimitMs = 10_000;
  private int maxPacketBytes = 4 << 20;
  private long maxQueuedBytes = 16 << 20;

  /** A member at those ports of this machine, 0 for any. */
  Members with(long sid, int quorumPort, int electionPort) {
    return with(sid, new QuorumAddress("127.0.0.1", quorumPort, electionPort));
  }

  Members with(long sid, QuorumAddress... addresses) {
    servers.put(sid, new EnsembleServer(sid, List.of(addresses), false, null));
    return this;
  }

  /** As these lines of a zoo.cfg say. */
  static QuorumSecurity security(Map<String, ?> lines) {
    StringBuilder text = new StringBuilder("dataDir=/nowhere\nclientPort=0\n");
    lines.forEach((key, value) -> text.append(key).append('=').append(value).append('\n'));
    try {
      return ZooCfg.parse(text.toString(), Map.of()).ensemble().security();
    } catch (ConfigException e) {
      throw new IllegalArgumentException(e);
    }
  }

  Members security(QuorumSecurity as) {
    security = as;
    return this;
  }

  Members strangersToo() {
    strangersToo = true;
    return this;
  }

  Members greetingTimeoutMs(int ms) {
    greetingTimeoutMs = ms;
    return this;
  }

  Members heardWithinMs(int ms) {
    heardWithinMs = ms;
    return this;
  }

  Members cnxTimeoutMs(int ms) {
    cnxTimeoutMs = ms;
    return this;
  }

  Members connectLimitMs(int ms) {
    connectLimitMs = ms;
    return this;
  }

  Members maxQueuedBytes(long bytes) {
    maxQueuedBytes = bytes;
    return this;
  }

  QuorumSettings settings(long sid) {
    QuorumSockets sockets =
        new QuorumSockets(
            cnxTimeoutMs, -1, 1, false, false, true, 1000, false, 10, 100, 32 << 20, false);
    return new QuorumSettings(
        sid,
        servers,
        sockets,
        security,
        strangersToo,
        greetingTimeoutMs,
        heardWithinMs,
        connectLimitMs,
        100,
        maxPacketBytes,
        maxQueuedBytes);
  }

  /** Starts the network of one of them, and waits until it can be reached. */
  QuorumNetwork start(long sid, QuorumInbox inbox) throws Exception {
    QuorumNetwork network =
        new QuorumNetwork(
            settings(sid),
            new QuorumNetwork.Parts(
                inbox,
                () -> new SnapshotStreamDecoder(new Restore(STATE, Notices.NONE), 1 << 20),
                System::nanoTime,
                bound -> ThreadLocalRandom.current().nextInt(bound)));
    try {
      network.start().get(RecordingInbox.PATIENCE_MS, TimeUnit.MILLISECONDS);
      return network;
    } catch (ExecutionException e) {
      network.stop();
      throw e;
    }
  }

  /** A port that a raw peer listens on. */
  static ServerSocket listen() throws IOException {
    ServerSocket socket = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
    socket.setSoTimeout((int) RecordingInbox.PATIENCE_MS);
    return socket;
  }

  /**
   * A port that nobody listens on, from below the range that the system gives to outgoing
   * connections, of which one could take it.
   */
  static int freePort() {
    while (true) {
      int candidate = ThreadLocalRandom.current().nextInt(12_000, 32_000);
      try (ServerSocket probe = new ServerSocket(candidate, 1, InetAddress.getLoopbackAddress())) {
        return probe.getLocalPort();
      } catch (IOException taken) {
        // By somebody else: another one.
        continue;
      }
    }
  }

  static Notification vote(long leader, long round) {
    return new Notification(
        ServerState.LOOKING, leader, 0x100000001L, round, 1, Notification.VERSION, "version=0");
  }
}
