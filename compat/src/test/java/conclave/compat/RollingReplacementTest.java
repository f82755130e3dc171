package conclave.compat;

import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Operators replace one server at a time by one of another kind, on the same directories, and back,
 * while clients go on writing: no session is lost and no acknowledged write.
 */
final class RollingReplacementTest extends EnsembleTests {
  private static final int CLIENTS = 3;

  /** From what to what. */
  record Route(Mix first, Mix second) {
    boolean isSelected() {
      return Mix.selected(first.toString(), second.toString()).size() == 2;
    }

    @Override
    public String toString() {
      return first + " to " + second + " to " + first;
    }
  }

  static List<Route> routes() {
    return Stream.of(new Route(Mix.of("AAA"), Mix.of("AAA"))).filter(Route::isSelected).toList();
  }

  @ParameterizedTest
  @MethodSource("routes")
  void underLoad(Route route) throws Exception {
    Ensemble ensemble = start(route.first());
    try (Load load = Load.start(ensemble, CLIENTS)) {
      replaceAll(ensemble, load, route.second());
      replaceAll(ensemble, load, route.first());
      load.end();
      load.check(EqualServers.check(ensemble));
    }
  }

  private static void replaceAll(Ensemble ensemble, Load load, Mix kinds) throws IOException {
    for (int sid : ensemble.sids()) {
      ServerProcess server = ensemble.server(sid);
      server.stop();
      server.launchAs(kinds.kind(sid), server.spec());
      ensemble.awaitServing();
      ensemble.awaitFollowers(2);
      load.awaitProgress();
    }
  }
}
