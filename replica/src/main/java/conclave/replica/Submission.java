package conclave.replica;

import conclave.protocol.ErrorCode;
import conclave.protocol.LoggedTxn;
import conclave.protocol.Reply;
import conclave.protocol.Request;
import conclave.state.Caller;
import conclave.state.Outcome;
import conclave.state.SessionExpiry;
import org.jspecify.annotations.Nullable;

/**
 * A request that has to go through the replica, and on the way back its answer.
 *
 * <p>The same object travels there and back; the fields of the answer are written by the replica
 * before it is offered to the outbox, whose queue orders them for the reader.
 */
public final class Submission implements Delivery {
  private static final Outcome LOST = new Outcome(ErrorCode.CONNECTION_LOSS, Reply.NOTHING);

  private final @Nullable Client client;
  private final Caller caller;
  private final Request request;
  private final long receivedNanos;

  private @Nullable LoggedTxn txn;
  private long zxid;
  private @Nullable Outcome outcome;
  private SessionExpiry.@Nullable Handle session;
  private boolean isExpected;
  private @Nullable Outcome prepared;

  /**
   * @param client null for requests that the server makes itself
   * @param receivedNanos monotonic time at which the request came in
   */
  public Submission(@Nullable Client client, Caller caller, Request request, long receivedNanos) {
    this.client = client;
    this.caller = caller;
    this.request = request;
    this.receivedNanos = receivedNanos;
  }

  public boolean hasClient() {
    return client != null;
  }

  @Override
  public Client client() {
    if (client == null) {
      throw new IllegalStateException("a request of the server itself: " + request);
    }
    return client;
  }

  public Caller caller() {
    return caller;
  }

  public Request request() {
    return request;
  }

  public long receivedNanos() {
    return receivedNanos;
  }

  /** It has become a transaction. */
  void ordered(LoggedTxn asTxn) {
    this.txn = asTxn;
    this.zxid = asTxn.zxid();
  }

  /** It is no transaction, and comes behind that one. */
  void orderedBehind(long precedingZxid) {
    this.zxid = precedingZxid;
  }

  /** What it has become; null for a request that is ordered but not logged: sync. */
  @Nullable LoggedTxn txn() {
    return txn;
  }

  void done(Outcome result, SessionExpiry.@Nullable Handle handle) {
    this.outcome = result;
    this.session = handle;
  }

  /** Its own zxid, or for one that was not logged that of the last change before it. */
  public long zxid() {
    return zxid;
  }

  /** Whether it has come back to its connection, or is on its way there. */
  boolean isAnswered() {
    return outcome != null;
  }

  /**
   * Whether nobody will ever know what became of it: this member lost its leader. Its connection is
   * to be ended, without an answer.
   */
  public boolean isLost() {
    return outcome().error() == ErrorCode.CONNECTION_LOSS;
  }

  /** Its answer has its place in the order of its session's answers. */
  void expected() {
    isExpected = true;
  }

  boolean isExpected() {
    return isExpected;
  }

  /** What will have become of it when it is its turn. */
  void prepared(Outcome result, SessionExpiry.@Nullable Handle handle) {
    this.prepared = result;
    this.session = handle;
  }

  /** It is its turn; false when nothing was prepared for that. */
  boolean doneAsPrepared() {
    if (prepared == null) {
      return false;
    }
    outcome = prepared;
    return true;
  }

  /** Nobody will know what becomes of it. */
  void lost() {
    done(LOST, null);
  }

  /** What became of it. */
  public Outcome outcome() {
    Outcome result = outcome;
    if (result == null) {
      throw new IllegalStateException("not answered yet: " + request);
    }
    return result;
  }

  /** The session that it created, when it did. */
  public SessionExpiry.@Nullable Handle session() {
    return session;
  }
}
