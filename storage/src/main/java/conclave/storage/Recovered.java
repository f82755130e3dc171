package conclave.storage;

import conclave.state.StateMachine;
import java.util.ArrayList;
import java.util.List;

/**
 * What a start found on disk.
 *
 * @param state the state that it makes
 * @param lastZxid the last transaction that the state contains
 * @param snapshotZxid the snapshot that it began with
 * @param replayed how many transactions were replayed onto it
 * @param fresh whether there was no data, so that this is a new, empty database
 * @param warnings what an operator should know, in sentences
 */
public record Recovered(
    StateMachine state,
    long lastZxid,
    long snapshotZxid,
    long replayed,
    boolean fresh,
    List<String> warnings) {

  /** The same with more to know, which comes first. */
  Recovered withWarnings(List<String> more) {
    List<String> all = new ArrayList<>(more);
    all.addAll(warnings);
    return new Recovered(state, lastZxid, snapshotZxid, replayed, fresh, List.copyOf(all));
  }
}
