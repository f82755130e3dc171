package conclave.compat;

import java.util.HashMap;
import java.util.Map;

/**
 * Servers that many classes use one after the other and that end with this JVM: most of what a
 * small test costs is the start of its server.
 *
 * <p>They are static because Surefire runs each class by itself: nothing that JUnit keeps lives
 * longer than one.
 */
public final class SharedServers {
  private static final Map<Kind, ServerProcess> SERVERS = new HashMap<>();

  static {
    Runtime.getRuntime().addShutdownHook(new Thread(SharedServers::close, "end of servers"));
  }

  private record Kind(Target target, ServerSpec spec) {}

  private SharedServers() {}

  /** The server of this kind, not to be closed: started if it is not there, or is there no more. */
  public static synchronized ServerProcess get(Target target, ServerSpec spec) {
    Kind kind = new Kind(target, spec);
    ServerProcess server = SERVERS.get(kind);
    if (server != null && !server.alive()) {
      server.close();
      server = null;
    }
    if (server == null) {
      server = ServerProcess.start(target, spec);
      SERVERS.put(kind, server);
    }
    return server;
  }

  private static synchronized void close() {
    SERVERS.values().forEach(ServerProcess::close);
  }
}
