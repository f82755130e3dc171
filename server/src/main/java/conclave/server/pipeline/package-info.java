/**
 * Who may come in and how much they may ask: {@link conclave.server.pipeline.Admission} counts
 * connections, {@link conclave.server.pipeline.Authenticator} finds out who a client is.
 */
@NullMarked
package conclave.server.pipeline;

import org.jspecify.annotations.NullMarked;
