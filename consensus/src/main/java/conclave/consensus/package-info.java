/**
 * Who leads, and in which order things happen: leader election and atomic broadcast (ZAB 1.0), as
 * functions of their input. Nothing here knows a thread, clock, socket, file, random source or
 * logger, and nothing knows what the transactions mean that it orders.
 */
@NullMarked
package conclave.consensus;

import org.jspecify.annotations.NullMarked;
