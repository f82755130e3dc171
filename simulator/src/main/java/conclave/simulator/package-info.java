/**
 * Whole ensembles in one thread from one seed: virtual time, network and disks around the code that
 * runs in production.
 */
@NullMarked
package conclave.simulator;

import org.jspecify.annotations.NullMarked;
