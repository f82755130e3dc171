package conclave.compat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Tag;
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
    @Override
    public String toString() {
      return first + " to " + second + " to " + first;
    }
  }

  static List<Route> routes() {
    return List.of(route("AAA", "CCC"));
  }

  /** Also from 3.6 and 3.8, and as long as servers of both kinds are observed by both. */
  static List<Route> moreRoutes() {
    return List.of(
        route("AAA", "AAA"), route("886", "CCC"), route("AAA+A", "CCC+C"), route("CCC", "CCC"));
  }

  private static Route route(String first, String second) {
    return new Route(Mix.selected(first).get(0), Mix.selected(second).get(0));
  }

  @ParameterizedTest
  @MethodSource("routes")
  void underLoad(Route route) throws Exception {
    thereAndBack(route);
  }

  @ParameterizedTest
  @MethodSource("moreRoutes")
  @Tag("slow")
  void underLoadMore(Route route) throws Exception {
    thereAndBack(route);
  }

  private void thereAndBack(Route route) throws Exception {
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
