package conclave.storage;

import java.nio.file.Path;

/**
 * What an operator decides about storage. The names in brackets are ZooKeeper's.
 *
 * @param dataDir where snapshots live, in {@code version-2} below it
 * @param dataLogDir where the transaction log lives, in {@code version-2} below it; may be the same
 * @param createDirectories whether missing directories are made ({@code datadir.autocreate})
 * @param createDatabase whether a server without any data starts empty ({@code db.autocreate});
 *     otherwise it needs a file {@code initialize} in the log directory, as {@code
 *     zkServer-initialize} makes
 * @param trustEmptySnapshot whether logs are replayed onto an empty tree when there is no snapshot
 *     ({@code snapshot.trust.empty})
 * @param forceSync whether sync reaches the disk ({@code forceSync}); without it a power cut loses
 *     acknowledged writes
 * @param preallocateBytes the most that a log file grows ahead of its content in one step ({@code
 *     preAllocSize}); 0 for not at all
 * @param maxEntryBytes the longest log entry that is believed when read ({@code jute.maxbuffer} and
 *     its extra size)
 * @param compression how new snapshots are packed ({@code snapshot.compression.method})
 * @param writeDigest whether a snapshot has the tree's digest ({@code digest.enabled}); Apache
 *     reads what we write only if its own setting is the same
 * @param writeLastZxid whether a snapshot ends with its zxid, as since 3.9 ({@code
 *     serializeLastProcessedZxid.enabled})
 */
public record StorageOptions(
    Path dataDir,
    Path dataLogDir,
    boolean createDirectories,
    boolean createDatabase,
    boolean trustEmptySnapshot,
    boolean forceSync,
    long preallocateBytes,
    int maxEntryBytes,
    Compression compression,
    boolean writeDigest,
    boolean writeLastZxid) {

  /** ZooKeeper's defaults. */
  public static StorageOptions in(Path dataDir) {
    return new StorageOptions(
        dataDir,
        dataDir,
        true,
        true,
        false,
        true,
        64L << 20,
        2 * 0xfffff,
        Compression.NONE,
        true,
        true);
  }

  public StorageOptions withDataLogDir(Path newDataLogDir) {
    return with(newDataLogDir, compression);
  }

  public StorageOptions withCompression(Compression newCompression) {
    return with(dataLogDir, newCompression);
  }

  private StorageOptions with(Path newDataLogDir, Compression newCompression) {
    return new StorageOptions(
        dataDir,
        newDataLogDir,
        createDirectories,
        createDatabase,
        trustEmptySnapshot,
        forceSync,
        preallocateBytes,
        maxEntryBytes,
        newCompression,
        writeDigest,
        writeLastZxid);
  }
}
