package conclave.simulator;

import conclave.consensus.Leading;
import conclave.protocol.JuteReader;
import conclave.protocol.LoggedTxn;
import conclave.protocol.QuorumPacket;
import conclave.protocol.QuorumPacketType;
import conclave.protocol.Txn;
import conclave.replica.Replica;
import conclave.replica.RoleView;
import conclave.replica.Serving;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/** What must hold after every step, whatever happens. */
final class Invariants {
  private final World world;
  private final CommittedLog log = new CommittedLog();
  private final List<Member> members;
  private final long[] weights;
  private final int groups;

  /** The member that was established as the leader of each epoch. */
  private final Map<Long, Long> leaders = new HashMap<>();

  /** Whom {@link #leaders} was asked for last. */
  private @Nullable Member lastLeader;

  private long lastEpoch;

  /** Entries that somebody has logged and that are not decided yet, by zxid and hash. */
  private final Map<Long, byte[]> undecided = new HashMap<>();

  private final CRC32 crc = new CRC32();

  /**
   * @param weights of the members' votes, by their index
   * @param groups member i is in group i modulo that
   */
  Invariants(World world, List<Member> members, long[] weights, int groups) {
    this.world = world;
    this.members = members;
    this.weights = weights;
    this.groups = groups;
  }

  CommittedLog log() {
    return log;
  }

  // --- what a member does

  void appended(Member member, long zxid, byte[] entry) {
    long hash = hash(entry);
    member.log().appended(zxid, hash);
    if (!log.has(zxid)) {
      undecided.put(key(zxid, hash), entry);
    } else if (!log.has(zxid, hash)) {
      world.say(
          () ->
              "server "
                  + member.sid()
                  + " logs another transaction than the one that was decided: "
                  + hex(zxid));
    }
  }

  /** A leader decides on a transaction. */
  void prepared(SimulatedHost host, long zxid, byte[] entry) {
    LoggedTxn txn = LoggedTxn.read(new JuteReader(entry));
    if (txn.txn() instanceof Txn.CloseSession && txn.header().cxid() == 0) {
      host.touches().checkExpiry(host, txn.header().clientId());
    }
    // A leader that nobody follows any more may not know of it yet, and goes on in its own epoch.
    boolean sameEpoch = zxid >>> 32 == log.last() >>> 32;
    if (sameEpoch && zxid <= log.last()) {
      throw new Violation(
          "a zxid is given out once",
          "zxid=" + hex(zxid) + " decided=" + hex(log.last()) + " server=" + host.member().sid());
    }
  }

  void durable(Member member, long zxid) {
    member.log().durable(zxid);
  }

  /** What a member says to another. */
  void sent(Member member, QuorumPacket packet, boolean toLeader) {
    QuorumPacketType type = packet.type();
    if (type == null) {
      return;
    }
    long zxid = packet.zxid();
    switch (type) {
      case ACK -> {
        if (toLeader) {
          acknowledges(member, zxid);
        }
      }
      case ACKEPOCH -> promises(member, member.promised());
      case OBSERVERINFO -> checkOnDisk(member, member.acceptedOnDisk(), zxid >>> 32);
      case FOLLOWERINFO, LEADERINFO -> promises(member, zxid >>> 32);
      default -> {}
    }
  }

  private void acknowledges(Member member, long zxid) {
    if ((zxid & 0xffffffffL) == 0) {
      checkOnDisk(member, member.currentOnDisk(), zxid >>> 32);
      member.spokenCurrent(zxid >>> 32);
      long owed = member.beforeNewLeader();
      member.beforeNewLeader(-1);
      if (member.log().durableZxid() < owed) {
        throw new Violation(
            "NEWLEADER is acknowledged when everything before it is durable",
            "server="
                + member.sid()
                + " epoch="
                + (zxid >>> 32)
                + " durable="
                + hex(member.log().durableZxid())
                + " before="
                + hex(owed));
      }
      member.log().acknowledged(owed);
      return;
    }
    if (zxid > member.log().durableZxid()) {
      throw new Violation(
          "a member acknowledges what its disk has",
          "server="
              + member.sid()
              + " acknowledged="
              + hex(zxid)
              + " durable="
              + hex(member.log().durableZxid()));
    }
    member.log().acknowledged(zxid);
  }

  private static void promises(Member member, long epoch) {
    checkOnDisk(member, member.acceptedOnDisk(), epoch);
    if (epoch < member.spokenAccepted()) {
      throw new Violation(
          "a promise is not forgotten",
          "server=" + member.sid() + " says=" + epoch + " promised=" + member.spokenAccepted());
    }
    member.spokenAccepted(epoch);
  }

  private static void checkOnDisk(Member member, long onDisk, long spoken) {
    if (spoken > onDisk) {
      throw new Violation(
          "an epoch is on disk before it is spoken",
          "server=" + member.sid() + " spoken=" + spoken + " onDisk=" + onDisk);
    }
  }

  /** A new process has read what the last one left. */
  void restarted(Member member, long lastZxid, long accepted, long current, boolean whole) {
    MemberLog own = member.log();
    if (!whole) {
      own.installed(lastZxid);
      member.forgot(accepted, current);
      return;
    }
    if (accepted < current
        || accepted < member.spokenAccepted()
        || current < member.spokenCurrent()) {
      throw new Violation(
          "an epoch that was spoken survives everything",
          "server="
              + member.sid()
              + " accepted="
              + accepted
              + " spoken="
              + member.spokenAccepted()
              + " current="
              + current
              + " entered="
              + member.spokenCurrent());
    }
    if (!member.isLogging()) {
      // It begins where its last snapshot was, and was told so: its clients have to be as old.
      own.installed(lastZxid);
      member.wentBack(lastZxid);
      return;
    }
    if (lastZxid == member.installing()) {
      own.installed(lastZxid);
      return;
    }
    if (lastZxid < own.acknowledged() || lastZxid < own.durableZxid()) {
      throw new Violation(
          "what was durable or acknowledged survives everything",
          "server="
              + member.sid()
              + " found="
              + hex(lastZxid)
              + " acknowledged="
              + hex(own.acknowledged())
              + " durable="
              + hex(own.durableZxid()));
    }
    if (lastZxid > own.base() && !own.entries().has(lastZxid)) {
      throw new Violation(
          "a member finds what it wrote",
          "server=" + member.sid() + " found=" + hex(lastZxid) + " logged=" + hex(own.last()));
    }
    own.recovered(lastZxid);
  }

  void truncating(Member member, long zxid) {
    long decided = member.checkedZxid();
    if (zxid < decided && member.isWhole()) {
      throw new Violation(
          "nothing that was decided is truncated",
          "server=" + member.sid() + " to=" + hex(zxid) + " decided=" + hex(decided));
    }
    member.log().truncating(zxid);
  }

  void truncated(Member member, long zxid) {
    member.log().truncated(zxid);
  }

  void installing(Member member, long zxid) {
    if (zxid < member.checkedZxid()) {
      throw new Violation(
          "a member never goes back behind what it has served",
          "server=" + member.sid() + " to=" + hex(zxid) + " served=" + hex(member.checkedZxid()));
    }
    member.installing(zxid);
  }

  void installed(Member member, long zxid) {
    member.installing(-1);
    member.log().installed(zxid);
  }

  /**
   * A batch of inputs of that member's replica is over.
   *
   * @param served whether it served when the batch began: then what it applied is decided, though
   *     it may have lost its leader since
   */
  void turned(SimulatedHost host, boolean served) {
    Replica replica = host.replica();
    Member member = host.member();
    if (replica.state().digestMismatches() != 0) {
      throw new Violation(
          "every member's tree sums up to what the leader had",
          "server=" + member.sid() + " applied=" + hex(replica.state().lastAppliedZxid()));
    }
    if (replica.epochs().accepted() < replica.epochs().current()) {
      throw new Violation(
          "the promised epoch is not before the entered one", "server=" + member.sid());
    }
    RoleView role = replica.role();
    Leading leading = replica.leading();
    boolean leads = false;
    if (leading != null && leading.phase() == Leading.Phase.BROADCAST) {
      leads = true;
      established(member, leading.epoch());
    }
    if (leads || served || role.serving() == Serving.EVERYBODY) {
      checkApplied(member, replica);
    }
  }

  private void established(Member member, long epoch) {
    if (epoch == lastEpoch && member == lastLeader) {
      return;
    }
    lastEpoch = epoch;
    lastLeader = member;
    Long before = leaders.putIfAbsent(epoch, member.sid());
    if (before == null) {
      world.say(() -> "server " + member.sid() + " leads epoch " + epoch);
      checkHas(member, "a new leader has everything that was decided");
    } else if (before != member.sid()) {
      throw new Violation(
          "an epoch has one leader", "epoch=" + epoch + " leaders=" + before + "," + member.sid());
    }
  }

  private void checkHas(Member member, String promise) {
    ZxidTable decided = log.table();
    MemberLog own = member.log();
    if (decided.isEmpty()) {
      return;
    }
    long last = decided.last();
    long hash = decided.hash(decided.size() - 1);
    if (last > own.base() && !own.entries().has(last, hash)) {
      throw new Violation(
          promise,
          "server="
              + member.sid()
              + " decided="
              + hex(last)
              + " last="
              + hex(own.last())
              + " base="
              + hex(own.base()));
    }
  }

  /** Everything that a member which serves has applied is decided, and is the same everywhere. */
  private void checkApplied(Member member, Replica replica) {
    long applied = replica.state().lastAppliedZxid();
    long checked = member.checkedZxid();
    if (applied == checked) {
      return;
    }
    if (applied < checked) {
      throw new Violation(
          "a member never goes back behind what it has served",
          "server=" + member.sid() + " to=" + hex(applied) + " served=" + hex(checked));
    }
    MemberLog own = member.log();
    ZxidTable entries = own.entries();
    if (applied > own.base() && !entries.has(applied)) {
      throw new Violation(
          "a member applies what it has logged",
          "server=" + member.sid() + " applied=" + hex(applied) + " logged=" + hex(own.last()));
    }
    if (own.base() > log.last()) {
      decideBehindSnapshot(member);
    }
    for (int i = entries.indexBehind(checked); i < entries.size(); i++) {
      if (entries.zxid(i) > applied) {
        break;
      }
      check(member, entries.zxid(i), entries.hash(i));
    }
    member.checkedZxid(applied);
  }

  /**
   * A snapshot has come from a leader that nobody has seen lead before it was gone again. What was
   * in it, that leader's log tells.
   */
  private void decideBehindSnapshot(Member member) {
    long base = member.log().base();
    for (Member other : members) {
      ZxidTable entries = other.log().entries();
      if (entries.has(base)) {
        for (int i = entries.indexBehind(log.last()); entries.zxid(i) <= base; i++) {
          decide(other, entries.zxid(i), entries.hash(i));
          if (i + 1 == entries.size()) {
            break;
          }
        }
        return;
      }
    }
    throw new Violation(
        "what is decided was logged",
        "server=" + member.sid() + " snapshot=" + hex(base) + " decided=" + hex(log.last()));
  }

  private void check(Member member, long zxid, long hash) {
    if (zxid > log.last()) {
      decide(member, zxid, hash);
    } else if (!log.has(zxid, hash)) {
      throw new Violation(
          "all members apply the same",
          "server=" + member.sid() + " zxid=" + hex(zxid) + " decidedAtAll=" + log.has(zxid));
    }
  }

  private void decide(Member member, long zxid, long hash) {
    byte[] entry = undecided.remove(key(zxid, hash));
    if (entry == null) {
      throw new Violation(
          "what is decided was logged", "server=" + member.sid() + " zxid=" + hex(zxid));
    }
    if (!isQuorum(other -> other.log().hasDurably(zxid, hash))) {
      throw new Violation(
          "what is decided is on the disks of a quorum",
          "server=" + member.sid() + " zxid=" + hex(zxid) + " durable=" + durable());
    }
    log.commit(LoggedTxn.read(new JuteReader(entry)), hash, world.nowUs());
  }

  private String durable() {
    StringBuilder text = new StringBuilder();
    for (Member member : members) {
      text.append(member.sid()).append(':').append(hex(member.log().durableZxid())).append(' ');
    }
    return text.toString();
  }

  /** Whether what that member has at that zxid is what was decided. */
  boolean isDecided(int server, long zxid) {
    int index = log.table().indexOf(zxid);
    MemberLog own = members.get(server).log();
    return index >= 0 && (zxid <= own.base() || own.entries().has(zxid, log.table().hash(index)));
  }

  boolean isQuorum(Predicate<Member> in) {
    int all = 0;
    int some = 0;
    for (int group = 0; group < groups; group++) {
      long weight = 0;
      long has = 0;
      for (Member member : members) {
        if (member.index() % groups == group) {
          weight += weights[member.index()];
          has += in.test(member) ? weights[member.index()] : 0;
        }
      }
      all += weight > 0 ? 1 : 0;
      some += 2 * has > weight ? 1 : 0;
    }
    return 2 * some > all;
  }

  private long hash(byte[] entry) {
    crc.reset();
    crc.update(entry);
    return Randoms.mix(crc.getValue() << 32 ^ Arrays.hashCode(entry));
  }

  private static long key(long zxid, long hash) {
    return Randoms.mix(zxid) ^ hash;
  }

  private static String hex(long zxid) {
    return TreeModel.hex(zxid);
  }
}
