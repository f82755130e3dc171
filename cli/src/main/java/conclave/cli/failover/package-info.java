/**
 * {@code conclave failover}: {@link conclave.cli.failover.FailoverCommand} runs a controller, shows
 * how the nodes are, and fails over by hand.
 */
@NullMarked
package conclave.cli.failover;

import org.jspecify.annotations.NullMarked;
