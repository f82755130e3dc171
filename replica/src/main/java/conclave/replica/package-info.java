/**
 * One member's mind: the tree, the sessions and the role in the ensemble, put together. It is
 * driven by one thread of a server, or by a simulator, and can't tell which.
 *
 * <p>The front door is {@link conclave.replica.Replica}, which takes inputs in batches and acts
 * through its {@link conclave.replica.Host}. Connections are {@link conclave.replica.Client}s: they
 * hand in {@link conclave.replica.Submission}s and get {@link conclave.replica.Delivery}s back.
 */
@NullMarked
package conclave.replica;

import org.jspecify.annotations.NullMarked;
