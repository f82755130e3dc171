/**
 * What travels between clients and servers and what is stored on disk, as values with their
 * encoding.
 *
 * <p>Everything here is a value: no threads, clocks, sockets or files. The front doors are {@link
 * conclave.protocol.Request} (what a client asks), {@link conclave.protocol.Reply} (what it is
 * told), and {@link conclave.protocol.Txn} (what a change looks like in the log and between
 * servers). Between servers travel {@link conclave.protocol.QuorumPacket}s, on connections between
 * a leader and its learners, and {@link conclave.protocol.Notification}s, on election connections;
 * who is in the ensemble is a {@link conclave.protocol.MembershipText}.
 *
 * <p>The encoding is jute, the record format of ZooKeeper: big-endian integers, booleans of one
 * byte, strings and buffers as an {@code int} length followed by the bytes (length &minus;1 is
 * null), vectors as an {@code int} count followed by the items (count &minus;1 is null). {@link
 * conclave.protocol.JuteReader} and {@link conclave.protocol.JuteWriter} are the only classes that
 * know these rules.
 */
@NullMarked
package conclave.protocol;

import org.jspecify.annotations.NullMarked;
