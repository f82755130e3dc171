package conclave.simulator;

import conclave.consensus.DiskLog;
import conclave.consensus.Proposal;
import conclave.storage.LogHistory;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A member's own log as the source of older transactions, under the rules of production. */
final class StoredTransactions implements DiskLog {
  private final SimulatedHost host;

  StoredTransactions(SimulatedHost host) {
    this.host = host;
  }

  @Override
  public @Nullable Transactions read(long afterZxid, long upToZxid) {
    host.effect();
    LogHistory history = null;
    try {
      history = host.storage().history(afterZxid, upToZxid);
      if (history.reachesBack() && history.hasStart() && isAffordable(history)) {
        return new Stored(history);
      }
    } catch (IOException e) {
      host.tell("the log can't be read for a learner: " + e.getMessage());
    }
    close(history);
    return null;
  }

  /** Simulated trees are small, so the log may be as long as the snapshot and not only a third. */
  private boolean isAffordable(LogHistory history) throws IOException {
    return history.bytes() <= host.storage().newestSnapshotBytes();
  }

  private static void close(@Nullable LogHistory opened) {
    if (opened != null) {
      try {
        opened.close();
      } catch (IOException nothingIsLost) {
        // It was only read.
      }
    }
  }

  private record Stored(LogHistory history) implements Transactions {
    @Override
    public @Nullable Proposal next() {
      try {
        return history.next() ? new Proposal(history.zxid(), history.entry(), null) : null;
      } catch (IOException e) {
        return null;
      }
    }

    @Override
    public void close() {
      StoredTransactions.close(history);
    }
  }
}
