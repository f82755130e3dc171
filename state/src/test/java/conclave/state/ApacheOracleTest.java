package conclave.state;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.protocol.Acl;
import conclave.protocol.Id;
import conclave.protocol.JuteWriter;
import conclave.protocol.LoggedTxn;
import conclave.protocol.OpCode;
import conclave.protocol.Request;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.apache.jute.BinaryInputArchive;
import org.apache.jute.BinaryOutputArchive;
import org.apache.jute.Record;
import org.apache.zookeeper.data.Stat;
import org.apache.zookeeper.server.DataNode;
import org.apache.zookeeper.server.DataTree;
import org.apache.zookeeper.server.TxnLogEntry;
import org.apache.zookeeper.server.util.SerializeUtils;

/** Our tree against Apache's DataTree, which is given the same transactions as bytes of the log. */
class ApacheOracleTest {
  private static final StateConfig CONFIG = StateConfig.DEFAULT.withExtendedTypes(true);

  @BeforeContainer
  static void allowTtl() {
    System.setProperty("zookeeper.extendedTypesEnabled", "true");
  }

  @Property(tries = 600)
  void theSameTransactionsMakeTheSameTreeAndEvents(@ForAll long seed) throws Exception {
    Requests random = new Requests(seed);
    StateMachine ours = new StateMachine(CONFIG);
    DataTree theirs = new DataTree();
    Watched watched = new Watched(ours, theirs, random);
    Script script = new Script(random, ours);
    for (int i = 1; i <= 300; i++) {
      LoggedTxn txn = script.next(i);
      if (random.below(3) == 0) {
        watched.addSome();
      }
      List<String> events = new ArrayList<>();
      ours.apply(txn, (event, watcher) -> watched.note(events, watcher, event));
      process(theirs, txn);
      assertThat(watched.drainTheirs()).as("%s", txn).containsExactlyInAnyOrderElementsOf(events);
      assertThat(ours.digest()).as("%s", txn).isEqualTo(theirs.getTreeDigest());
      if (txn.digest() != null) {
        assertThat(txn.digest().treeDigest()).as("%s", txn).isEqualTo(theirs.getTreeDigest());
      }
    }
    assertSame(ours, theirs);
    WatchTable.Counts counts = watched.table.counts();
    assertThat(counts.dataWatches() + counts.childWatches()).isEqualTo(theirs.getWatchCount());
  }

  @Property(tries = 25)
  void theyLoadOurSnapshotsAndWeTheirs(@ForAll long seed) throws Exception {
    Requests random = new Requests(seed);
    StateMachine ours = new StateMachine(CONFIG);
    Script script = new Script(random, ours);
    for (int i = 1; i <= 200; i++) {
      ours.apply(script.next(i), EventSink.NONE);
    }
    ours.recountQuotas();
    SnapshotImage image = ours.beginSnapshot();
    JuteWriter out = new JuteWriter();
    out.writeInt(image.acls().size());
    image
        .acls()
        .forEach(
            (number, acl) -> {
              out.writeLong(number);
              Acl.writeList(out, acl);
            });
    while (image.next(node -> node.write(out), 10)) {
      // Goes on.
    }
    out.writeString("/");
    DataTree theirs = new DataTree();
    theirs.deserialize(
        BinaryInputArchive.getArchive(new ByteArrayInputStream(out.toByteArray())), "tree");
    assertThat(theirs.getTreeDigest()).isEqualTo(ours.digest());
    assertSame(ours, theirs);

    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    theirs.serialize(BinaryOutputArchive.getArchive(bytes), "tree");
    StateMachine back = load(bytes.toByteArray(), 200);
    assertThat(back.digest()).isEqualTo(ours.digest());
    assertSame(back, theirs);
  }

  /** The log is replayed on a snapshot that was written while transactions were applied. */
  @Property(tries = 60)
  void aFuzzySnapshotOfTheirsIsPutRightByTheLog(@ForAll long seed) throws Exception {
    Requests random = new Requests(seed);
    StateMachine live = new StateMachine(CONFIG);
    DataTree theirs = new DataTree();
    Script script = new Script(random, live);
    int start = 20 + random.below(150);
    for (int i = 1; i <= start; i++) {
      LoggedTxn txn = script.next(i);
      live.apply(txn, EventSink.NONE);
      process(theirs, txn);
    }
    Map<Long, Integer> sessions = live.sessions();
    List<LoggedTxn> later = new ArrayList<>();
    Runnable step =
        () -> {
          int count = random.below(4);
          for (int i = 0; i < count && later.size() < 400; i++) {
            LoggedTxn txn = script.next(start + 1 + later.size());
            later.add(txn);
            live.apply(txn, EventSink.NONE);
            process(theirs, txn);
          }
        };
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    theirs.serialize(new Interrupted(bytes, step), "tree");
    step.run();
    StateMachine replayed = load(bytes.toByteArray(), start, sessions);
    for (LoggedTxn txn : later) {
      replayed.apply(txn, EventSink.NONE);
    }
    replayed.recountQuotas();
    // Somebody may have written to the statistics.
    live.recountQuotas();
    assertThat(Images.of(replayed)).isEqualTo(Images.of(live));
    assertThat(replayed.digest()).isEqualTo(live.digest());
    assertThat(replayed.approximateDataSize()).isEqualTo(live.approximateDataSize());
    assertThat(replayed.ephemerals().keySet()).isEqualTo(live.ephemerals().keySet());
  }

  /** Requests, now and then one about a quota. */
  private static final class Script {
    private final Requests random;
    private final StateMachine state;

    Script(Requests random, StateMachine state) {
      this.random = random;
      this.state = state;
    }

    LoggedTxn next(int zxid) {
      Caller caller = zxid <= 3 ? new Caller(zxid, 0, Requests.ALICE) : random.caller();
      Request request = zxid <= 3 ? new Request.CreateSession(5_000) : random.next();
      if (zxid > 3 && random.below(6) == 0) {
        request = quota();
      }
      return state.prepare(request, caller, zxid, 1_000 + zxid);
    }

    private Request quota() {
      String node = "/zookeeper/quota" + (random.below(2) == 0 ? "/a" : "/a/b");
      String[] children = {"", "/zookeeper_limits", "/zookeeper_stats", "/other"};
      String path = node + children[random.below(children.length)];
      byte[] text = ("count=" + random.below(9) + ",bytes=-1").getBytes(StandardCharsets.UTF_8);
      return switch (random.below(8)) {
        case 0 -> new Request.Delete(path, -1);
        case 1 -> new Request.SetData(path, text, -1);
        default -> new Request.Create(OpCode.CREATE, path, text, Acl.OPEN, 0, 0);
      };
    }
  }

  /** The same watches in both, and what they have heard. */
  private static final class Watched {
    private final WatchTable table = new WatchTable();
    private final Harness.Named[] ourWatchers = new Harness.Named[3];
    private final org.apache.zookeeper.Watcher[] theirWatchers =
        new org.apache.zookeeper.Watcher[3];
    private final List<String> theirEvents = new ArrayList<>();
    private final DataTree theirs;
    private final StateMachine ours;
    private final Requests random;

    Watched(StateMachine ours, DataTree theirs, Requests random) {
      this.ours = ours;
      this.theirs = theirs;
      this.random = random;
      ours.attach(table);
      for (int i = 0; i < 3; i++) {
        int number = i;
        ourWatchers[i] = new Harness.Named("w" + i, i);
        theirWatchers[i] =
            event ->
                theirEvents.add("w" + number + event.getType().getIntValue() + event.getPath());
      }
    }

    void note(List<String> events, Watcher watcher, WatchEvent event) {
      events.add(watcher.toString() + event.type().code() + event.path());
    }

    List<String> drainTheirs() {
      List<String> drained = List.copyOf(theirEvents);
      theirEvents.clear();
      return drained;
    }

    void addSome() throws Exception {
      int who = random.below(3);
      String path = random.path();
      if (path.isEmpty() || path.indexOf(0) >= 0) {
        return;
      }
      Watcher our = ourWatchers[who];
      org.apache.zookeeper.Watcher their = theirWatchers[who];
      boolean there = ours.stat(path) != null;
      switch (random.below(7)) {
        case 0, 1 -> {
          if (there) {
            theirs.getChildren(path, new Stat(), their);
            table.add(path, our, WatchTable.Mode.CHILD);
          }
        }
        case 2, 3 -> {
          try {
            theirs.statNode(path, their);
          } catch (org.apache.zookeeper.KeeperException.NoNodeException e) {
            assertThat(there).isFalse();
          }
          table.add(path, our, WatchTable.Mode.DATA);
        }
        case 4 -> {
          boolean recursive = random.below(2) == 0;
          theirs.addWatch(path, their, recursive ? 1 : 0);
          table.add(
              path,
              our,
              recursive ? WatchTable.Mode.PERSISTENT_RECURSIVE : WatchTable.Mode.PERSISTENT);
        }
        case 5 -> removeSome(path, our, their);
        default -> {
          if (random.below(10) == 0) {
            theirs.removeCnxn(their);
            table.remove(our);
          }
        }
      }
    }

    private void removeSome(String path, Watcher our, org.apache.zookeeper.Watcher their) {
      org.apache.zookeeper.Watcher.WatcherType[] types =
          org.apache.zookeeper.Watcher.WatcherType.values();
      org.apache.zookeeper.Watcher.WatcherType type = types[random.below(types.length)];
      boolean any = type == org.apache.zookeeper.Watcher.WatcherType.Any;
      boolean had = any ? table.containsAny(path, our) : table.contains(path, our, mode(type));
      assertThat(had).isEqualTo(theirs.containsWatcher(path, type, their));
      boolean removed = any ? table.removeAny(path, our) : table.remove(path, our, mode(type));
      assertThat(removed).isEqualTo(had);
      assertThat(theirs.removeWatch(path, type, their)).isEqualTo(removed);
    }

    private static WatchTable.Mode mode(org.apache.zookeeper.Watcher.WatcherType type) {
      return switch (type) {
        case Children -> WatchTable.Mode.CHILD;
        case Data -> WatchTable.Mode.DATA;
        case Persistent -> WatchTable.Mode.PERSISTENT;
        case PersistentRecursive -> WatchTable.Mode.PERSISTENT_RECURSIVE;
        case Any -> throw new IllegalArgumentException();
      };
    }
  }

  private static void process(DataTree tree, LoggedTxn txn) {
    JuteWriter out = new JuteWriter();
    txn.write(out);
    try {
      TxnLogEntry entry = SerializeUtils.deserializeTxn(out.toByteArray());
      tree.processTxn(entry.getHeader(), entry.getTxn(), entry.getDigest());
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static void assertSame(StateMachine ours, DataTree theirs) throws Exception {
    int count = 0;
    for (String path : Images.of(ours).keySet()) {
      if (path.startsWith("session")) {
        continue;
      }
      count++;
      DataNode node = theirs.getNode(path);
      assertThat(node).as(path).isNotNull();
      Stat stat = new Stat();
      byte[] data = theirs.getData(path, stat, null);
      assertThat(Arrays.toString(ours.data(path))).as(path).isEqualTo(Arrays.toString(data));
      JuteWriter out = new JuteWriter();
      conclave.protocol.Stat our = ours.stat(path);
      our.write(out);
      ByteArrayOutputStream their = new ByteArrayOutputStream();
      stat.serialize(BinaryOutputArchive.getArchive(their), "stat");
      assertThat(out.toByteArray())
          .as("%s: %s and %s", path, our, stat)
          .isEqualTo(their.toByteArray());
      List<Acl> acl = new ArrayList<>();
      theirs
          .getACL(path, null)
          .forEach(
              a ->
                  acl.add(new Acl(a.getPerms(), new Id(a.getId().getScheme(), a.getId().getId()))));
      assertThat(ours.acl(path)).as(path).isEqualTo(acl);
    }
    assertThat(theirs.getNodeCount()).isEqualTo(count + 1);
    Map<Long, Set<String>> ephemerals = new TreeMap<>();
    ours.ephemerals().forEach((id, paths) -> ephemerals.put(id, new HashSet<>(paths)));
    Map<Long, Set<String>> theirEphemerals = new TreeMap<>(theirs.getEphemerals());
    theirEphemerals.values().removeIf(Set::isEmpty);
    assertThat(ephemerals).isEqualTo(theirEphemerals);
    assertThat(ours.containerCount()).isEqualTo(theirs.getContainers().size());
    assertThat(ours.ttlCount()).isEqualTo(theirs.getTtls().size());
  }

  private static StateMachine load(byte[] bytes, long zxid) {
    return load(bytes, zxid, Map.of());
  }

  private static StateMachine load(byte[] bytes, long zxid, Map<Long, Integer> sessions) {
    Restore restore = StateMachine.restore(CONFIG, Notices.NONE);
    sessions.forEach(restore::session);
    conclave.protocol.JuteReader reader = new conclave.protocol.JuteReader(bytes);
    int acls = reader.readInt();
    for (int i = 0; i < acls; i++) {
      restore.acl(reader.readLong(), Acl.readList(reader));
    }
    assertThat(restore.nodes(bytes, reader.position(), bytes.length)).isEqualTo(bytes.length);
    assertThat(restore.ended()).isTrue();
    return restore.finish(zxid);
  }

  /** Lets something happen between any two znodes that are written. */
  private static final class Interrupted extends BinaryOutputArchive {
    private final Runnable meanwhile;

    Interrupted(ByteArrayOutputStream bytes, Runnable meanwhile) {
      super(new DataOutputStream(bytes));
      this.meanwhile = meanwhile;
    }

    @Override
    public void writeRecord(Record record, String tag) throws IOException {
      super.writeRecord(record, tag);
      if (record instanceof DataNode) {
        meanwhile.run();
      }
    }
  }
}
