/**
 * Commands that put a shell script under coordination: {@link
 * conclave.cli.coordination.LockCommand}, {@link conclave.cli.coordination.ElectCommand} and {@link
 * conclave.cli.coordination.BarrierCommand} run a command, {@link
 * conclave.cli.coordination.NameServiceCommand} registers and follows providers of a name.
 */
@NullMarked
package conclave.cli.coordination;

import org.jspecify.annotations.NullMarked;
