/**
 * The ports between servers: the election port, where votes are exchanged, and the quorum port,
 * where learners meet their leader. It moves messages and knows who is connected; what they mean is
 * the replica's business.
 *
 * <p>The front door is {@link conclave.server.quorum.QuorumNetwork}. Everything runs on one event
 * loop of its own, so that no amount of clients delays a heartbeat. What comes in goes to the
 * replica's thread through a {@link conclave.server.quorum.QuorumInbox}.
 */
@NullMarked
package conclave.server.quorum;

import org.jspecify.annotations.NullMarked;
