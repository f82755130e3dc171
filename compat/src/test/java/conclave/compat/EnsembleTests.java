package conclave.compat;

import java.util.ArrayDeque;
import java.util.Deque;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** A test class whose tests start ensembles of their own, which end with the test. */
@Timeout(300)
@ExtendWith(EnsembleLogsOnFailure.class)
abstract class EnsembleTests implements EnsembleLogsOnFailure.Owner {
  private final Deque<Ensemble> started = new ArrayDeque<>();

  Ensemble start(Mix mix) {
    return start(mix, Ensemble.spec());
  }

  Ensemble start(Mix mix, ServerSpec spec) {
    Ensemble ensemble = Ensemble.start(mix, spec);
    started.push(ensemble);
    return ensemble;
  }

  @Override
  public Iterable<Ensemble> ensembles() {
    return started;
  }

  @AfterEach
  void endEnsembles() {
    while (!started.isEmpty()) {
      started.pop().close();
    }
  }
}
