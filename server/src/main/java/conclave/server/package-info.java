/**
 * A server: {@link conclave.server.ConclaveServer} wires the rooms together, {@link
 * conclave.server.ServerProcess} makes a process of it.
 *
 * <p>Its own packages: {@code config} reads zoo.cfg, {@code transport} is the client port, {@code
 * quorum} are the ports between servers, {@code pipeline} decides who may come in, {@code loop}
 * orders and applies, {@code auth} knows who somebody is, {@code admin} answers operators, {@code
 * http} does so by HTTP.
 */
@NullMarked
package conclave.server;

import org.jspecify.annotations.NullMarked;
