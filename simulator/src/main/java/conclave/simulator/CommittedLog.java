package conclave.simulator;

import conclave.protocol.LoggedTxn;
import conclave.protocol.Txn;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What the ensemble has decided, as seen from outside: each transaction from the moment at which
 * the first member that serves has applied it. Nothing in it ever changes.
 */
final class CommittedLog {

  /** Whose it is, and whether it did anything. */
  private record Origin(long client, int cxid, boolean refused, long atUs) {}

  private final ZxidTable table = new ZxidTable();
  private final List<Origin> origins = new ArrayList<>();
  private final Map<Long, Integer> lastCxid = new HashMap<>();
  private final TreeModel model = new TreeModel();

  private boolean withLocalSessions;

  /** From now on sessions write of which the log has not heard. */
  void allowLocalSessions() {
    withLocalSessions = true;
  }

  TreeModel model() {
    return model;
  }

  long last() {
    return table.last();
  }

  int size() {
    return table.size();
  }

  boolean has(long zxid) {
    return table.has(zxid);
  }

  boolean has(long zxid, long hash) {
    return table.has(zxid, hash);
  }

  ZxidTable table() {
    return table;
  }

  /** The next transaction is decided. */
  void commit(LoggedTxn txn, long hash, long nowUs) {
    long zxid = txn.zxid();
    long last = table.last();
    if (!follows(last, zxid)) {
      throw new Violation(
          "zxids grow by one in an epoch and begin with 1",
          "zxid=" + TreeModel.hex(zxid) + " last=" + TreeModel.hex(last));
    }
    long client = txn.header().clientId();
    int cxid = txn.header().cxid();
    boolean refused = isRefused(txn.txn());
    if (!refused) {
      checkSession(txn, client, cxid);
    }
    model.apply(txn);
    table.add(zxid, hash);
    origins.add(new Origin(client, cxid, refused, nowUs));
  }

  private static boolean follows(long last, long next) {
    return next == last + 1 && (next & 0xffffffffL) != 0
        || next >>> 32 > last >>> 32 && (next & 0xffffffffL) == 1;
  }

  private void checkSession(LoggedTxn txn, long client, int cxid) {
    if (client == 0 || txn.txn() instanceof Txn.CreateSession) {
      return;
    }
    boolean known = model.sessions().containsKey(client);
    // Nobody but the member that has it knows of a local session, so a leader can't tell one from a
    // session that is over, and Apache's doesn't either. What it makes has to stay, though.
    boolean mayBeLocal = withLocalSessions && !makesEphemeral(txn.txn());
    if (!known && !mayBeLocal && !(txn.txn() instanceof Txn.CloseSession)) {
      throw new Violation(
          "a session that is over writes nothing",
          "session="
              + TreeModel.hex(client)
              + " zxid="
              + TreeModel.hex(txn.zxid())
              + " txn="
              + txn.txn());
    }
    if (!known && txn.txn() instanceof Txn.CloseSession) {
      // What ends a session that is over changes nothing, and comes late if it likes.
      return;
    }
    if (txn.txn() instanceof Txn.CloseSession && withLocalSessions) {
      // What comes of it later may be done, as it says above; in which order, nobody promises.
      lastCxid.remove(client);
      return;
    }
    if (cxid > 0) {
      Integer before = lastCxid.put(client, cxid);
      if (before != null && before >= cxid) {
        throw new Violation(
            "a session's writes are committed in the order in which they were sent, once",
            "session="
                + TreeModel.hex(client)
                + " cxid="
                + cxid
                + " before="
                + before
                + " zxid="
                + TreeModel.hex(txn.zxid()));
      }
    }
  }

  private static boolean makesEphemeral(Txn txn) {
    return txn instanceof Txn.Create create && create.ephemeral()
        || txn instanceof Txn.Multi multi
            && multi.txns().stream().anyMatch(CommittedLog::makesEphemeral);
  }

  static boolean isRefused(Txn txn) {
    return txn instanceof Txn.Error
        || txn instanceof Txn.Multi multi
            && multi.txns().stream().anyMatch(Txn.Error.class::isInstance);
  }

  /** Whether that transaction is the request of that number in that session. */
  boolean isOf(long zxid, long client, int cxid) {
    int index = table.indexOf(zxid);
    if (index < 0) {
      return false;
    }
    Origin origin = origins.get(index);
    return origin.client() == client && origin.cxid() == cxid;
  }

  /** Whether it was refused; it is there. */
  boolean isRefused(long zxid) {
    return origins.get(table.indexOf(zxid)).refused();
  }

  /** When it was decided. */
  long decidedUs(long zxid) {
    return origins.get(table.indexOf(zxid)).atUs();
  }
}
