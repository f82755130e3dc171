package conclave.consensus;

import conclave.protocol.Notification;
import conclave.protocol.ServerState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;

/**
 * Servers that elect, on an invented network: messages take their time, links come and go, servers
 * stop and start. Behind the election stands as much of a broadcast protocol as is needed to have
 * histories that differ: a leader is established when a quorum has come to it, in a new epoch, and
 * brings all of them to its own history; from then on it logs, and what a quorum has logged is
 * committed.
 */
final class ElectionWorld {
  private static final long CHECK_MS = 50;

  /** How long a server keeps to a leader that doesn't take it, and a leader waits for a quorum. */
  private static final long PATIENCE_MS = 2000;

  final Map<Long, Server> servers = new TreeMap<>();
  final Membership membership;
  final List<String> wrong = new ArrayList<>();

  /** Who was established in which epoch: no epoch may have two. */
  private final Map<Long, Long> leaderOfEpoch = new HashMap<>();

  private final Random random;
  private final int maxDelayMs;
  private final Set<String> cut = new HashSet<>();
  private final PriorityQueue<Event> events = new PriorityQueue<>();
  private final Map<String, Long> lastArrivalMs = new HashMap<>();
  private long sequence;
  private long committed;
  private long committedEpoch;
  long nowMs;

  private record Event(long atMs, long sequence, Runnable action) implements Comparable<Event> {
    @Override
    public int compareTo(Event other) {
      int byTime = Long.compare(atMs, other.atMs);
      return byTime != 0 ? byTime : Long.compare(sequence, other.sequence);
    }
  }

  ElectionWorld(Membership membership, Random random, int maxDelayMs) {
    this.membership = membership;
    this.random = random;
    this.maxDelayMs = maxDelayMs;
    membership.config().members().keySet().forEach(id -> servers.put(id, new Server(id)));
  }

  /** One server; its epochs and its last zxid outlive a crash. */
  final class Server implements ElectionPort {
    final long id;
    long acceptedEpoch;
    long currentEpoch;
    long zxid;
    boolean alive;
    int life;
    Election election = newElection();
    long leader = -1;
    boolean established;
    private long sinceMs;
    private long wakeMs = Long.MAX_VALUE;

    Server(long id) {
      this.id = id;
    }

    private Election newElection() {
      return new Election(id, membership, ElectionSettings.DEFAULT, this);
    }

    void start() {
      alive = true;
      life++;
      election = newElection();
      look();
      for (Server other : servers.values()) {
        if (other != this) {
          connect(other);
        }
      }
      int mine = life;
      at(CHECK_MS, () -> check(mine));
    }

    void crash() {
      alive = false;
      life++;
      leader = -1;
      established = false;
      for (Server other : servers.values()) {
        if (other != this && other.alive && linked(id, other.id)) {
          at(random.nextInt(5), () -> other.lost(id));
        }
      }
    }

    private void lost(long other) {
      if (alive && !(servers.get(other).alive && linked(id, other))) {
        election.linkDown(other, nowMs);
        afterwards();
      }
    }

    void connect(Server other) {
      if (other.alive && linked(id, other.id)) {
        up(other.id);
        other.up(id);
      } else {
        at(random.nextInt(5), () -> lost(other.id));
      }
    }

    private void up(long other) {
      int mine = life;
      at(
          random.nextInt(maxDelayMs + 1),
          () -> {
            if (life == mine && servers.get(other).alive && linked(id, other)) {
              election.linkUp(other, nowMs);
              afterwards();
            }
          });
    }

    void look() {
      leader = -1;
      established = false;
      election.lookForLeader(zxid, currentEpoch, nowMs);
      afterwards();
    }

    @Override
    public void send(long to, Notification notification) {
      if (!linked(id, to)) {
        return;
      }
      Server receiver = servers.get(to);
      String path = id + ">" + to;
      // In order, as on a connection.
      long arrivalMs =
          Math.max(nowMs + 1 + random.nextInt(maxDelayMs), lastArrivalMs.getOrDefault(path, 0L));
      lastArrivalMs.put(path, arrivalMs);
      int mine = life;
      int theirs = receiver.life;
      at(
          arrivalMs - nowMs,
          () -> {
            if (life == mine && receiver.life == theirs && receiver.alive && linked(id, to)) {
              receiver.election.received(id, notification, nowMs);
              receiver.afterwards();
            }
          });
    }

    @Override
    public void decided(ServerState state, long leader, Vote vote) {
      this.leader = leader;
      this.established = false;
      this.sinceMs = nowMs;
      if (!membership.isVoter(leader)) {
        wrong.add("decided for " + leader);
      }
      if ((state == ServerState.LEADING) != (leader == id)) {
        wrong.add(id + " is " + state + " with leader " + leader);
      }
      if ((state == ServerState.OBSERVING) != membership.isObserver(id)) {
        wrong.add(id + " is " + state);
      }
      if (membership.quorum().weight(leader) == 0) {
        wrong.add(leader + " weighs nothing and leads");
      }
    }

    private void afterwards() {
      long dueMs = election.nextWakeMs();
      if (alive && dueMs < wakeMs) {
        wakeMs = dueMs;
        int mine = life;
        at(
            Math.max(0, dueMs - nowMs),
            () -> {
              wakeMs = Long.MAX_VALUE;
              if (life == mine) {
                election.tick(nowMs);
              }
              if (alive) {
                afterwards();
              }
            });
      }
    }

    /** What the rest of the server does now and then. */
    private void check(int mine) {
      if (life != mine) {
        return;
      }
      at(CHECK_MS, () -> check(mine));
      if (leader == id) {
        lead();
      } else if (leader >= 0 && !isWithLeader()) {
        established = false;
        if (nowMs - sinceMs > PATIENCE_MS || !servers.get(leader).alive) {
          look();
        }
      } else if (leader >= 0) {
        sinceMs = nowMs;
      }
    }

    private boolean isWithLeader() {
      Server chosen = servers.get(leader);
      return chosen.alive
          && linked(id, leader)
          && chosen.leader == leader
          && (!established || chosen.established && chosen.currentEpoch == currentEpoch);
    }

    private void lead() {
      Set<Long> with = new HashSet<>();
      for (Server other : servers.values()) {
        if (other.alive && other.leader == id && other.isWithLeader()) {
          with.add(other.id);
        }
      }
      if (!membership.quorum().isQuorum(with)) {
        if (established || nowMs - sinceMs > PATIENCE_MS) {
          look();
        }
        return;
      }
      sinceMs = nowMs;
      if (!established) {
        establish(with);
      } else {
        take(with);
        log(with);
      }
    }

    private void establish(Set<Long> with) {
      for (long other : with) {
        Server follower = servers.get(other);
        if (membership.isVoter(other)
            && new Vote(0, follower.zxid, follower.currentEpoch)
                .beats(new Vote(0, zxid, currentEpoch))) {
          // Elected by chance, with a follower that knows more: as Apache, it gives up.
          look();
          return;
        }
      }
      if (new Vote(0, committed, committedEpoch).beats(new Vote(0, zxid, currentEpoch))) {
        wrong.add(
            "leader " + id + " has " + zxid + "@" + currentEpoch + ", committed is " + committed);
      }
      long epoch =
          with.stream().mapToLong(other -> servers.get(other).acceptedEpoch).max().getAsLong() + 1;
      Long before = leaderOfEpoch.put(epoch, id);
      if (before != null) {
        wrong.add("epoch " + epoch + " has leaders " + before + " and " + id);
      }
      established = true;
      acceptedEpoch = epoch;
      currentEpoch = epoch;
      election.established(epoch);
      take(with);
      commit(with);
    }

    /** Brings those that have come to this leader to its epoch and history. */
    private void take(Set<Long> with) {
      for (long other : with) {
        Server follower = servers.get(other);
        if (!follower.established && follower.acceptedEpoch <= currentEpoch) {
          follower.acceptedEpoch = currentEpoch;
          follower.currentEpoch = currentEpoch;
          follower.zxid = zxid;
          follower.established = true;
          follower.election.established(currentEpoch);
        }
      }
    }

    private void log(Set<Long> with) {
      if (random.nextBoolean()) {
        long next = Math.max(zxid, currentEpoch << 32) + 1;
        Set<Long> logged = new HashSet<>();
        for (long other : with) {
          Server follower = servers.get(other);
          if (follower.established && (other == id || random.nextInt(4) > 0)) {
            if (follower.zxid == zxid || other == id) {
              logged.add(other);
            }
          }
        }
        logged.forEach(other -> servers.get(other).zxid = next);
        commit(logged);
      }
    }

    private void commit(Set<Long> logged) {
      if (membership
          .quorum()
          .isQuorum(other -> logged.contains(other) && servers.get(other).zxid == zxid)) {
        committed = zxid;
        committedEpoch = currentEpoch;
      }
    }
  }

  void at(long inMs, Runnable action) {
    events.add(new Event(nowMs + inMs, sequence++, action));
  }

  /** Lets time pass. */
  void run(long untilMs) {
    while (!events.isEmpty() && events.peek().atMs <= untilMs) {
      Event event = events.remove();
      nowMs = event.atMs;
      event.action.run();
    }
    nowMs = untilMs;
  }

  boolean linked(long one, long other) {
    return !cut.contains(one + ">" + other) && !cut.contains(other + ">" + one);
  }

  void cut(long one, long other) {
    if (linked(one, other)) {
      cut.add(one + ">" + other);
      at(random.nextInt(20), () -> servers.get(one).lost(other));
      at(random.nextInt(20), () -> servers.get(other).lost(one));
    }
  }

  void heal(long one, long other) {
    if (!linked(one, other)) {
      cut.remove(one + ">" + other);
      cut.remove(other + ">" + one);
      if (servers.get(one).alive && servers.get(other).alive) {
        servers.get(one).connect(servers.get(other));
      }
    }
  }

  /** Whether all that run follow one leader, in its epoch. */
  boolean isOne() {
    Set<Long> leaders = new HashSet<>();
    for (Server server : servers.values()) {
      if (server.alive) {
        if (!server.established) {
          return false;
        }
        leaders.add(server.leader);
      }
    }
    return leaders.size() == 1;
  }

  String state() {
    StringBuilder text = new StringBuilder("at " + nowMs + " ms");
    servers
        .values()
        .forEach(
            server ->
                text.append("\n  ")
                    .append(server.alive ? "" : "(down) ")
                    .append(server.election)
                    .append(" follows=" + server.leader + " established=" + server.established)
                    .append(" epochs=" + server.acceptedEpoch + "/" + server.currentEpoch)
                    .append(" zxid=" + Long.toHexString(server.zxid)));
    return text.append("\n  cut: " + cut).toString();
  }
}
