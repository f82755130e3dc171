/**
 * The client port: accepting connections, frames, the handshake, reading on the event loop, and
 * getting replies and events back in order.
 *
 * <p>The front door is {@link conclave.server.transport.ClientPort}. One {@link
 * conclave.server.transport.ClientConnection} per connection does the work; all connections of one
 * event loop share an {@link conclave.server.transport.LoopContext}. In an ensemble, {@link
 * conclave.server.transport.VisitableHandler} lets the replica's thread in while an event loop's
 * waits. {@link conclave.server.transport.LingeringHandler} keeps an event loop from falling asleep
 * right before the next request of the only client that it has.
 */
@NullMarked
package conclave.server.transport;

import org.jspecify.annotations.NullMarked;
