package conclave.failover;

/** What a {@link FailoverMachine} wants done; what comes of it is reported as an {@link Input}. */
sealed interface Action {
  record OpenSession(int generation) implements Action {}

  /** Ends the session; its lock goes with it. */
  record CloseSession(int generation) implements Action {}

  /** Creates the ephemeral znode of the lock. */
  record CreateLock(int generation) implements Action {}

  /**
   * Reads the lock.
   *
   * @param watch whether to tell of the next change
   */
  record ReadLock(int generation, boolean watch) implements Action {}

  record ReadBreadcrumb(int generation) implements Action {}

  /** Writes our data into the breadcrumb; version -1 creates it. */
  record WriteBreadcrumb(int generation, int version) implements Action {}

  record DeleteBreadcrumb(int generation, int version) implements Action {}

  record RunHook(long id, Transition transition, HookContext context) implements Action {}

  /** Ends the hook if it still runs; it is reported as ended either way. */
  record CancelHook(long id) implements Action {}

  /**
   * Makes sure that the old active does nothing any more.
   *
   * @param old the data of the breadcrumb that it left
   * @param token the czxid of our lock
   */
  record Fence(long id, String old, long token) implements Action {}

  /** Stops trying if it still does; it is reported as ended either way. */
  record CancelFencing(long id) implements Action {}

  /** Answers a {@link Input.Yield} or {@link Input.StandDown}. */
  record Answer(long requestId, boolean granted, String detail) implements Action {}

  /** This node is preferred to the active and has been well for long enough: fail over to it. */
  record FailBack() implements Action {}

  record Tell(Event event) implements Action {}

  /**
   * The machine has nothing more to do.
   *
   * @param clean whether nobody has to fence this node
   */
  record Exit(boolean clean, String detail) implements Action {}
}
