/**
 * Whole ensembles in one thread, from one seed: virtual time, network, disks and processes around
 * the replica, the state machine, the storage and the codecs that run in production. {@link
 * conclave.simulator.Simulation} runs one and says what it found.
 *
 * <p>Clients that are not the simulator's own take part as {@link conclave.simulator.Guests}.
 *
 * <p>Everything random comes from the seed, and nothing else decides anything, so a run can be
 * repeated byte by byte. Faults are a list that is drawn before the run begins; leaving some of
 * them out leaves the rest as it was, which is what {@link conclave.simulator.Shrinker} lives on.
 */
@NullMarked
package conclave.simulator;

import org.jspecify.annotations.NullMarked;
