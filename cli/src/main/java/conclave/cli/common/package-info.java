/**
 * What the commands share: how they end ({@link conclave.cli.common.ExitCode}, {@link
 * conclave.cli.common.CommandFailure}), how they say why ({@link conclave.cli.common.Explain}), and
 * how they read and print what everybody knows from ZooKeeper. The other packages of the command
 * lean on this one, and it on none of them.
 */
@NullMarked
package conclave.cli.common;

import org.jspecify.annotations.NullMarked;
