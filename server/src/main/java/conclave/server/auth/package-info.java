/**
 * Who a client is, and the encryption of its connection.
 *
 * <p>Two front doors: {@link conclave.server.auth.Identities} turns what a client shows into ids,
 * {@link conclave.server.auth.ClientTls} makes the TLS handlers of the client ports. What ids may
 * do is not decided here but in {@link conclave.state.AclRules}.
 */
@NullMarked
package conclave.server.auth;

import org.jspecify.annotations.NullMarked;
