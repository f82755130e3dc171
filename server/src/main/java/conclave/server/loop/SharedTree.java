package conclave.server.loop;

import conclave.protocol.ErrorCode;
import conclave.protocol.JuteWriter;
import conclave.protocol.Request;
import conclave.state.Caller;
import conclave.state.SnapshotImage;
import conclave.state.StateMachine;
import conclave.state.WatchTable;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.StampedLock;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The state machine with the one lock that guards it.
 *
 * <p>The replica applies batches of changes under the exclusive lock. Event loops read under an
 * optimistic stamp, which costs two reads of a word, and fall back to the shared lock when a batch
 * was applied meanwhile. What must be atomic with respect to the changes (reading and setting a
 * watch) takes the shared lock at once.
 *
 * <p>Lock order: who holds this lock waits for no other. An event loop's thread has the loop's own
 * when it takes this one.
 */
public final class SharedTree {
  private final StampedLock lock = new StampedLock();
  private final List<WatchTable> watches = new ArrayList<>();

  /** Another one when the replica has it made anew; only ever replaced under the exclusive lock. */
  private volatile StateMachine state;

  private boolean imageOpen;

  public SharedTree(StateMachine state) {
    this.state = state;
  }

  /** Changes fire the watches in that table, too. Before anything else happens. */
  public void attach(WatchTable table) {
    watches.add(table);
    state.attach(table);
  }

  /** Readers see another state from now on. Replica only. */
  void replace(StateMachine made) {
    exclusively(
        () -> {
          watches.forEach(state::detach);
          watches.forEach(made::attach);
          state = made;
        });
  }

  /**
   * The tree as it is, to be handed out while it goes on changing; null while another one is.
   * Replica only.
   */
  @Nullable SnapshotImage beginImage() {
    SnapshotImage[] image = new SnapshotImage[1];
    exclusively(
        () -> {
          if (!imageOpen) {
            imageOpen = true;
            image[0] = state.beginSnapshot();
          }
        });
    return image[0];
  }

  /** The image is not needed any more, whether it was read to its end or not; any thread. */
  void endImage(SnapshotImage image) {
    exclusively(
        () -> {
          image.close();
          imageOpen = false;
        });
  }

  /** For the replica, whose thread alone may prepare, and apply under {@link #exclusively}. */
  StateMachine state() {
    return state;
  }

  /** Runs {@code change} with all readers kept out. Replica only. */
  void exclusively(Runnable change) {
    long stamp = lock.writeLock();
    try {
      change.run();
    } finally {
      lock.unlockWrite(stamp);
    }
  }

  /** Runs {@code action} with the writer kept out; it must be short and must not block. */
  public <T> T shared(Supplier<T> action) {
    long stamp = lock.readLock();
    try {
      return action.get();
    } finally {
      lock.unlockRead(stamp);
    }
  }

  /** The shared lock by itself, for who reads in many small pieces and writes in between. */
  Lock sharedLock() {
    return lock.asReadLock();
  }

  /** Reads something of the state with the writer kept out; it must be short. */
  public <T> T look(Function<StateMachine, T> question) {
    return shared(() -> question.apply(state));
  }

  /** The newest change that is in the tree. */
  public long lastAppliedZxid() {
    return state.lastAppliedZxid();
  }

  /**
   * Writes the reply to a read, header and body, to {@code out}.
   *
   * @return the error in the header
   */
  public ErrorCode reply(int xid, Request request, Caller caller, JuteWriter out) {
    int start = out.length();
    long stamp = lock.tryOptimisticRead();
    if (stamp != 0) {
      try {
        ErrorCode error = replyNow(xid, request, caller, out);
        if (lock.validate(stamp)) {
          return error;
        }
      } catch (RuntimeException e) {
        // What is read while a change is being applied may make no sense; what is read in peace
        // must.
        if (lock.validate(stamp)) {
          throw e;
        }
      }
      out.truncate(start);
    }
    return shared(() -> replyNow(xid, request, caller, out));
  }

  /** The same for an owner of the shared lock. */
  public ErrorCode replyNow(int xid, Request request, Caller caller, JuteWriter out) {
    out.writeInt(xid);
    out.writeLong(state.lastAppliedZxid());
    int errorAt = out.length();
    out.writeInt(0);
    ErrorCode error = state.read(request, caller, out);
    if (error != ErrorCode.OK) {
      out.truncate(errorAt + 4);
      out.putInt(errorAt, error.code());
    }
    return error;
  }
}
