package conclave.storage;

import conclave.protocol.Acl;
import conclave.protocol.Id;
import conclave.protocol.LoggedTxn;
import conclave.protocol.OpCode;
import conclave.protocol.Request;
import conclave.state.Caller;
import conclave.state.SnapshotImage;
import conclave.state.StateConfig;
import conclave.state.StateMachine;
import conclave.state.StoredStat;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/** Transactions of all kinds, and a way to see whether two states are the same. */
final class Workload {
  static final StateConfig CONFIG = StateConfig.DEFAULT.withExtendedTypes(true);

  private static final long FIRST_SESSION = 0x100000;
  private static final int SESSIONS = 4;
  private static final List<Acl> SOME_ACL =
      List.of(new Acl(Acl.ALL, Id.ANYONE), new Acl(Acl.READ, new Id("ip", "10.0.0.1")));

  private final Random random;

  Workload(long seed) {
    this.random = new Random(seed);
  }

  /**
   * The next transaction, prepared and not applied. Some are refused, which are transactions too.
   */
  LoggedTxn next(StateMachine state, long zxid) {
    long session = FIRST_SESSION + random.nextInt(SESSIONS);
    Caller caller = new Caller(session, (int) zxid, List.of(Id.ANYONE));
    Request request =
        switch (random.nextInt(12)) {
          case 0 -> new Request.CreateSession(4000 + (int) (session - FIRST_SESSION));
          case 1 -> random.nextInt(4) == 0 ? new Request.CloseSession() : change();
          case 2 -> new Request.Multi(List.of(change(), change(), change()));
          default -> change();
        };
    return state.prepare(request, caller, zxid, 1_700_000_000_000L + zxid);
  }

  private Request change() {
    String path = path();
    return switch (random.nextInt(10)) {
      case 0 -> new Request.Delete(path, -1);
      case 1, 2 -> new Request.SetData(path, data(), -1);
      case 3 -> new Request.SetAcl(path, random.nextBoolean() ? SOME_ACL : Acl.OPEN, -1);
      case 4 -> new Request.Create(OpCode.CREATE_CONTAINER, path, data(), Acl.OPEN, 4, 0);
      case 5 -> new Request.Create(OpCode.CREATE_TTL, path, data(), SOME_ACL, 5, 60_000);
      case 6 -> new Request.Create(OpCode.CREATE2, path, data(), Acl.OPEN, 3, 0);
      case 7 -> new Request.Create(OpCode.CREATE, path, data(), Acl.OPEN, 1, 0);
      default -> new Request.Create(OpCode.CREATE, path, data(), Acl.OPEN, 0, 0);
    };
  }

  private String path() {
    String top = "/a" + random.nextInt(6);
    return random.nextInt(3) == 0 ? top : top + "/ö" + random.nextInt(6);
  }

  /** From nothing to several sectors, zeros and not, so that entries lie in all ways. */
  private byte[] data() {
    byte[] data = new byte[random.nextInt(10) == 0 ? 2000 : random.nextInt(300)];
    Arrays.fill(data, (byte) random.nextInt(3));
    return data;
  }

  /** A create of a persistent znode that is not refused. */
  static LoggedTxn create(StateMachine state, long zxid, int size) {
    byte[] data = new byte[size];
    Arrays.fill(data, (byte) 'x');
    return state.prepare(
        new Request.Create(OpCode.CREATE, "/n" + zxid, data, Acl.OPEN, 0, 0),
        new Caller(0, 0, List.of(Id.ANYONE)),
        zxid,
        1_700_000_000_000L + zxid);
  }

  /** All that a snapshot has of a znode. */
  record Node(String data, List<Acl> acl, StoredStat stat) {}

  /** All that has to come back. */
  record Picture(Map<String, Node> nodes, Map<Long, Integer> sessions, long digest) {
    static Picture of(StateMachine state) {
      SnapshotImage image = state.beginSnapshot();
      Map<String, Node> nodes = new TreeMap<>();
      while (image.next(
          node ->
              nodes.put(
                  node.path(),
                  new Node(
                      Arrays.toString(node.data()),
                      node.acl() == SnapshotImage.OPEN_ACL
                          ? Acl.OPEN
                          : image.acls().get(node.acl()),
                      node.stat())),
          1000)) {}
      return new Picture(nodes, new TreeMap<>(state.sessions()), state.digest());
    }
  }
}
