/**
 * One member's mind: the tree, the sessions and the role in the ensemble, put together. It is
 * driven by one thread of a server, or by a simulator, and can't tell which.
 */
@NullMarked
package conclave.replica;

import org.jspecify.annotations.NullMarked;
