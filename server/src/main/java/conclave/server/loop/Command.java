package conclave.server.loop;

/** What event loops and timers hand to the replica. */
public sealed interface Command permits Submission, Attach, Detach, Command.Call {

  /** Something to be run on the replica's thread, as for statistics that only it may read. */
  record Call(Runnable action) implements Command {}
}
