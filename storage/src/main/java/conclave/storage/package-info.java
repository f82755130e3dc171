/**
 * What survives: the transaction log, snapshots, recovery, over a small {@linkplain
 * conclave.storage.Disk disk port}. The front door is {@link conclave.storage.Storage}.
 *
 * <p>The formats are Apache ZooKeeper's, both ways: {@link conclave.storage.LogFormat} and {@link
 * conclave.storage.SnapshotFormat} spell them out. A server's directories look like this:
 *
 * <pre>
 * dataLogDir/version-2/log.&lt;first zxid, hex&gt;     entries, then zeros
 *                      conclave.synced           how far the log was acknowledged (ours)
 *                      conclave.lock             locked while a server runs (ours)
 * dataDir/version-2/snapshot.&lt;zxid, hex&gt;[.gz|.snappy]
 *                   acceptedEpoch, currentEpoch  of a member of an ensemble, decimal
 *                   conclave.installing          see {@link conclave.storage.Installation} (ours)
 *                   conclave.member              a member of an ensemble ran here (ours)
 *                   conclave.incomplete          it has lost something since (ours)
 *                   conclave.lock                the same
 * dataDir/damaged-&lt;n&gt;, dataLogDir/damaged-&lt;n&gt;       what a member could not use
 * </pre>
 *
 * <p>Three threads use it: one recovers; then one appends and syncs ({@link
 * conclave.storage.TxnLog}), and one writes snapshots and purges ({@link
 * conclave.storage.Snapshots}). The rules:
 *
 * <ul>
 *   <li>Durable means that a sync returned without an error. After a failed write or sync the log
 *       is dead ({@link conclave.storage.StorageFailedException}) and the process ends.
 *   <li>A file's content is durable before its name relies on it, and its name before anything else
 *       does: contents are forced, then renamed, then the directory is forced.
 *   <li>A torn tail of the last log file is cut, any other damage refused ({@link
 *       conclave.storage.DamagedException} names file and offset).
 *   <li>Where the ensemble has another history than this server, {@link
 *       conclave.storage.Storage#truncate} cuts the end off and {@link
 *       conclave.storage.Storage#install} replaces everything. Each leaves the old state or the new
 *       one, and both are asked for again after an interruption.
 * </ul>
 *
 * <p>A server that is alone starts with {@link conclave.storage.Storage#recover} and refuses what
 * is damaged, for nobody else has it. A member of an ensemble starts with {@link
 * conclave.storage.Storage#recoverMember}: the others have it, so what is damaged goes aside and
 * the member begins with less. What it acknowledged or promised it must not be asked about any
 * more; so it is {@linkplain conclave.storage.Member.Standing not whole}, has no vote and counts in
 * no quorum until a leader that others elected has filled it and {@link
 * conclave.storage.Storage#complete} is called. {@code docs/decisions/incomplete-members.md} has
 * the reasons.
 *
 * <p>For the leader of an ensemble there are {@link conclave.storage.SnapshotStreamWriter} and
 * {@link conclave.storage.LogHistory}, for a learner {@link
 * conclave.storage.SnapshotStreamDecoder}; the two that deal with streams know no disk.
 *
 * <p>Nothing here logs, reads clocks or draws random numbers.
 */
@NullMarked
package conclave.storage;

import org.jspecify.annotations.NullMarked;
