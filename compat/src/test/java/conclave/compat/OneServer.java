package conclave.compat;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;

/**
 * A test class whose tests share one server process: with the other classes that want nothing but
 * {@link ServerSpec#full}, or among themselves. Each test works below a node of its own, {@link
 * #root}, and sessions that it opens by {@link #session} are closed after it.
 */
@AgainstServer
@ExtendWith(ServerLogOnFailure.class)
abstract class OneServer {
  /** Null: the server that is everybody's. */
  private final @Nullable ServerSpec spec;

  private final Deque<Wire> opened = new ArrayDeque<>();

  /** A node that exists and is this test's own. */
  String root = "";

  /** Never with a default, which would hide it if this were set too late. */
  @Parameter Target target;

  ServerProcess server;

  /** For tests that leave the server as they found it, but for what is below their nodes. */
  OneServer() {
    this.spec = null;
  }

  OneServer(ServerSpec spec) {
    this.spec = spec;
  }

  @BeforeParameterizedClassInvocation
  void startServer(Target runOn) {
    server =
        spec == null
            ? SharedServers.get(runOn, ServerSpec.full())
            : ServerProcess.start(runOn, spec);
  }

  @BeforeEach
  void makeRoot(TestInfo test) throws IOException {
    root = "/" + getClass().getSimpleName() + "-" + test.getTestMethod().orElseThrow().getName();
    try (Wire wire = Wire.session(server)) {
      wire.call(Requests.create(root));
      wire.endSession();
    }
  }

  @AfterEach
  void closeSessions() throws IOException {
    while (!opened.isEmpty()) {
      opened.pop().close();
    }
  }

  @AfterParameterizedClassInvocation
  void stopServer() {
    if (spec != null) {
      server.close();
    }
  }

  /** A new session on a new connection. */
  Wire session() throws IOException {
    return keep(Wire.session(server));
  }

  /** A new connection without a session. */
  Wire connection() throws IOException {
    return keep(Wire.open(server));
  }

  Wire keep(Wire wire) {
    opened.push(wire);
    return wire;
  }
}
