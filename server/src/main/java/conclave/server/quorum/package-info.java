/**
 * The ports between servers: the election port, where votes are exchanged, and the quorum port,
 * where learners meet their leader. It moves messages and knows who is connected; what they mean is
 * the replica's business.
 *
 * <p>The front door is {@link conclave.server.quorum.QuorumNetwork}. Everything runs on one event
 * loop, which no client is on, so that no amount of clients delays a heartbeat. In a server the
 * thread that runs the replica runs it, too ({@link conclave.server.quorum.DrivenLoop}), unless
 * there is something to encrypt. What comes in goes to the replica through a {@link
 * conclave.server.quorum.QuorumInbox}.
 */
@NullMarked
package conclave.server.quorum;

import org.jspecify.annotations.NullMarked;
