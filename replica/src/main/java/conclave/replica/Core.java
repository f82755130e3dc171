package conclave.replica;

import conclave.consensus.Epochs;
import conclave.consensus.History;
import conclave.state.StateMachine;

/** What a replica's roles share: it outlives them. */
final class Core {
  final ReplicaConfig config;
  final Host host;
  final History history;
  final Epochs epochs;
  final SessionBook sessions;
  final Applying applying;

  /** Another one after a truncation, or a snapshot from the leader or an operator. */
  private StateMachine state;

  private boolean needsSnapshot;
  private long nowMs;
  private long wallMs;

  Core(ReplicaConfig config, StateMachine state, History history, Epochs epochs, Host host) {
    this.config = config;
    this.host = host;
    this.state = state;
    this.history = history;
    this.epochs = epochs;
    this.sessions = new SessionBook(config.tickTimeMs());
    this.applying = new Applying(this);
  }

  StateMachine state() {
    return state;
  }

  /** The state was made anew and ends with that transaction. */
  void replaceState(StateMachine made, long zxid) {
    state = made;
    history.restart(zxid);
  }

  /** The configuration is agreed on: what /zookeeper/config says from now on. */
  void configuration(String text) {
    host.exclusively(() -> state.configuration(text, wallMs));
    host.configuration(text);
  }

  /** What is here can't be made equal to the leader's history: only a snapshot helps. */
  boolean needsSnapshot() {
    return needsSnapshot;
  }

  void needsSnapshot(boolean needs) {
    needsSnapshot = needs;
  }

  void time(long monotonicMs, long wallTimeMs) {
    nowMs = monotonicMs;
    wallMs = wallTimeMs;
  }

  /** Monotonic milliseconds at which the batch that is being handled began. */
  long nowMs() {
    return nowMs;
  }

  /** Milliseconds since 1970 at which the batch that is being handled began. */
  long wallMs() {
    return wallMs;
  }
}
