package conclave.state;

/** Somebody who wants to hear of changes: one connection. Compared by identity. */
public interface Watcher {

  /** For dumps of the watches. */
  long sessionId();
}
