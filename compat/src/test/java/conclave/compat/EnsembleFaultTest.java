package conclave.compat;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Processes are killed and stopped under load: what was acknowledged is there, sessions live on.
 */
final class EnsembleFaultTest extends EnsembleTests {
  private static final int CLIENTS = 2;
  private static final int SLOW_ROUNDS = 20;
  private static final int SYNC_LIMIT = 4;

  /** A paused server is found out after this; the rest is what a busy machine takes. */
  private static final Duration SYNC_LIMIT_TIME =
      Duration.ofMillis((long) SYNC_LIMIT * Ensemble.TICK_MS);

  private static final Duration SLACK = Duration.ofSeconds(10);

  /** What happens to an ensemble; at its end all servers run. */
  private enum Fault {
    KILL_LEADER {
      @Override
      void happenTo(Ensemble ensemble, Runnable meanwhile) {
        int leader = ensemble.leader();
        ensemble.server(leader).kill();
        ensemble.awaitLeader(Ensemble.LIMIT);
        meanwhile.run();
      }
    },
    KILL_FOLLOWER {
      @Override
      void happenTo(Ensemble ensemble, Runnable meanwhile) {
        ensemble.server(ensemble.follower()).kill();
        meanwhile.run();
      }
    },
    PAUSE_LEADER {
      @Override
      void happenTo(Ensemble ensemble, Runnable meanwhile) {
        int leader = ensemble.leader();
        ensemble.server(leader).pause();
        ensemble.awaitLeader(Ensemble.LIMIT);
        meanwhile.run();
        ensemble.server(leader).resume();
      }
    },
    PAUSE_FOLLOWER {
      @Override
      void happenTo(Ensemble ensemble, Runnable meanwhile) {
        int follower = ensemble.follower();
        ensemble.server(follower).pause();
        ensemble.awaitFollowers(1);
        meanwhile.run();
        ensemble.server(follower).resume();
      }
    },
    KILL_ALL {
      @Override
      void happenTo(Ensemble ensemble, Runnable meanwhile) {
        ensemble.sids().forEach(sid -> ensemble.server(sid).killNow());
        ensemble.sids().forEach(sid -> ensemble.server(sid).kill());
      }
    };

    /** Runs {@code meanwhile} when the others should be able to go on. */
    abstract void happenTo(Ensemble ensemble, Runnable meanwhile);
  }

  static List<Mix> mixes() {
    return Mix.selected("CCC");
  }

  static List<Mix> moreMixes() {
    return Mix.selected("CCC", "AAA", "ACC", "CAA");
  }

  private static ServerSpec faultSpec() {
    return Ensemble.spec().with("syncLimit", Integer.toString(SYNC_LIMIT));
  }

  @ParameterizedTest
  @MethodSource("mixes")
  void nothingAcknowledgedIsLost(Mix mix) throws Exception {
    run(mix, 1);
  }

  @ParameterizedTest
  @MethodSource("moreMixes")
  @Tag("slow")
  @Timeout(1500)
  void nothingAcknowledgedIsLostForLong(Mix mix) throws Exception {
    run(mix, SLOW_ROUNDS);
  }

  private void run(Mix mix, int rounds) throws Exception {
    Ensemble ensemble = start(mix, faultSpec());
    try (Load load = Load.start(ensemble, CLIENTS);
        EagerWriter writer = EagerWriter.start(ensemble)) {
      for (int round = 0; round < rounds; round++) {
        for (Fault fault : Fault.values()) {
          writer.takeGap();
          // The official clients take long to give up a server that is silent: they come later.
          fault.happenTo(ensemble, writer::awaitProgress);
          ensemble.restoreAll();
          writer.awaitProgress();
          load.awaitProgress();
          System.out.printf(
              "%s, %s: no acknowledged write for %d ms%n",
              ensemble, fault, writer.takeGap().toMillis());
        }
      }
      load.end();
      List<String> acknowledged = writer.end();
      Map<String, String> tree = EqualServers.check(ensemble);
      load.check(tree);
      EqualServers.have(tree, acknowledged);
    }
  }

  /** Followers that don't answer are as good as none. */
  @ParameterizedTest
  @MethodSource("mixes")
  void aLeaderWhoseFollowersArePausedStopsServing(Mix mix) throws IOException {
    Ensemble ensemble = start(mix, faultSpec());
    int leader = ensemble.leader();
    Wire wire = Wire.session(ensemble.server(leader));
    wire.ok(Requests.create("/before"));
    List<Integer> followers = ensemble.votersBut(leader);
    followers.forEach(sid -> ensemble.server(sid).pause());
    wire.send(Requests.create("/unanswered"));
    Ensemble.await(
        "the leader stops serving",
        SYNC_LIMIT_TIME.plus(SLACK),
        () -> !ensemble.serves(leader) && Wire.refused(ensemble.server(leader)));
    assertThat(wire.drainedAndClosed()).isTrue();
    followers.forEach(sid -> ensemble.server(sid).resume());
    ensemble.awaitServing();
    ensemble.awaitFollowers(2);
    EqualServers.check(ensemble);
  }

  @ParameterizedTest
  @MethodSource("mixes")
  void aServerThatIsLeftAloneStopsServing(Mix mix) throws IOException {
    Ensemble ensemble = start(mix, faultSpec());
    int leader = ensemble.leader();
    List<Integer> followers = ensemble.votersBut(leader);
    int last = followers.get(0);
    Wire wire = Wire.session(ensemble.server(last));
    wire.ok(Requests.create("/before"));
    ensemble.server(followers.get(1)).kill();
    wire.ok(Requests.create("/two"));
    ensemble.server(leader).kill();
    Ensemble.await(
        "the last server stops serving",
        SYNC_LIMIT_TIME.plus(SLACK),
        () -> !ensemble.serves(last) && Wire.refused(ensemble.server(last)));
    assertThat(wire.drainedAndClosed()).isTrue();
    ensemble.server(leader).launch();
    ensemble.awaitServing();
    try (Wire again = Wire.open(ensemble.server(last))) {
      assertThat(again.shake(Handshake.resume(wire.session())).id()).isEqualTo(wire.session().id());
      again.ok(Requests.exists("/two", false));
    }
    ensemble.restoreAll();
    EqualServers.check(ensemble);
  }

  /** An ephemeral goes when its owner is silent for its timeout, and not because of an election. */
  @ParameterizedTest
  @MethodSource("mixes")
  void sessionsOutliveElectionsAndSilentOnesDoNot(Mix mix) throws IOException {
    Ensemble ensemble = start(mix, faultSpec());
    int leader = ensemble.leader();
    Wire silent = Wire.session(ensemble.server(leader), Handshake.fresh().withTimeoutMs(3000));
    silent.ok(Requests.create("/silent", new byte[0], 1));
    Wire patient = Wire.session(ensemble.server(leader));
    patient.ok(Requests.create("/patient", new byte[0], 1));
    ensemble.server(leader).kill();
    ensemble.awaitServing();
    int next = ensemble.leader();
    Wire wire = Wire.session(ensemble.server(next));
    Ensemble.await(
        "the silent session's ephemeral is gone",
        () -> wire.call(Requests.exists("/silent", false)).err() == -101);
    wire.ok(Requests.exists("/patient", false));
    Wire again = Wire.open(ensemble.server(next));
    assertThat(again.shake(Handshake.resume(patient.session())).id())
        .isEqualTo(patient.session().id());
    assertThat(Wire.open(ensemble.server(next)).shake(Handshake.resume(silent.session())).id())
        .isZero();
  }
}
