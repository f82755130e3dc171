package conclave.compat.recipes;

import conclave.compat.ServerProcess;
import conclave.compat.ServerSpec;
import conclave.compat.Target;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The servers and actors of all {@link FaultTest}s that this JVM runs: a server of either kind and
 * some idle actors, which end with the JVM. Most of what a test of several processes costs is the
 * starting of JVMs.
 *
 * <p>They are static because Surefire runs each class by itself: nothing that JUnit keeps lives
 * longer than one.
 */
final class SharedProcesses {
  /** The servers look so often for who has died. */
  private static final int TICK_MS = 100;

  private static final Map<Target, ServerProcess> SERVERS = new EnumMap<>(Target.class);
  private static @Nullable ActorPool actors;

  static {
    Runtime.getRuntime().addShutdownHook(new Thread(SharedProcesses::close, "end of servers"));
  }

  private SharedProcesses() {}

  /** The server of this kind: started if it is not there, or is there no more. */
  static synchronized ServerProcess server(Target target) {
    ServerProcess server = SERVERS.get(target);
    if (server != null && !server.alive()) {
      server.close();
      server = null;
    }
    if (server == null) {
      server = fresh(target);
      SERVERS.put(target, server);
    }
    return server;
  }

  /** A server for whoever counts what it has ever done; to be closed by the caller. */
  static ServerProcess fresh(Target target) {
    return ServerProcess.start(
        target,
        ServerSpec.standard()
            .with("tickTime", Integer.toString(TICK_MS))
            .with("minSessionTimeout", "200")
            .with("maxClientCnxns", "0")
            .property("znode.container.checkIntervalMs", "300"));
  }

  static synchronized ActorPool actors() {
    ActorPool pool = actors;
    if (pool == null) {
      pool = new ActorPool();
      actors = pool;
    }
    return pool;
  }

  private static synchronized void close() {
    if (actors != null) {
      actors.close();
    }
    SERVERS.values().forEach(ServerProcess::close);
  }
}
