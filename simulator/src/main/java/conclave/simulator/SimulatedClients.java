package conclave.simulator;

import conclave.replica.Serving;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;

/** One process' connections to clients, and the thread that serves them. */
final class SimulatedClients {
  private final SimulatedHost host;
  private final SplittableRandom random;
  private final Set<ServerConnection> connections = new LinkedHashSet<>();
  private final Set<ServerConnection> dirty = new LinkedHashSet<>();
  private Serving serving = Serving.NOBODY;
  private boolean draining;

  SimulatedClients(SimulatedHost host, SplittableRandom random) {
    this.host = host;
    this.random = random;
  }

  SimulatedHost host() {
    return host;
  }

  Serving serving() {
    return serving;
  }

  Network.Handler accepted(Network.End end) {
    ServerConnection connection = new ServerConnection(this, end);
    connections.add(connection);
    return connection;
  }

  void remove(ServerConnection connection) {
    connections.remove(connection);
    dirty.remove(connection);
  }

  void gone(boolean silently) {
    for (ServerConnection connection : connections) {
      SimulatedPeers.end(connection.end(), silently);
    }
  }

  void serve(Serving whom) {
    if (whom != Serving.EVERYBODY && !host.around().tampering().stopsServing()) {
      return;
    }
    serving = whom;
    if (whom != Serving.EVERYBODY) {
      // The thread that serves them hears of it a moment later.
      List<ServerConnection> ended = new ArrayList<>(connections);
      host.after(random.nextLong(200), () -> ended.forEach(ServerConnection::close));
    }
  }

  void delivered(ServerConnection connection) {
    dirty.add(connection);
  }

  void flush() {
    if (!draining && !dirty.isEmpty()) {
      draining = true;
      host.after(delayUs(), this::drain);
    }
  }

  /** Mostly at once; sometimes the thread that serves clients has other things to do. */
  private long delayUs() {
    return 5 + random.nextLong(random.nextInt(16) == 0 ? 10 * World.MS : 200);
  }

  private void drain() {
    draining = false;
    List<ServerConnection> all = new ArrayList<>(dirty);
    dirty.clear();
    all.forEach(ServerConnection::drain);
  }
}
