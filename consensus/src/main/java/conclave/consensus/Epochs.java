package conclave.consensus;

/**
 * The epoch that this member has promised to follow and the one that it is in. Both are on disk
 * before they are spoken.
 */
public final class Epochs {

  /** Where they are kept. Each method returns when the number is durable. */
  public interface Store {
    void writeAccepted(long epoch);

    void writeCurrent(long epoch);
  }

  private final Store store;
  private long accepted;
  private long current;

  public Epochs(long accepted, long current, Store store) {
    if (accepted < current) {
      throw new IllegalStateException("acceptedEpoch=" + accepted + " currentEpoch=" + current);
    }
    this.accepted = accepted;
    this.current = current;
    this.store = store;
  }

  /** No leader of an earlier epoch is followed. */
  public long accepted() {
    return accepted;
  }

  /** The epoch of the leader whose whole beginning this member has. */
  public long current() {
    return current;
  }

  /** Promises to follow the leader of a later epoch than any before. */
  public void accept(long epoch) {
    if (epoch <= accepted) {
      throw new IllegalStateException(
          "epoch=" + epoch + " acceptedEpoch=" + accepted + " currentEpoch=" + current);
    }
    store.writeAccepted(epoch);
    accepted = epoch;
  }

  /** Everything that the leader of this epoch began with is on disk. */
  public void enter(long epoch) {
    if (epoch < current || epoch > accepted) {
      throw new IllegalStateException(
          "epoch=" + epoch + " acceptedEpoch=" + accepted + " currentEpoch=" + current);
    }
    if (epoch != current) {
      store.writeCurrent(epoch);
      current = epoch;
    }
  }
}
