/**
 * The one {@code conclave} command. {@link conclave.cli.Main} is the front door; every subcommand
 * is a class beside it.
 *
 * <p>Start-up time is what users of a command line feel, so only the subcommand that was asked for
 * is built, and nothing is looked for on the class path.
 */
@NullMarked
package conclave.cli;

import org.jspecify.annotations.NullMarked;
