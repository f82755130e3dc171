/**
 * The replicated state machine: what a replica holds and the rules by which it changes. Pure: no
 * threads, clocks, sockets or files.
 */
@NullMarked
package conclave.state;

import org.jspecify.annotations.NullMarked;
