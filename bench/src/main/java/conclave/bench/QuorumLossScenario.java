package conclave.bench;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * All members but one are paused, which closes no connection: how long the one that is left goes on
 * answering reads and taking sessions, once for a leader and once for a follower. With the others
 * back it has to serve again.
 */
final class QuorumLossScenario implements Scenario {
  private static final int MEMBERS = 3;
  private static final String PATH = "/";
  private static final int READ_LIMIT_MS = 1_000;
  private static final long READ_EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
  private static final long GIVE_UP_NANOS = TimeUnit.MINUTES.toNanos(1);

  @Override
  public void measure(Bench bench) throws IOException, InterruptedException {
    try (EnsembleProcesses ensemble = bench.startEnsemble(MEMBERS)) {
      int leader = ensemble.leader();
      bench.record(Metric.LEADER_ALONE, aloneMs(ensemble, leader));
      ensemble.awaitServing();
      int follower = ensemble.others(ensemble.leader()).get(0);
      bench.record(Metric.FOLLOWER_ALONE, aloneMs(ensemble, follower));
      ensemble.awaitServing();
    }
  }

  private static double aloneMs(EnsembleProcesses ensemble, int id)
      throws IOException, InterruptedException {
    ServerProcess member = ensemble.member(id);
    List<Integer> others = ensemble.others(id);
    try (Reader reader = new Reader(member)) {
      reader.read();
      for (int other : others) {
        ensemble.member(other).pause();
      }
      long begin = System.nanoTime();
      long answered = begin;
      while (reader.answers() || reader.opens()) {
        answered = System.nanoTime();
        if (answered - begin > GIVE_UP_NANOS) {
          throw new IOException("it answers a minute after it has lost its quorum");
        }
        TimeUnit.NANOSECONDS.sleep(READ_EVERY_NANOS);
      }
      for (int other : others) {
        ensemble.member(other).resume();
      }
      return (answered - begin) / 1e6;
    }
  }

  /** A session at one server that was there before, and the attempt to have another one. */
  private static final class Reader implements AutoCloseable {
    private final ServerProcess member;
    private final BlockingSession session;

    Reader(ServerProcess member) throws IOException {
      this.member = member;
      this.session = BlockingSession.open(member.address());
      session.limitSilence(READ_LIMIT_MS);
    }

    void read() throws IOException {
      session.getData(PATH);
    }

    boolean answers() {
      try {
        read();
        return true;
      } catch (IOException closedOrSilent) {
        return false;
      }
    }

    /** A new session is a change, which nobody can commit; so it is asked what it is. */
    boolean opens() {
      return member.mode().isPresent();
    }

    @Override
    public void close() throws IOException {
      session.hangUp();
    }
  }
}
