/**
 * The two threads behind the sockets: the replica, which orders and applies every change, and the
 * log, which makes them durable.
 *
 * <p>The front door is {@link conclave.server.loop.ReplicaThread}: connections hand it {@link
 * conclave.replica.Submission}s and get {@link conclave.replica.Delivery}s back through the {@link
 * conclave.server.loop.Outbox} of their event loop; everybody else hands it {@link
 * conclave.server.loop.Input}s. {@link conclave.server.loop.SharedTree} is how event loops read the
 * tree without a hop.
 *
 * <pre>
 * event loop ──Submission──▶ replica: prepare ──▶ log: append, one fdatasync for all that waited
 *     ▲                         │   ◀── durable up to zxid ──┘
 *     └────────Delivery───── apply
 * </pre>
 */
@NullMarked
package conclave.server.loop;

import org.jspecify.annotations.NullMarked;
