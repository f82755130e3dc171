/**
 * What is told over HTTP: the commands of ZooKeeper's AdminServer and the numbers for Prometheus.
 *
 * <p>The front door is {@link conclave.server.http.HttpPort}, which shows a {@link
 * conclave.server.http.Site} to whoever comes. Connections are on the server's event loops; pages
 * are made on a thread of their own, so that a large one holds up no client. A body that is too
 * large for memory is an {@link conclave.server.http.Upload}.
 */
@NullMarked
package conclave.server.http;

import org.jspecify.annotations.NullMarked;
