package conclave.state;

import conclave.protocol.Acl;
import conclave.protocol.EphemeralOwner;
import conclave.protocol.ErrorCode;
import conclave.protocol.EventType;
import conclave.protocol.JuteWriter;
import conclave.protocol.LoggedTxn;
import conclave.protocol.Paths;
import conclave.protocol.Request;
import conclave.protocol.Stat;
import conclave.protocol.Txn;
import conclave.protocol.TxnDigest;
import conclave.protocol.TxnHeader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a replica holds (znodes, sessions, quotas) and the rules by which it changes. See the
 * package's description for who may call what under which lock.
 */
public final class StateMachine {
  private static final int DIGEST_LOG_INTERVAL = 128;
  private static final int DIGEST_LOG_LIMIT = 1024;
  private static final String CONFIGURATION_VERSION = "version=";

  private final StateConfig config;
  private final Notices notices;
  private final Tree tree;
  private final Sessions sessions;
  private final Quotas quotas;
  private final Overlay overlay;
  private final Preparer preparer;
  private final Applier applier;
  private final Reader reader;
  private final Stats stats;
  private final List<WatchTable> watches = new ArrayList<>();
  private final ArrayDeque<ZxidDigest> digestLog = new ArrayDeque<>();

  /** Until this transaction the tree is that of a snapshot taken while others were applied. */
  private @Nullable ZxidDigest fuzzyUntil;

  private long digestMismatches;
  private volatile long lastAppliedZxid;

  /** A new one: it has what every tree is born with, and no sessions. */
  public StateMachine(StateConfig config) {
    this(config, Notices.NONE);
  }

  public StateMachine(StateConfig config, Notices notices) {
    this(
        config,
        notices,
        Tree.born(config.extendedTypesEnabled(), config.digestEnabled()),
        new Sessions(),
        0,
        null);
  }

  StateMachine(
      StateConfig config,
      Notices notices,
      Tree tree,
      Sessions sessions,
      long zxid,
      @Nullable ZxidDigest snapshotDigest) {
    this.config = config;
    this.notices = notices;
    this.tree = tree;
    this.sessions = sessions;
    this.quotas = new Quotas(tree, notices);
    this.overlay = new Overlay(tree, config.digestEnabled());
    this.preparer = new Preparer(config, overlay, sessions, quotas);
    this.applier = new Applier(tree, sessions, quotas);
    this.reader = new Reader(config, tree);
    this.stats = new Stats(tree);
    this.lastAppliedZxid = zxid;
    this.fuzzyUntil = snapshotDigest;
    quotas.recount();
    checkSnapshotDigest(zxid);
  }

  // --- the writer

  /**
   * Decides what a request will change, against the tree and all that was prepared before and isn't
   * applied yet.
   *
   * @param zxid the transaction's place in the order: one that is refused takes its place, too
   * @param timeMs milliseconds since 1970
   * @return a transaction whose txn is a {@link Txn.Error} when the request is refused, or a {@link
   *     Txn.Multi} of errors
   */
  public LoggedTxn prepare(Request request, Caller caller, long zxid, long timeMs) {
    Txn txn = preparer.decide(request, caller, zxid, timeMs);
    TxnDigest digest =
        config.digestEnabled() && !(txn instanceof Txn.Error)
            ? new TxnDigest(TxnDigest.VERSION, overlay.digest())
            : null;
    TxnHeader header = new TxnHeader(caller.sessionId(), caller.cxid(), zxid, timeMs);
    return new LoggedTxn(header, txn, digest);
  }

  /**
   * What was prepared and isn't applied will never be: the leader that prepared it is none any
   * more.
   */
  public void discardPrepared() {
    overlay.clear();
  }

  /**
   * Makes the change, in the order of zxids; also what was prepared elsewhere, or before a restart.
   *
   * @param events takes the events of the watches that fire
   */
  public Outcome apply(LoggedTxn logged, EventSink events) {
    TxnHeader header = logged.header();
    Outcome outcome = applier.apply(header, logged.txn(), events);
    overlay.applied(header.zxid());
    lastAppliedZxid = Math.max(lastAppliedZxid, header.zxid());
    if (config.digestEnabled()) {
      checkDigest(header.zxid(), logged.digest());
    }
    return outcome;
  }

  /**
   * What {@code /zookeeper/config} says from now on. An ensemble agrees on its configuration when a
   * leader is established, without a transaction for it; each member then writes it into its own
   * tree, as in Apache: version &minus;1, and the configuration's own version as mzxid.
   *
   * @param text ends with the line {@code version=} and a hexadecimal number
   * @param timeMs milliseconds since 1970
   */
  public void configuration(String text, long timeMs) {
    Znode node = tree.find(Paths.CONFIG);
    if (node != null) {
      byte[] data = text.getBytes(StandardCharsets.UTF_8);
      tree.setData(Paths.CONFIG, node, data, -1, versionOf(text), timeMs);
    }
  }

  private static long versionOf(String configuration) {
    int at = configuration.lastIndexOf(CONFIGURATION_VERSION);
    if (at < 0) {
      throw new IllegalArgumentException("no version in the configuration: " + configuration);
    }
    return Long.parseUnsignedLong(
        configuration.substring(at + CONFIGURATION_VERSION.length()).strip(), 16);
  }

  /**
   * This state came from a leader that may have gone on while it wrote it, as Apache's do: some of
   * what is applied next may be in it already. Digests say nothing until {@link #endCatchingUp}.
   */
  public void beginCatchingUp() {
    fuzzyUntil = new ZxidDigest(Long.MAX_VALUE, 0, 0);
  }

  /** Everything that may be in the snapshot has been applied. */
  public void endCatchingUp() {
    if (fuzzyUntil != null) {
      fuzzyUntil = null;
      quotas.recount();
    }
  }

  /**
   * Counts what is under quotas afresh. For the end of a recovery: replaying on a snapshot that
   * Apache took while it applied transactions counts some of them twice.
   */
  public void recountQuotas() {
    quotas.recount();
  }

  /**
   * Containers and TTL znodes that have outlived their purpose.
   *
   * @param nowMs milliseconds since 1970
   * @param max how many at most
   * @param maxNeverUsedMs how long a container may wait for its first child, 0 for ever
   */
  public List<Request.DeleteContainer> collectable(long nowMs, int max, long maxNeverUsedMs) {
    List<Request.DeleteContainer> requests = new ArrayList<>();
    for (Znode node : tree.containers().toArray()) {
      if (requests.size() < max && node.childCount() == 0 && isDone(node, nowMs, maxNeverUsedMs)) {
        requests.add(new Request.DeleteContainer(node.path()));
      }
    }
    for (Znode node : tree.ttls().toArray()) {
      long ttlMs = EphemeralOwner.ttlMs(Content.owner(node.content));
      if (requests.size() < max && node.childCount() == 0 && ageMs(node, nowMs) > ttlMs) {
        requests.add(new Request.DeleteContainer(node.path()));
      }
    }
    return requests;
  }

  private static boolean isDone(Znode container, long nowMs, long maxNeverUsedMs) {
    return container.creates() > 0
        || maxNeverUsedMs > 0 && ageMs(container, nowMs) > maxNeverUsedMs;
  }

  private static long ageMs(Znode node, long nowMs) {
    return nowMs - Content.mtimeMs(node.content, node.ctimeMs);
  }

  // --- snapshots

  /** The state as it is now, to be handed out while it goes on changing. One at a time. */
  public SnapshotImage beginSnapshot() {
    return tree.beginSnapshot(lastAppliedZxid, sessions.toMap());
  }

  /** Builds a state machine from a snapshot. */
  public static Restore restore(StateConfig config, Notices notices) {
    return new Restore(config, notices);
  }

  // --- watches

  /** From now on changes fire the watches in that table, too. */
  public void attach(WatchTable table) {
    watches.add(table);
    applier.watches(watches);
  }

  public void detach(WatchTable table) {
    watches.remove(table);
    applier.watches(watches);
  }

  /**
   * What a client that has reconnected wants to go on watching: what has happened meanwhile is told
   * at once, the rest is watched for in {@code table}. Persistent watches only start again, without
   * what they missed.
   */
  public void setWatches(
      Request.SetWatches request, Watcher watcher, WatchTable table, EventSink events) {
    long seen = request.relativeZxid();
    for (String path : request.data()) {
      Znode node = tree.find(path);
      if (node == null) {
        tell(EventType.NODE_DELETED, path, List.of(), watcher, events);
      } else if (Content.mzxid(node.content, node.czxid) > seen) {
        tell(EventType.NODE_DATA_CHANGED, path, tree.acl(node), watcher, events);
      } else {
        table.add(path, watcher, WatchTable.Mode.DATA);
      }
    }
    for (String path : request.exist()) {
      Znode node = tree.find(path);
      if (node != null) {
        tell(EventType.NODE_CREATED, path, tree.acl(node), watcher, events);
      } else {
        table.add(path, watcher, WatchTable.Mode.DATA);
      }
    }
    for (String path : request.child()) {
      Znode node = tree.find(path);
      if (node == null) {
        tell(EventType.NODE_DELETED, path, List.of(), watcher, events);
      } else if (node.pzxid() > seen) {
        tell(EventType.NODE_CHILDREN_CHANGED, path, tree.acl(node), watcher, events);
      } else {
        table.add(path, watcher, WatchTable.Mode.CHILD);
      }
    }
    for (String path : request.persistent()) {
      table.add(path, watcher, WatchTable.Mode.PERSISTENT);
    }
    for (String path : request.persistentRecursive()) {
      table.add(path, watcher, WatchTable.Mode.PERSISTENT_RECURSIVE);
    }
  }

  private static void tell(
      EventType type, String path, List<Acl> acl, Watcher watcher, EventSink events) {
    events.event(new WatchEvent(type, path, WatchEvent.REPLAYED, acl), watcher);
  }

  // --- readers

  /**
   * Writes the body of the reply to a read (exists, getData, getChildren, getChildren2, getACL,
   * getAllChildrenNumber, getEphemerals, multiRead); watches are the caller's to set.
   *
   * @return what stands in the reply's header; unless it is OK nothing was written
   */
  public ErrorCode read(Request request, Caller caller, JuteWriter out) {
    int start = out.length();
    ErrorCode error = reader.read(request, caller, out);
    if (error != ErrorCode.OK) {
      out.truncate(start);
    }
    return error;
  }

  /** A znode's metadata, or null when there is no such znode. */
  public @Nullable Stat stat(String path) {
    Znode node = tree.find(path);
    return node == null ? null : stats.of(node);
  }

  /** A znode's data as it is stored, or null when there is no such znode or its data is null. */
  public byte @Nullable [] data(String path) {
    Znode node = tree.find(path);
    return node == null ? null : Content.data(node.content);
  }

  /** A znode's ACL, or null when there is no such znode. */
  public @Nullable List<Acl> acl(String path) {
    Znode node = tree.find(path);
    return node == null ? null : tree.acl(node);
  }

  /** The newest transaction that has been applied. May be called without a lock. */
  public long lastAppliedZxid() {
    return lastAppliedZxid;
  }

  // --- figures, under the shared lock

  /** The sessions with their timeouts in milliseconds. */
  public Map<Long, Integer> sessions() {
    return sessions.toMap();
  }

  public int sessionCount() {
    return sessions.size();
  }

  /** A session's timeout in milliseconds, or null when there is no such session. */
  public @Nullable Integer sessionTimeoutMs(long sessionId) {
    return sessions.timeoutMs(sessionId);
  }

  /** The paths of the ephemerals, by session. */
  public Map<Long, List<String>> ephemerals() {
    Map<Long, List<String>> all = new TreeMap<>();
    for (long owner : tree.ephemeralOwners()) {
      ZnodeSet owned = tree.ephemeralsOf(owner);
      if (owned != null) {
        List<String> paths = new ArrayList<>(owned.size());
        for (Znode node : owned.toArray()) {
          paths.add(node.path());
        }
        all.put(owner, paths);
      }
    }
    return all;
  }

  public int ephemeralCount() {
    return tree.ephemeralCount();
  }

  /** Znodes; Apache's figure is one higher, because it has the root under two names. */
  public int nodeCount() {
    return tree.nodeCount();
  }

  /** Characters of the paths and bytes of the data; the root's path counts as in Apache. */
  public long approximateDataSize() {
    return tree.dataSize() + 1;
  }

  /** Distinct ACLs, without the open one. */
  public int aclCount() {
    return tree.acls.size();
  }

  public int containerCount() {
    return tree.containers().size();
  }

  public int ttlCount() {
    return tree.ttls().size();
  }

  // --- digests, under the shared lock

  /** What the tree sums up to. */
  public long digest() {
    return tree.digest();
  }

  /** The digest after every 128th transaction, the newest last. */
  public List<ZxidDigest> digestLog() {
    return List.copyOf(digestLog);
  }

  /** How many transactions left a tree that doesn't sum up to what their maker had. */
  public long digestMismatches() {
    return digestMismatches;
  }

  private void checkDigest(long zxid, @Nullable TxnDigest expected) {
    if (fuzzyUntil != null) {
      checkSnapshotDigest(zxid);
      return;
    }
    long actual = tree.digest();
    if (zxid % DIGEST_LOG_INTERVAL == 0) {
      digestLog.addLast(new ZxidDigest(zxid, TxnDigest.VERSION, actual));
      if (digestLog.size() > DIGEST_LOG_LIMIT) {
        digestLog.removeFirst();
      }
    }
    if (expected != null
        && expected.version() == TxnDigest.VERSION
        && expected.treeDigest() != actual) {
      mismatch(zxid, expected.treeDigest());
    }
  }

  /**
   * In a tree that is not of one moment digests say nothing, until the moment that the snapshot
   * names.
   */
  private void checkSnapshotDigest(long zxid) {
    ZxidDigest until = fuzzyUntil;
    if (until == null || zxid < until.zxid()) {
      return;
    }
    fuzzyUntil = null;
    if (config.digestEnabled()
        && zxid == until.zxid()
        && until.version() == TxnDigest.VERSION
        && until.digest() != tree.digest()) {
      mismatch(zxid, until.digest());
    }
  }

  private void mismatch(long zxid, long expected) {
    digestMismatches++;
    notices.digestMismatch(zxid, expected, tree.digest());
  }
}
