/**
 * Commands on files, without a server: transaction logs ({@link conclave.cli.files.LogCommand}),
 * snapshots ({@link conclave.cli.files.SnapshotCommand}), and purging both ({@link
 * conclave.cli.files.PurgeCommand}). They read what Conclave and Apache ZooKeeper wrote, while a
 * server runs there or not, and change no file in place.
 */
@NullMarked
package conclave.cli.files;

import org.jspecify.annotations.NullMarked;
