/**
 * The threads behind the sockets: the replica's, which orders and applies every change, and the
 * log's, which makes them durable where that is much or the disk is slow; a little of it the
 * replica's writes itself. In an ensemble another thread stands by and takes the replica over when
 * the disk hangs ({@link conclave.server.loop.Helm}).
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
