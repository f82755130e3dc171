/**
 * The shell: every command of ZooKeeper's zkCli and some beyond. {@link
 * conclave.cli.shell.ShellEntry} is the front door; it reads the options and decides where lines
 * come from.
 *
 * <p>{@link conclave.cli.shell.Shell} runs lines and knows no terminal: it prints through a {@link
 * conclave.cli.shell.Console}, of which there is one for terminals ({@link
 * conclave.cli.shell.TerminalConsole}), one for pipes, and one in tests. Each command is a class
 * that implements {@link conclave.cli.shell.ShellCommand}; {@link conclave.cli.shell.Commands}
 * lists them.
 */
@NullMarked
package conclave.cli.shell;

import org.jspecify.annotations.NullMarked;
