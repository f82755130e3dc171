/**
 * The disk that tests and the simulator use in place of a real one: in memory, in one thread, and
 * as unkind as the contract of {@link conclave.storage.Disk} allows. The front door is {@link
 * conclave.storage.simulated.SimulatedDisk}. Nothing in a server uses it.
 */
@NullMarked
package conclave.storage.simulated;

import org.jspecify.annotations.NullMarked;
