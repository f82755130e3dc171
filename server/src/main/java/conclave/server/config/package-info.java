/**
 * The server's configuration: {@code zoo.cfg} and {@code -Dzookeeper.*} properties, read once at
 * the door.
 *
 * <p>The front door is {@link conclave.server.config.ZooCfg#load}, which answers with an immutable
 * {@link conclave.server.config.ServerConfig} or refuses with everything that is wrong at once. No
 * other package reads a system property that configures the server.
 *
 * <p>Precedence is Apache ZooKeeper's, which surprises at first: a key of the file that is not one
 * of the file's own settings becomes the property {@code zookeeper.<key>} and in doing so
 * <em>replaces</em> one given on the command line, while the file's own settings (tickTime,
 * dataDir, clientPort, …) cannot be given by a property at all.
 */
@NullMarked
package conclave.server.config;

import org.jspecify.annotations.NullMarked;
