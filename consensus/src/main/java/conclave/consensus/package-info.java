/**
 * Who leads, and in which order things happen: leader election and atomic broadcast (ZAB 1.0), as
 * functions of their input. Nothing here knows a thread, clock, socket, file, random source or
 * logger, and nothing knows what the transactions mean that it orders.
 *
 * <p>The front doors: {@link conclave.consensus.Membership}, who is in the ensemble, with the
 * {@link conclave.consensus.Quorum} that decides; {@link conclave.consensus.Election}, which finds
 * a leader and acts through its {@link conclave.consensus.ElectionPort}; {@link
 * conclave.consensus.Leading} and {@link conclave.consensus.Following}, the two sides of the
 * broadcast, with the {@link conclave.consensus.History} that both work on.
 */
@NullMarked
package conclave.consensus;

import org.jspecify.annotations.NullMarked;
