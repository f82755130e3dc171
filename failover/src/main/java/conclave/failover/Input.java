package conclave.failover;

import org.jspecify.annotations.Nullable;

/**
 * What a {@link FailoverMachine} is told. What belongs to a session carries its generation: the
 * machine opens many, one after the other, and what an earlier one still says is no longer of
 * interest.
 */
sealed interface Input {
  /** Time has passed. */
  record Tick() implements Input {}

  /**
   * What a health check has brought.
   *
   * @param reported what the service says that it is; UNKNOWN where nobody asks it
   */
  record Health(HealthState state, ServiceState reported, String detail) implements Input {}

  /** The session stands, for the first time or again. */
  record SessionConnected(int generation, long sessionId, int timeoutMs) implements Input {}

  record SessionSuspended(int generation) implements Input {}

  /** The session is over or could not be had. */
  record SessionLost(int generation, String why) implements Input {}

  record LockCreated(int generation, long czxid) implements Input {}

  record LockExists(int generation) implements Input {}

  /** Null when there is none. */
  record LockSeen(int generation, @Nullable Znode lock) implements Input {}

  /** The watch has fired: what was seen is no longer true. */
  record LockChanged(int generation) implements Input {}

  /** Null when there is none. */
  record BreadcrumbSeen(int generation, @Nullable Znode breadcrumb) implements Input {}

  record BreadcrumbWritten(int generation, int version) implements Input {}

  /** Somebody else has written or removed it since it was read. */
  record BreadcrumbRefused(int generation) implements Input {}

  /** It is gone, by us or by somebody else. */
  record BreadcrumbDeleted(int generation) implements Input {}

  /**
   * Nobody knows whether the operation was done.
   *
   * @param hopeless the server has refused for a reason that does not go away, such as an ACL
   */
  record OperationFailed(int generation, String why, boolean hopeless) implements Input {}

  record HookEnded(long id, Ending ending, String detail) implements Input {}

  record FencingEnded(long id, boolean fenced, String detail) implements Input {}

  /**
   * A person, or a controller in a graceful failover, asks this node to stay out of the election
   * for a while; an active gives up in good order. With 0 it may come back.
   */
  record Yield(long requestId, long forMs) implements Input {}

  /**
   * The holder of the lock asks before it becomes active: is this service standby, for good?
   *
   * @param token the czxid of the asker's lock
   */
  record StandDown(long requestId, long token, String who) implements Input {}

  /** End, in good order if that can be had. */
  record Stop() implements Input {}
}
