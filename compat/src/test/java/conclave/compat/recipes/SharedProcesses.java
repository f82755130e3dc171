package conclave.compat.recipes;

import conclave.compat.ServerProcess;
import conclave.compat.ServerSpec;
import conclave.compat.SharedServers;
import conclave.compat.Target;
import org.jspecify.annotations.Nullable;

/**
 * The servers and actors of all {@link FaultTest}s that this JVM runs: a server of either kind and
 * some idle actors, which end with the JVM, for the reasons of {@link SharedServers}.
 */
final class SharedProcesses {
  /** The servers look so often for who has died. */
  private static final int TICK_MS = 100;

  private static final ServerSpec SPEC =
      ServerSpec.standard()
          .with("tickTime", Integer.toString(TICK_MS))
          .with("minSessionTimeout", "200")
          .with("maxClientCnxns", "0")
          .property("znode.container.checkIntervalMs", "300");

  private static @Nullable ActorPool actors;

  static {
    Runtime.getRuntime().addShutdownHook(new Thread(SharedProcesses::close, "end of actors"));
  }

  private SharedProcesses() {}

  /** The server of this kind: started if it is not there, or is there no more. */
  static ServerProcess server(Target target) {
    return SharedServers.get(target, SPEC);
  }

  /** A server for whoever counts what it has ever done; to be closed by the caller. */
  static ServerProcess fresh(Target target) {
    return ServerProcess.start(target, SPEC);
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
  }
}
