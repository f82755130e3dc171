/**
 * JSON, written and read: what recipes put into znodes, what a failover controller tells, and what
 * the commands print for other programs. Its front door is {@link conclave.recipes.json.Json}.
 *
 * <p>It stands here because this is the room nearest to the protocol that needs it; the rooms above
 * use it as it is. The server has a writer of its own, in the layout of Apache's AdminServer.
 */
@NullMarked
package conclave.recipes.json;

import org.jspecify.annotations.NullMarked;
