package conclave.compat;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;

/**
 * A test class whose tests share one ensemble, none of whose servers they stop. Each test works
 * below a node of its own, {@link #root}.
 */
@Timeout(300)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ExtendWith(EnsembleLogsOnFailure.class)
abstract class OneEnsemble implements EnsembleLogsOnFailure.Owner {
  private final Deque<Wire> opened = new ArrayDeque<>();

  /** A node that exists and is this test's own. */
  String root = "";

  /** Never with a default, which would hide it if this were set too late. */
  @Parameter Mix mix;

  Ensemble ensemble;

  @BeforeParameterizedClassInvocation
  void startEnsemble(Mix runOn) {
    ensemble = Ensemble.start(runOn);
  }

  @BeforeEach
  void makeRoot(TestInfo test) throws IOException {
    root = "/" + test.getTestMethod().orElseThrow().getName();
    Wire wire = session(1);
    wire.ok(Requests.create(root));
    for (int sid : ensemble.sids()) {
      session(sid).ok(Requests.sync(root));
    }
  }

  /** Ends the sessions too: else they would expire in the middle of another test. */
  @AfterEach
  void closeSessions() throws IOException {
    while (!opened.isEmpty()) {
      try (Wire wire = opened.pop()) {
        wire.abandon();
      }
    }
  }

  @AfterParameterizedClassInvocation
  void endEnsemble() {
    ensemble.close();
  }

  @Override
  public Iterable<Ensemble> ensembles() {
    return List.of(ensemble);
  }

  /** A new session on a new connection to this server. */
  Wire session(int sid) throws IOException {
    return keep(Wire.session(ensemble.server(sid)));
  }

  Wire keep(Wire wire) {
    opened.push(wire);
    return wire;
  }
}
