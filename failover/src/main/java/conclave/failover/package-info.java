/**
 * Active and standby for any service. {@link conclave.failover.FailoverController} is the front
 * door: it runs beside one service, watches its health, takes part in an election, and makes it
 * active or standby.
 *
 * <p>What decides is {@link conclave.failover.FailoverMachine}: it takes {@link
 * conclave.failover.Input}s, answers {@link conclave.failover.Action}s, and knows no thread, clock,
 * socket or process. One thread of the controller owns it; everything else reports to that thread.
 * The znodes and the rules about them are those of Hadoop's ActiveStandbyElector.
 */
@NullMarked
package conclave.failover;

import org.jspecify.annotations.NullMarked;
