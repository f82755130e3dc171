/**
 * The Java client: asynchronous, typed, small. {@link conclave.client.ConclaveClient} is the front
 * door.
 *
 * <p>One event loop thread owns a client: its {@link conclave.client.Session} lives through many
 * {@link conclave.client.Connection}s, and neither is touched by any other thread. Futures complete
 * and listeners run on that thread, in the order in which the server answered; whoever blocks there
 * blocks the client.
 */
@NullMarked
package conclave.client;

import org.jspecify.annotations.NullMarked;
