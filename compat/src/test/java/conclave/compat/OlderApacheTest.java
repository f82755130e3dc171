package conclave.compat;

import static conclave.compat.Requests.create;
import static conclave.compat.Requests.setData;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Older Apache servers are members of an ensemble as well, and each of the servers leads once. */
final class OlderApacheTest extends EnsembleTests {
  static List<Mix> mixes() {
    return Mix.selected("8CC", "6CC", "C88", "66C", "6C8", "8AA", "6A8");
  }

  @ParameterizedTest
  @MethodSource("mixes")
  @Tag("slow")
  void eachLeadsOnce(Mix mix) throws IOException {
    leadInTurn(mix);
  }

  private void leadInTurn(Mix mix) throws IOException {
    Ensemble ensemble = start(mix);
    for (int leader : List.of(3, 2, 1)) {
      if (ensemble.leader() != leader) {
        makeLead(ensemble, leader);
      }
      writeThroughEach(ensemble, "/led-by-" + leader);
      EqualServers.check(ensemble);
    }
  }

  /** Only what has the newest history can lead: it is the last that saw a write. */
  private static void makeLead(Ensemble ensemble, int wanted) throws IOException {
    int other =
        ensemble.votersBut(wanted).stream()
            .filter(sid -> sid != ensemble.leader())
            .findFirst()
            .orElseThrow();
    int leader = ensemble.leader();
    ensemble.server(other).kill();
    try (Wire wire = ensemble.superUser(wanted)) {
      wire.ok(create("/only-" + leader + "-and-" + wanted));
      wire.endSession();
    }
    ensemble.server(leader).kill();
    ensemble.server(other).launch();
    ensemble.awaitServing();
    assertThat(ensemble.leader()).isEqualTo(wanted);
    ensemble.restoreAll();
    assertThat(ensemble.leader()).isEqualTo(wanted);
  }

  private static void writeThroughEach(Ensemble ensemble, String folder) throws IOException {
    try (Wire wire = ensemble.superUser(1)) {
      wire.ok(create(folder));
      wire.endSession();
    }
    for (int sid : ensemble.sids()) {
      try (Wire wire = ensemble.superUser(sid)) {
        wire.ok(Requests.sync(folder));
        String base = folder + "/" + sid;
        wire.ok(create(base));
        wire.ok(create(base + "/e", new byte[0], 1));
        wire.ok(Requests.createTtl(base + "/t", new byte[0], 5, 1_000_000));
        wire.ok(Requests.multi(setData(base, "x".getBytes(UTF_8), 0), create(base + "/m")));
        wire.ok(Requests.setAcl(base + "/m", Acl.world(Acl.READ), 0));
        for (int i = 0; i < 150; i++) {
          wire.send(create(base + "/n", new byte[0], 2));
        }
        for (int i = 0; i < 150; i++) {
          assertThat(wire.reply().err()).isZero();
        }
        wire.endSession();
      }
    }
  }
}
