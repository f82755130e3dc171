package conclave.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * The leader is killed while clients write: how long one of them has no write acknowledged, and
 * whether all that was ever acknowledged is on every member afterwards.
 */
final class FailoverScenario implements Scenario {
  private static final int MEMBERS = 3;

  /** The others are the load. */
  private static final int WATCHED = 0;

  private static final long LOOK_EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  @Override
  public void measure(Bench bench) throws IOException {
    Settings settings = bench.settings();
    try (EnsembleProcesses ensemble = bench.startEnsemble(MEMBERS);
        EagerClients clients = EagerClients.open(ensemble.addresses())) {
      clients.pumpUntilAllWrite();
      clients.pump(Bench.nanos(settings.warmUp()));
      List<Double> gaps = new ArrayList<>();
      for (int i = 0; i < settings.failovers(); i++) {
        double gapMs = killLeader(ensemble, clients) / 1e6;
        gaps.add(gapMs);
        bench.record(Metric.FAILOVER_GAP, gapMs);
        clients.pump(Bench.nanos(settings.settle()));
      }
      bench.record(Metric.FAILOVER_SHORTEST, Collections.min(gaps));
      bench.record(Metric.FAILOVER_LONGEST, Collections.max(gaps));
      count(bench, ensemble, clients);
    }
  }

  /** Returns when the member is back and follows. */
  private static long killLeader(EnsembleProcesses ensemble, EagerClients clients)
      throws IOException {
    int leader = ensemble.leader();
    clients.pumpUntilAllWrite();
    clients.takeGapNanos(WATCHED);
    ensemble.member(leader).kill();
    clients.pumpUntilAllWrite();
    long gap = clients.takeGapNanos(WATCHED);
    ensemble.restart(leader);
    while (!ensemble.isServing()) {
      if (!ensemble.isAlive()) {
        throw new IOException("a member died: " + ensemble.member(leader).logTail());
      }
      clients.pump(LOOK_EVERY_NANOS);
    }
    return gap;
  }

  private static void count(Bench bench, EnsembleProcesses ensemble, EagerClients clients)
      throws IOException {
    long acknowledged = 0;
    long lost = 0;
    for (int client = 0; client < EagerClients.CLIENTS; client++) {
      BitSet writes = clients.acknowledged(client);
      acknowledged += writes.cardinality();
      for (int id : ensemble.ids()) {
        Set<String> there = children(ensemble.member(id), EagerClients.folder(client));
        lost += writes.stream().filter(w -> !there.contains(EagerClients.name(w))).count();
      }
    }
    bench.record(Metric.FAILOVER_ACKNOWLEDGED, acknowledged);
    bench.record(Metric.FAILOVER_LOST, lost);
  }

  private static Set<String> children(ServerProcess member, String path) throws IOException {
    try (BlockingSession session = BlockingSession.open(member.address())) {
      session.sync(path);
      return session.children(path);
    }
  }
}
