/**
 * Who may come in and how much they may ask: {@link conclave.server.pipeline.Admission} counts
 * connections, {@link conclave.server.pipeline.RequestThrottle} and {@link
 * conclave.server.pipeline.LargeRequests} what they ask.
 */
@NullMarked
package conclave.server.pipeline;

import org.jspecify.annotations.NullMarked;
