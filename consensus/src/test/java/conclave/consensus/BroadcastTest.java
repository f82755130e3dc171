package conclave.consensus;

import static conclave.consensus.Packets.APACHE;
import static conclave.consensus.Packets.CONCLAVE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import conclave.protocol.QuorumPacket;
import conclave.protocol.QuorumPacketType;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Leaders and followers with each other, over links that keep the order and break, on disks that
 * are slow and lose what is not durable, through crashes and changes of the leader. Who leads is
 * picked by the test, as an election would: the most recent of a quorum.
 *
 * <p>Checked: what is committed is on the disks of a quorum; nothing that was committed is ever
 * gone; who serves has applied a beginning of what is committed, in order; a leader that has proof
 * of its leadership has everything that was committed before it asked for that.
 */
class BroadcastTest {
  private static final int TICK = 50;
  private static final int SEEDS = 150;

  @Test
  void nothingThatIsCommittedIsLostOrReordered() {
    int commits = 0;
    int leaders = 0;
    int confirmed = 0;
    Map<String, Integer> packets = new HashMap<>();
    for (int seed = 0; seed < SEEDS; seed++) {
      World world = new World(seed, packets);
      try {
        world.run();
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError("seed=" + seed + "\n" + String.join("\n", world.trace()), e);
      }
      commits += world.truth.size();
      leaders += world.leaders;
      confirmed += world.confirmed;
    }
    // It must have been worth it.
    assertThat(commits).isGreaterThan(SEEDS * 20);
    assertThat(leaders).isGreaterThan(SEEDS * 2);
    assertThat(confirmed).isGreaterThan(SEEDS);
    assertThat(packets.keySet()).contains("DIFF", "TRUNC", "SNAP", "INFORM", "COMMIT");
    assertThat(packets.get("TRUNC")).isGreaterThan(SEEDS / 10);
    assertThat(packets.get("SNAP")).isGreaterThan(SEEDS / 10);
  }

  /** What a transaction is, wherever it is met. */
  private record Txn(long zxid, String body) {}

  private static String describe(List<Txn> txns) {
    return txns.stream().map(txn -> Packets.show(txn.zxid)).collect(Collectors.joining(" "));
  }

  /** One direction of a link; what is in it arrives in order or not at all. */
  private static final class Pipe {
    final ArrayDeque<Object> content = new ArrayDeque<>();
  }

  private static final class Link {
    final long id;
    final Node learner;
    final Node leader;
    final Pipe up = new Pipe();
    final Pipe down = new Pipe();
    boolean learnerOpen = true;
    boolean leaderOpen = true;

    Link(long id, Node learner, Node leader) {
      this.id = id;
      this.learner = learner;
      this.leader = leader;
    }
  }

  /** What the leader's snapshot is on its way. */
  private record Snapshot(List<Txn> tree) {}

  private static final class World {
    private static final int COUNTS = 24;

    final Random random;
    final List<Node> nodes = new ArrayList<>();
    final List<Link> links = new ArrayList<>();
    final Map<String, Integer> packets;
    private final ArrayDeque<String> trace = new ArrayDeque<>();

    /** Everything that a leader has ever committed, and what leaders began with. */
    List<Txn> truth = new ArrayList<>();

    final int syncLimit;
    int voters;
    int leaders;
    int confirmed;
    long now = 1000;
    long nextLink = 1;
    int nextBody;
    boolean calm;

    World(long seed, Map<String, Integer> packets) {
      this.random = new Random(seed);
      this.packets = packets;
      voters = random.nextInt(3) == 0 ? 5 : 3;
      // With a long one, leaders that have lost their followers live on for a while.
      syncLimit = random.nextBoolean() ? 5 : 40;
      StringBuilder members = new StringBuilder();
      for (int sid = 1; sid <= voters + 1; sid++) {
        members.append("server.%d=a:1:2%s\n".formatted(sid, sid > voters ? ":observer" : ""));
      }
      Membership membership = Membership.parse(members.toString());
      for (int sid = 1; sid <= voters + 1; sid++) {
        nodes.add(new Node(this, sid, membership, random.nextInt(3) == 0 ? APACHE : CONCLAVE));
      }
    }

    void note(String what) {
      trace.addLast(now + " " + what);
      if (trace.size() > 300) {
        trace.removeFirst();
      }
    }

    List<String> trace() {
      return List.copyOf(trace);
    }

    void run() {
      for (int step = 0; step < 1200; step++) {
        step();
      }
      calmDown();
    }

    private void step() {
      now += random.nextInt(4);
      int choice = random.nextInt(1000);
      Node node = any();
      if (choice < 3) {
        node.crash();
      } else if (choice < 8 && !links.isEmpty()) {
        cut(links.get(random.nextInt(links.size())));
      } else if (choice < 10) {
        isolate(node);
      } else if (choice < 30) {
        elect();
      } else if (choice < 200) {
        node.propose();
      } else if (choice < 350) {
        node.logSome();
      } else if (choice < 420) {
        node.confirm();
      } else {
        deliver();
      }
      for (Node each : nodes) {
        each.tick();
      }
    }

    /** Nothing fails any more: all have to be equal in the end. */
    private void calmDown() {
      calm = true;
      for (int step = 0; step < 20_000 && !isCalm(); step++) {
        now += 2;
        elect();
        deliver();
        for (Node node : nodes) {
          node.logSome();
          node.tick();
        }
      }
      for (Node node : nodes) {
        assertThat(describe(node.tree)).as("server %s", node.sid).isEqualTo(describe(truth));
        assertThat(node.tree).isEqualTo(truth);
      }
    }

    private boolean isCalm() {
      return nodes.stream().allMatch(node -> node.isUp() && node.isServing() && node.isIdle())
          && links.stream()
              .noneMatch(
                  link ->
                      !link.learnerOpen
                          || !link.leaderOpen
                          || link.up.content.stream().anyMatch(World::isNoPing)
                          || link.down.content.stream().anyMatch(World::isNoPing));
    }

    private static boolean isNoPing(Object content) {
      return !(content instanceof QuorumPacket packet && packet.is(QuorumPacketType.PING));
    }

    private Node any() {
      return nodes.get(random.nextInt(nodes.size()));
    }

    /** Those that follow nobody find a leader, or make one of them the leader. */
    private void elect() {
      List<Node> looking = nodes.stream().filter(Node::isLooking).toList();
      if (looking.isEmpty()) {
        return;
      }
      List<Node> leading = nodes.stream().filter(Node::isFound).toList();
      Node node = looking.get(random.nextInt(looking.size()));
      if (!leading.isEmpty() && random.nextInt(4) != 0) {
        node.follow(leading.get(random.nextInt(leading.size())));
        return;
      }
      List<Node> electors =
          looking.stream().filter(each -> each.sid <= voters && each.history.isDurable()).toList();
      if (electors.size() <= voters / 2) {
        return;
      }
      if (!calm && random.nextInt(4) == 0) {
        // An election on old news; discovery has to notice.
        electors.get(random.nextInt(electors.size())).lead();
      } else {
        electors.stream()
            .max(
                Comparator.comparingLong((Node each) -> each.epochs.current())
                    .thenComparingLong(each -> each.history.lastZxid())
                    .thenComparingLong(each -> each.sid))
            .orElseThrow()
            .lead();
      }
    }

    private void deliver() {
      if (links.isEmpty()) {
        return;
      }
      Link link = links.get(random.nextInt(links.size()));
      boolean up = random.nextBoolean();
      Pipe pipe = up ? link.up : link.down;
      Node to = up ? link.leader : link.learner;
      for (int batch = 1 + random.nextInt(4); batch > 0; batch--) {
        if (!(up ? link.leaderOpen : link.learnerOpen)) {
          break;
        }
        Object next = pipe.content.pollFirst();
        if (next == null) {
          break;
        }
        to.receive(link, next);
      }
      to.flush();
    }

    /** Nobody hears of a leader any more for a while, and it of nobody. */
    private void isolate(Node leader) {
      if (leader.leading == null) {
        return;
      }
      note(leader.sid + " is isolated");
      leader.isolatedUntil = now + 1000;
      for (Link link : List.copyOf(links)) {
        if (link.leader == leader && link.learnerOpen) {
          link.learnerOpen = false;
          link.learner.closed(link);
        }
      }
    }

    private void cut(Link link) {
      note("cut " + link.id);
      Node first = random.nextBoolean() ? link.learner : link.leader;
      if (first == link.learner ? link.learnerOpen : link.leaderOpen) {
        hangUp(link, first);
        first.closed(link);
      }
    }

    /** The other side may hear of it, or have nothing but silence and what was on its way. */
    void hangUp(Link link, Node side) {
      boolean learner = side == link.learner;
      boolean tells =
          (learner ? link.leaderOpen : link.learnerOpen) && (calm || random.nextBoolean());
      link.learnerOpen &= !learner && !tells;
      link.leaderOpen &= learner && !tells;
      if (!link.learnerOpen && !link.leaderOpen) {
        links.remove(link);
      }
      if (tells) {
        (learner ? link.leader : link.learner).closed(link);
      }
    }

    Link connect(Node learner, Node leader) {
      Link link = new Link(nextLink++, learner, leader);
      links.add(link);
      return link;
    }

    /** A leader has found its quorum: all that was ever committed is among what it begins with. */
    void began(Node leader) {
      leaders++;
      List<Txn> begin = leader.tree;
      assertThat(describe(begin.subList(0, Math.min(begin.size(), truth.size()))))
          .as("what server %s begins with", leader.sid)
          .isEqualTo(describe(truth));
      assertThat(begin.subList(0, truth.size())).isEqualTo(truth);
      truth = new ArrayList<>(begin);
    }

    /** A leader commits: it is on the disks of a quorum, and nobody has committed another. */
    void committed(Node leader, Txn txn) {
      long holders =
          nodes.stream().filter(node -> node.sid <= voters && node.disk.contains(txn)).count();
      assertThat(holders).as("disks that have " + txn).isGreaterThan(voters / 2);
      List<Txn> tree = leader.tree;
      int place = tree.size() - 1;
      if (place < truth.size()) {
        assertThat(truth.get(place)).isEqualTo(txn);
      } else {
        assertThat(place).isEqualTo(truth.size());
        truth.add(txn);
      }
    }

    void serves(Node node) {
      if (node.tree.size() > truth.size()
          || !node.tree.equals(truth.subList(0, node.tree.size()))) {
        fail("server %s has %s, committed is %s", node.sid, describe(node.tree), describe(truth));
      }
    }

    static int windowCount(Random random) {
      return random.nextInt(COUNTS);
    }
  }

  /** One server: a disk, a log's queue, a tree that is a list, and the role that it has. */
  private static final class Node implements Epochs.Store {
    final World world;
    final long sid;
    final Membership membership;
    final int features;

    List<Txn> disk = new ArrayList<>();
    final ArrayDeque<Txn> queue = new ArrayDeque<>();
    List<Txn> tree = new ArrayList<>();
    long acceptedOnDisk;
    long currentOnDisk;

    Epochs epochs;
    History history;
    @Nullable Leading leading;
    @Nullable Following following;
    @Nullable Link toLeader;
    boolean needsSnapshot;
    boolean broadcasts;
    boolean serves;
    long downUntil;
    long isolatedUntil;
    int checked;
    private final Map<Long, Integer> committedBefore = new HashMap<>();

    Node(World world, long sid, Membership membership, int features) {
      this.world = world;
      this.sid = sid;
      this.membership = membership;
      this.features = features;
      this.epochs = new Epochs(0, 0, this);
      this.history = new History(0, World.windowCount(world.random), 1 << 20);
    }

    @Override
    public void writeAccepted(long epoch) {
      acceptedOnDisk = epoch;
    }

    @Override
    public void writeCurrent(long epoch) {
      currentOnDisk = epoch;
    }

    boolean isUp() {
      return world.now >= downUntil;
    }

    boolean isLooking() {
      return isUp() && leading == null && following == null;
    }

    /** Whether others would find it in an election. */
    boolean isFound() {
      return leading != null && world.now >= isolatedUntil;
    }

    boolean isServing() {
      return leading != null ? broadcasts : serves;
    }

    boolean isIdle() {
      return history.isDurable() && history.tailSize() == 0;
    }

    // Roles

    void lead() {
      world.note(sid + " is elected, " + this);
      while (history.nextToCommit() != null) {
        apply(history.commit());
      }
      broadcasts = false;
      committedBefore.clear();
      leading =
          new Leading(
              new Leading.Settings(
                  sid, TICK, 10, world.syncLimit, 0, "config", features, Zxid.LAST_COUNTER),
              membership,
              history,
              this::readDisk,
              epochs,
              new Port());
      leading.start(world.now);
    }

    void follow(Node leader) {
      if (leader == this) {
        return;
      }
      world.note(sid + " follows " + leader.sid + ", " + this);
      Link link = world.connect(this, leader);
      toLeader = link;
      following =
          new Following(
              new Following.Settings(
                  sid, leader.sid, sid > world.voters, TICK, 10, world.syncLimit, 0, features),
              history,
              epochs,
              new LearnersPort(link));
      if (needsSnapshot) {
        following.needSnapshot();
      }
      if (leader.leading != null) {
        leader.leading.connected(link.id, world.now);
      }
      following.connected(world.now);
    }

    void look() {
      if (following != null) {
        needsSnapshot = following.needsSnapshot();
      }
      leading = null;
      following = null;
      serves = false;
      broadcasts = false;
      for (Link link : List.copyOf(world.links)) {
        if (link.learner == this && link.learnerOpen || link.leader == this && link.leaderOpen) {
          world.hangUp(link, this);
        }
      }
      toLeader = null;
    }

    void crash() {
      world.note(sid + " crashes, " + this);
      look();
      queue.clear();
      tree = new ArrayList<>(disk);
      epochs = new Epochs(acceptedOnDisk, currentOnDisk, this);
      history =
          new History(
              disk.isEmpty() ? 0 : disk.get(disk.size() - 1).zxid,
              World.windowCount(world.random),
              1 << 20);
      downUntil = world.now + world.random.nextInt(200);
    }

    // Inputs

    void receive(Link link, Object content) {
      if (link.leader == this && leading != null) {
        QuorumPacket packet = (QuorumPacket) content;
        leading.received(link.id, packet, world.now);
      } else if (link.learner == this && following != null && link == toLeader) {
        if (content instanceof QuorumPacket packet) {
          following.received(packet, world.now);
        } else {
          following.snapshot(content, world.now);
        }
      }
    }

    void closed(Link link) {
      if (link.leader == this && leading != null) {
        leading.closed(link.id, world.now);
      } else if (following != null && link == toLeader) {
        following.closed("link closed", world.now);
      }
    }

    void tick() {
      if (leading != null && world.now >= leading.nextWakeMs()) {
        leading.tick(world.now);
        flush();
      }
      if (following != null) {
        following.tick(world.now);
      }
      if (isServing() && tree.size() != checked) {
        checked = tree.size();
        world.serves(this);
      }
    }

    void flush() {
      if (leading != null) {
        leading.flush(world.now);
      }
      if (following != null) {
        following.flush(world.now);
      }
    }

    void propose() {
      if (leading != null && broadcasts) {
        for (int batch = 1 + world.random.nextInt(3); batch > 0; batch--) {
          long zxid = leading.nextZxid();
          String body = "t" + world.nextBody++;
          Proposal proposal =
              new Proposal(zxid, body.getBytes(StandardCharsets.UTF_8), new Txn(zxid, body));
          leading.propose(proposal);
          log(proposal);
        }
        flush();
      }
    }

    /** Whoever asks for proof, all that anybody had committed before that is here with it. */
    void confirm() {
      if (leading != null && broadcasts) {
        committedBefore.put(leading.confirm(world.now), world.truth.size());
        flush();
      }
    }

    void log(Proposal proposal) {
      queue.addLast((Txn) proposal.payload());
    }

    void logSome() {
      for (int batch = 1 + world.random.nextInt(5); batch > 0 && !queue.isEmpty(); batch--) {
        disk.add(queue.removeFirst());
      }
      long durable = disk.isEmpty() ? 0 : disk.get(disk.size() - 1).zxid;
      if (durable > history.durableZxid()) {
        if (leading != null) {
          leading.durable(durable, world.now);
        } else if (following != null) {
          following.durable(durable, world.now);
        } else {
          history.durable(durable);
        }
      }
      flush();
    }

    void apply(Proposal proposal) {
      Txn txn = (Txn) proposal.payload();
      tree.add(txn);
    }

    private DiskLog.@Nullable Transactions readDisk(long after, long upTo) {
      List<Long> zxids = disk.stream().map(Txn::zxid).toList();
      int from = zxids.indexOf(after);
      if (from < 0 || world.random.nextInt(3) == 0) {
        return null;
      }
      ArrayDeque<Txn> range =
          disk.subList(from + 1, disk.size()).stream()
              .filter(txn -> txn.zxid <= upTo)
              .collect(Collectors.toCollection(ArrayDeque::new));
      return new DiskLog.Transactions() {
        @Override
        public @Nullable Proposal next() {
          Txn txn = range.pollFirst();
          return txn == null
              ? null
              : new Proposal(txn.zxid, txn.body.getBytes(StandardCharsets.UTF_8), null);
        }

        @Override
        public void close() {}
      };
    }

    @Override
    public String toString() {
      return "server %s epochs=%s/%s disk=[%s] tree=[%s] queue=%s"
          .formatted(
              sid, epochs.accepted(), epochs.current(), describe(disk), describe(tree), queue);
    }

    // Ports

    private @Nullable Link link(long id) {
      return world.links.stream()
          .filter(link -> link.id == id && link.leaderOpen)
          .findFirst()
          .orElse(null);
    }

    private final class Port implements LeaderPort {
      @Override
      public void send(long id, QuorumPacket packet) {
        Link link = link(id);
        if (link != null && link.learnerOpen) {
          world.packets.merge(String.valueOf(packet.type()), 1, Integer::sum);
          link.down.content.addLast(packet);
        }
      }

      @Override
      public long sendSnapshot(long id) {
        if (world.random.nextInt(4) == 0) {
          return SNAPSHOT_LATER;
        }
        send(id, new QuorumPacket(QuorumPacketType.SNAP, history.committedZxid()));
        Link link = link(id);
        if (link != null) {
          link.down.content.addLast(new Snapshot(List.copyOf(tree)));
        }
        return history.committedZxid();
      }

      @Override
      public void close(long id, String why) {
        world.note(sid + " closes " + id + ": " + why);
        Link link = link(id);
        if (link != null) {
          world.hangUp(link, Node.this);
        }
      }

      @Override
      public void epochBegins(long epoch) {
        assertThat(acceptedOnDisk).isEqualTo(epoch);
      }

      @Override
      public void lead(long epoch) {
        world.note(sid + " leads epoch " + epoch);
        assertThat(currentOnDisk).isEqualTo(epoch);
        broadcasts = true;
        world.began(Node.this);
      }

      @Override
      public void committed(Proposal proposal) {
        apply(proposal);
        world.committed(Node.this, (Txn) proposal.payload());
      }

      @Override
      public void fromLearner(long link, long from, QuorumPacket packet) {}

      @Override
      public void learnerReady(long link, long ready) {}

      @Override
      public void learnerGone(long link, long gone) {}

      @Override
      public void confirmed(long round) {
        Integer before = committedBefore.remove(round);
        if (before != null) {
          world.confirmed++;
          assertThat(tree.size()).as("what server " + sid + " has").isGreaterThanOrEqualTo(before);
        }
      }

      @Override
      public void stepDown(String why) {
        world.note(sid + " steps down: " + why);
        look();
      }
    }

    private final class LearnersPort implements LearnerPort {
      private final Link link;

      LearnersPort(Link link) {
        this.link = link;
      }

      @Override
      public void send(QuorumPacket packet) {
        if (packet.is(QuorumPacketType.ACK) && Zxid.counter(packet.zxid()) == 0) {
          // All of earlier epochs that was ever sent is there, and so is the epoch.
          assertThat(currentOnDisk).isEqualTo(Zxid.epoch(packet.zxid()));
          assertThat(queue).allMatch(txn -> Zxid.epoch(txn.zxid) == Zxid.epoch(packet.zxid()));
        }
        if (link.learnerOpen && link.leaderOpen) {
          world.packets.merge(String.valueOf(packet.type()), 1, Integer::sum);
          link.up.content.addLast(packet);
        }
      }

      @Override
      public void committed(Proposal proposal) {
        apply(proposal);
      }

      @Override
      public boolean truncate(long zxid) {
        assertThat(queue).isEmpty();
        if (world.random.nextInt(10) == 0) {
          return false;
        }
        disk.removeIf(txn -> txn.zxid > zxid);
        boolean treeIsAhead = history.committedZxid() > zxid;
        history.truncate(zxid);
        if (treeIsAhead) {
          tree = new ArrayList<>(disk);
        }
        return true;
      }

      @Override
      public void install(Object snapshot, long zxid) {
        assertThat(queue).isEmpty();
        tree = new ArrayList<>(((Snapshot) snapshot).tree);
        disk = new ArrayList<>(tree);
        history.restart(zxid);
      }

      @Override
      public Object decode(long zxid, byte[] body) {
        return new Txn(zxid, new String(body, StandardCharsets.UTF_8));
      }

      @Override
      public void append(Proposal proposal) {
        log(proposal);
      }

      @Override
      public void configuration(String text) {}

      @Override
      public void serve(long epoch) {
        world.note(sid + " serves in epoch " + epoch);
        assertThat(currentOnDisk).isEqualTo(epoch);
        serves = true;
        world.serves(Node.this);
      }

      @Override
      public void fromLeader(QuorumPacket packet) {}

      @Override
      public byte[] touchedSessions() {
        return new byte[0];
      }

      @Override
      public void leave(String why) {
        world.note(sid + " leaves: " + why);
        look();
      }
    }
  }
}
