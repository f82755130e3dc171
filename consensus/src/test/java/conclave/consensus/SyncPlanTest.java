package conclave.consensus;

import static conclave.consensus.Packets.proposal;
import static conclave.consensus.Packets.show;
import static conclave.consensus.Packets.z;
import static org.assertj.core.api.Assertions.assertThat;

import conclave.protocol.QuorumPacketType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SyncPlanTest {

  /**
   * The leader began with 1.3, which is in a snapshot, and has 1.4 1.5 | 2.1 2.2 | 4.1 4.2, of
   * which the disk has all and the memory what comes behind 1.5.
   */
  @ParameterizedTest(name = "{0}")
  @CsvSource({
    // Equal, behind within the window, behind within what is on disk, behind that.
    "4.2, DIFF 4.2 after 4.2, DIFF 4.2 after 4.2",
    "4.1, DIFF 4.2 after 4.1, DIFF 4.2 after 4.1",
    "2.1, DIFF 4.2 after 2.1, DIFF 4.2 after 2.1",
    "1.5, DIFF 4.2 after 1.5, DIFF 4.2 after 1.5",
    "1.4, DIFF 4.2 after 1.5 with the disk, DIFF 4.2 after 1.5 with the disk",
    "1.2, SNAP, SNAP",
    "0.7, SNAP, SNAP",
    "0.0, SNAP, SNAP",
    // Ahead.
    "4.3, TRUNC 4.2 after 4.2, TRUNC 4.2 after 4.2",
    "5.1, TRUNC 4.2 after 4.2, TRUNC 4.2 after 4.2",
    "5.0, SNAP, SNAP",
    // In between, with something of its own: Apache's leaders don't cut behind an epoch.
    "2.7, SNAP, TRUNC 2.2 after 2.2",
    "3.1, SNAP, TRUNC 2.2 after 2.2",
    "1.7, SNAP, TRUNC 1.5 after 1.5",
    // A snapshot from the beginning of an epoch.
    "4.0, DIFF 4.2 after 4.0, DIFF 4.2 after 4.0",
    "2.0, DIFF 4.2 after 2.0, DIFF 4.2 after 2.0",
    "3.0, DIFF 4.2 after 3.0, DIFF 4.2 after 3.0",
  })
  void asApachesLeadersChoose(String peer, String apache, String conclave) {
    History history = history(z(1, 5), List.of(z(2, 1), z(2, 2), z(4, 1), z(4, 2)));
    Disk disk = new Disk(List.of(z(1, 3), z(1, 4), z(1, 5), z(2, 1), z(2, 2), z(4, 1), z(4, 2)));
    assertThat(show(SyncPlan.choose(parse(peer), false, history, disk))).isEqualTo(apache);
    assertThat(show(SyncPlan.choose(parse(peer), true, history, disk))).isEqualTo(conclave);
  }

  @Test
  void withNothingInMemory() {
    History history = history(z(1, 5), List.of());
    assertThat(show(SyncPlan.choose(z(1, 5), true, history, null))).isEqualTo("DIFF 1.5 after 1.5");
    assertThat(show(SyncPlan.choose(z(1, 4), true, history, null))).isEqualTo("SNAP");
    assertThat(show(SyncPlan.choose(z(1, 6), true, history, null)))
        .isEqualTo("TRUNC 1.5 after 1.5");
  }

  @Test
  void nobodyIsCutBackToWhatIsInNoLog() {
    History empty = history(0, List.of());
    assertThat(show(SyncPlan.choose(0, true, empty, null))).isEqualTo("DIFF 0.0 after 0.0");
    assertThat(show(SyncPlan.choose(z(1, 1), true, empty, null))).isEqualTo("SNAP");
    History fromSnapshot = history(z(2, 0), List.of());
    assertThat(show(SyncPlan.choose(z(2, 0), true, fromSnapshot, null)))
        .isEqualTo("DIFF 2.0 after 2.0");
    assertThat(show(SyncPlan.choose(z(2, 1), true, fromSnapshot, null))).isEqualTo("SNAP");
    assertThat(show(SyncPlan.choose(z(1, 9), true, fromSnapshot, null))).isEqualTo("SNAP");
  }

  @Test
  void zookeeper2846OnlyWhatIsCommittedIsSent() {
    History history = history(z(1, 5), List.of(z(1, 6)));
    history.append(proposal(z(1, 7)));
    assertThat(show(SyncPlan.choose(z(1, 5), true, history, null))).isEqualTo("DIFF 1.6 after 1.5");
    assertThat(show(SyncPlan.choose(z(1, 7), true, history, null)))
        .isEqualTo("TRUNC 1.6 after 1.6");
  }

  private static long parse(String zxid) {
    String[] parts = zxid.split("\\.");
    return z(Long.parseLong(parts[0]), Long.parseLong(parts[1]));
  }

  private static String show(SyncPlan plan) {
    return plan.type() == QuorumPacketType.SNAP
        ? "SNAP"
        : plan.type()
            + " "
            + Packets.show(plan.zxid())
            + " after "
            + Packets.show(plan.afterZxid())
            + (plan.older() == null ? "" : " with the disk");
  }

  private static History history(long base, List<Long> window) {
    History history = new History(base, 1000, 1 << 20);
    for (long zxid : window) {
      history.append(proposal(zxid));
      history.durable(zxid);
      history.commit();
    }
    return history;
  }

  /** A log that knows of each transaction from its second on which one comes before it. */
  private record Disk(List<Long> log) implements DiskLog {
    @Override
    public @Nullable Transactions read(long afterZxid, long upToZxid) {
      int from = log.indexOf(afterZxid);
      if (from < 0) {
        return null;
      }
      List<Long> range =
          log.subList(from + 1, log.size()).stream().filter(zxid -> zxid <= upToZxid).toList();
      return new Transactions() {
        private int next;

        @Override
        public @Nullable Proposal next() {
          return next == range.size() ? null : proposal(range.get(next++));
        }

        @Override
        public void close() {}
      };
    }
  }

  // --- Against a dumb twin

  /** A server as the twin sees it: everything that it ever got, from the first transaction on. */
  private static final class Server {
    final int id;
    List<Long> log = new ArrayList<>();

    /** 0, or the beginning of an epoch that an Apache leader called its snapshot. */
    long label;

    long currentEpoch;

    Server(int id) {
      this.id = id;
    }

    long last() {
      return Math.max(label, log.isEmpty() ? 0 : log.get(log.size() - 1));
    }
  }

  /**
   * ZAB with whole histories instead of packets: leaders come and go, some without ever getting a
   * quorum; members miss things, have things that nobody else has, and crash half-way. Whatever a
   * plan says, carried out on the learner's whole log it must give the leader's committed history;
   * and nothing that was committed may ever be gone.
   */
  @Test
  void carriedOutAPlanGivesTheLeadersHistory() {
    for (int seed = 0; seed < 5_000; seed++) {
      new World(seed).run();
    }
  }

  private static final class World {
    private final int seed;
    private final Random random;
    private final List<Server> servers = new ArrayList<>();
    private List<Long> committed = new ArrayList<>();
    private long epoch;

    World(int seed) {
      this.seed = seed;
      this.random = new Random(seed);
      int count = random.nextBoolean() ? 3 : 5;
      for (int id = 0; id < count; id++) {
        servers.add(new Server(id));
      }
    }

    void run() {
      for (int i = 0; i < 8; i++) {
        epoch++;
        term();
      }
    }

    private void term() {
      Set<Server> electors = new LinkedHashSet<>();
      while (electors.size() <= servers.size() / 2) {
        electors.add(any());
      }
      Server leader =
          electors.stream()
              .max(
                  Comparator.<Server>comparingLong(s -> s.currentEpoch)
                      .thenComparingLong(Server::last)
                      .thenComparingInt(s -> s.id))
              .orElseThrow();
      boolean apache = random.nextInt(3) == 0;
      leader.currentEpoch = epoch;
      int own = leader.log.size();
      Set<Server> synced = new LinkedHashSet<>(Set.of(leader));
      for (Server server : electors) {
        if (server != leader && random.nextInt(5) != 0) {
          synchronise(leader, own, server, synced);
        }
      }
      if (synced.size() <= servers.size() / 2) {
        return;
      }
      assertThat(leader.log.subList(0, Math.min(own, committed.size())))
          .as("seed=%s epoch=%s", seed, epoch)
          .isEqualTo(committed);
      committed = new ArrayList<>(leader.log);
      if (apache) {
        leader.label = z(epoch, 0);
      }
      if (random.nextInt(3) == 0) {
        synchronise(leader, own, any(), synced);
      }
      for (int counter = 1; counter < 1 + random.nextInt(4); counter++) {
        propose(leader, z(epoch, counter), synced);
        if (random.nextInt(3) == 0) {
          synchronise(leader, committed.size(), any(), synced);
        }
      }
    }

    /** Goes to some, and is committed if these are enough; who misses one is off. */
    private void propose(Server leader, long zxid, Set<Server> synced) {
      leader.log.add(zxid);
      for (Server server : List.copyOf(synced)) {
        if (server != leader) {
          if (random.nextInt(4) == 0) {
            synced.remove(server);
          } else {
            server.log.add(zxid);
          }
        }
      }
      if (synced.size() > servers.size() / 2 && committed.size() == leader.log.size() - 1) {
        committed.add(zxid);
      }
    }

    private Server any() {
      return servers.get(random.nextInt(servers.size()));
    }

    private void synchronise(Server leader, int own, Server server, Set<Server> synced) {
      if (server == leader || synced.contains(server)) {
        return;
      }
      List<Long> target = leader.log.subList(0, own);
      boolean cuts = random.nextBoolean();
      History history = inMemory(leader, target);
      Disk disk = new Disk(target.subList(random.nextInt(own + 1), own));
      SyncPlan plan =
          SyncPlan.choose(server.last(), cuts, history, random.nextBoolean() ? disk : null);
      List<Long> result = carryOut(plan, server.log, target, history);
      assertThat(result).as(() -> what(leader, own, server, plan)).isEqualTo(target);
      if (server.log.equals(target.subList(0, Math.min(server.log.size(), own)))
          && server.last() >= Math.max(1, history.beforeWindow())
          && Zxid.counter(server.last()) != 0) {
        assertThat(plan.type())
            .as(() -> what(leader, own, server, plan))
            .isEqualTo(QuorumPacketType.DIFF);
      }
      if (plan.type() == QuorumPacketType.SNAP) {
        server.label = own == leader.log.size() ? leader.label : 0;
      } else if (plan.type() == QuorumPacketType.TRUNC) {
        server.label = Math.min(server.label, plan.zxid());
      }
      server.log = result;
      if (random.nextInt(5) == 0) {
        return;
      }
      // What is under way comes behind, and then NEWLEADER.
      server.log = new ArrayList<>(leader.log);
      server.currentEpoch = epoch;
      synced.add(server);
    }

    private String what(Server leader, int own, Server server, SyncPlan plan) {
      return "seed=%s epoch=%s plan=%s learner=%s label=%s leader=%s"
          .formatted(
              seed,
              epoch,
              show(plan),
              server.log.stream().map(Packets::show).toList(),
              Packets.show(server.label),
              leader.log.subList(0, own).stream().map(Packets::show).toList());
    }

    /** The newest part of the history, however much of it is in memory. */
    private History inMemory(Server leader, List<Long> target) {
      int from = random.nextInt(target.size() + 1);
      long base = from == 0 ? 0 : target.get(from - 1);
      boolean labelIsBase =
          leader.label > base && (from == target.size() || leader.label < target.get(from));
      return history(labelIsBase ? leader.label : base, target.subList(from, target.size()));
    }

    private static List<Long> carryOut(
        SyncPlan plan, List<Long> log, List<Long> target, History history) {
      if (plan.type() == QuorumPacketType.SNAP) {
        return new ArrayList<>(target);
      }
      List<Long> result = new ArrayList<>(log);
      if (plan.type() == QuorumPacketType.TRUNC) {
        result.removeIf(zxid -> zxid > plan.zxid());
      }
      DiskLog.Transactions older = plan.older();
      if (older != null) {
        for (Proposal next = older.next(); next != null; next = older.next()) {
          result.add(next.zxid());
        }
      }
      for (Proposal proposal : history.window()) {
        if (proposal.zxid() > plan.afterZxid()) {
          result.add(proposal.zxid());
        }
      }
      return result;
    }
  }
}
