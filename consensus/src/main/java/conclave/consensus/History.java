package conclave.consensus;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * What this member has been sent or has proposed: the newest committed transactions, and behind
 * them the tail, which is logged (or on its way to the log) and not known to be committed.
 *
 * <p>The committed part is a window of bounded size, for learners that are a little behind; what is
 * older is in the log on disk. It outlives roles and epochs.
 *
 * <p>Invariant: committedZxid &le; lastZxid; the zxids in window and tail follow one another; the
 * window ends with committedZxid unless it is empty.
 */
public final class History {
  private final int windowCount;
  private final long windowBytes;
  private final ArrayDeque<Proposal> window = new ArrayDeque<>();
  private final ArrayDeque<Proposal> tail = new ArrayDeque<>();
  private long bytesInWindow;
  private long beforeWindow;
  private long committedZxid;
  private long lastZxid;
  private long durableZxid;

  /**
   * @param lastZxid the last transaction of what was recovered; all of that counts as committed
   *     until a leader says otherwise
   * @param windowCount how many committed transactions to keep (commitLogCount)
   * @param windowBytes how many bytes of them at most
   */
  public History(long lastZxid, int windowCount, long windowBytes) {
    this.windowCount = windowCount;
    this.windowBytes = windowBytes;
    restart(lastZxid);
  }

  /** The state was made anew, from a snapshot or from the disk, and ends with {@code zxid}. */
  public void restart(long zxid) {
    window.clear();
    tail.clear();
    bytesInWindow = 0;
    beforeWindow = zxid;
    committedZxid = zxid;
    lastZxid = zxid;
    durableZxid = zxid;
  }

  /** The last transaction that was handed to the log. */
  public long lastZxid() {
    return lastZxid;
  }

  /** The last transaction that is known to be committed. */
  public long committedZxid() {
    return committedZxid;
  }

  /** The last transaction that this member's disk has. */
  public long durableZxid() {
    return durableZxid;
  }

  /** Whether everything that was handed to the log is durable. */
  public boolean isDurable() {
    return durableZxid == lastZxid;
  }

  /** The log has made everything up to there durable. */
  public void durable(long zxid) {
    if (zxid < durableZxid || zxid > lastZxid) {
      throw broken("durable=" + Zxid.hex(zxid));
    }
    durableZxid = zxid;
  }

  /** The next transaction, which goes to the log now. */
  public void append(Proposal proposal) {
    if (!Zxid.follows(lastZxid, proposal.zxid())) {
      throw broken("appended=" + Zxid.hex(proposal.zxid()));
    }
    tail.addLast(proposal);
    lastZxid = proposal.zxid();
  }

  /** The first of the tail, which is the next to commit; null when there is none. */
  public @Nullable Proposal nextToCommit() {
    return tail.peekFirst();
  }

  /** The first of the tail is committed. */
  public Proposal commit() {
    Proposal proposal = tail.pollFirst();
    if (proposal == null) {
      throw broken("commit without a tail");
    }
    committedZxid = proposal.zxid();
    window.addLast(proposal);
    bytesInWindow += proposal.body().length;
    while (window.size() > windowCount || bytesInWindow > windowBytes) {
      Proposal oldest = window.removeFirst();
      bytesInWindow -= oldest.body().length;
      beforeWindow = oldest.zxid();
    }
    return proposal;
  }

  /**
   * Nothing after {@code zxid} is left in log and state. What this ends with is {@code zxid}, or
   * what stood before it where no transaction has that number.
   */
  public void truncate(long zxid) {
    while (!tail.isEmpty() && tail.getLast().zxid() > zxid) {
      tail.removeLast();
    }
    while (!window.isEmpty() && window.getLast().zxid() > zxid) {
      bytesInWindow -= window.removeLast().body().length;
    }
    if (beforeWindow > zxid) {
      beforeWindow = zxid;
    }
    committedZxid = window.isEmpty() ? beforeWindow : window.getLast().zxid();
    lastZxid = tail.isEmpty() ? committedZxid : tail.getLast().zxid();
    durableZxid = Math.min(durableZxid, lastZxid);
  }

  /**
   * The transaction before the oldest one in the window: a learner that has it can be brought up to
   * date from memory.
   */
  public long beforeWindow() {
    return beforeWindow;
  }

  /** Committed transactions in memory, oldest first. */
  public Iterable<Proposal> window() {
    return window;
  }

  /** What is not known to be committed, in order. */
  public Iterable<Proposal> tail() {
    return tail;
  }

  public int tailSize() {
    return tail.size();
  }

  private IllegalStateException broken(String what) {
    return new IllegalStateException(
        what
            + " lastZxid="
            + Zxid.hex(lastZxid)
            + " committedZxid="
            + Zxid.hex(committedZxid)
            + " durableZxid="
            + Zxid.hex(durableZxid)
            + " tail="
            + tail.size());
  }
}
