package conclave.server.loop;

import conclave.consensus.DiskLog;
import conclave.consensus.Proposal;
import conclave.storage.LogHistory;
import conclave.storage.Storage;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Older transactions out of the log's files, where sending them costs less than a snapshot: as in
 * Apache up to a third of the snapshot's size ({@code zookeeper.snapshotSizeFactor}), and never so
 * many that reading them would hold up the leader for longer than a heartbeat.
 */
final class StoredTransactions implements DiskLog {
  private static final Logger LOG = LoggerFactory.getLogger(StoredTransactions.class);
  private static final double SNAPSHOT_SIZE_FACTOR = 0.33;
  private static final long MOST_BYTES = 16L << 20;

  private final Storage storage;

  StoredTransactions(Storage storage) {
    this.storage = storage;
  }

  @Override
  public @Nullable Transactions read(long afterZxid, long upToZxid) {
    try {
      long affordable =
          Math.min(MOST_BYTES, (long) (SNAPSHOT_SIZE_FACTOR * storage.newestSnapshotBytes()));
      LogHistory history = storage.history(afterZxid, upToZxid);
      if (history.reachesBack() && history.hasStart() && history.bytes() <= affordable) {
        return new Stored(history);
      }
      history.close();
    } catch (IOException e) {
      LOG.warn("The log can't be read for a learner; it gets a snapshot: {}", e.getMessage());
    }
    return null;
  }

  private record Stored(LogHistory history) implements Transactions {
    @Override
    public @Nullable Proposal next() {
      try {
        return history.next() ? new Proposal(history.zxid(), history.entry(), null) : null;
      } catch (IOException e) {
        // What was sent so far is right; who reads on finds that it ends too early.
        LOG.warn("The log can't be read to its end for a learner: {}", e.getMessage());
        return null;
      }
    }

    @Override
    public void close() {
      try {
        history.close();
      } catch (IOException nothingIsLost) {
        // It was only read.
        LOG.debug("Closing a log that was read", nothingIsLost);
      }
    }
  }
}
