/**
 * The two threads behind the sockets: the replica, which orders and applies every change, and the
 * log, which makes them durable.
 *
 * <p>The front door is {@link conclave.server.loop.Replica}: connections hand it {@link
 * conclave.server.loop.Command}s and get {@link conclave.server.loop.Delivery}s back through the
 * {@link conclave.server.loop.Outbox} of their event loop. {@link conclave.server.loop.SharedTree}
 * is how event loops read the tree without a hop.
 *
 * <pre>
 * event loop ──Command──▶ replica: prepare ──▶ log: append, one fdatasync for all that waited
 *     ▲                      │   ◀── durable up to zxid ──┘
 *     └──────Delivery──── apply
 * </pre>
 */
@NullMarked
package conclave.server.loop;

import org.jspecify.annotations.NullMarked;
