package conclave.failover;

import java.util.Set;

/**
 * What a {@link FailoverMachine} goes by.
 *
 * @param data what this node writes into lock and breadcrumb: who it is
 * @param pauseMs how long to stay out of the election after fencing has failed, and to wait before
 *     what failed is tried again; Hadoop's is one second
 * @param cooldownMs how long to stay out of it after the service could not be made active
 * @param joinDelayMs how long to leave a free lock to nodes that are preferred
 * @param follows whether there is something to do when a standby has another active than before
 * @param failBackAfterMs how long to be well before a less preferred active is asked to give way;
 *     negative for never
 * @param lessPreferred the names of the nodes that this one is preferred to
 * @param demoteAheadMs how long before the session can end the service is made standby; 0 for a
 *     sixth of the session timeout
 * @param stopWithinMs how long an end in good order may take
 */
record MachineOptions(
    String data,
    long pauseMs,
    long cooldownMs,
    long joinDelayMs,
    boolean follows,
    long failBackAfterMs,
    Set<String> lessPreferred,
    long demoteAheadMs,
    long stopWithinMs) {
  MachineOptions {
    lessPreferred = Set.copyOf(lessPreferred);
  }
}
