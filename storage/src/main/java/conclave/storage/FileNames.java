package conclave.storage;

import org.jspecify.annotations.Nullable;

/** What the files in {@code version-2} are called. */
final class FileNames {
  static final String VERSION_DIRECTORY = "version-2";
  static final String LOG_PREFIX = "log.";
  static final String SNAPSHOT_PREFIX = "snapshot.";

  /** Asks for an empty database, where one is not made unasked; beside {@code version-2}. */
  static final String INITIALIZE = "initialize";

  /** Our own files. Apache's tools pass over names that start with neither of the two prefixes. */
  static final String LOCK = "conclave.lock";

  static final String SYNCED_MARK = "conclave.synced";

  /** A member of an ensemble ran here; and one that is not whole. */
  static final String MEMBER = "conclave.member";

  static final String INCOMPLETE = "conclave.incomplete";

  /** A snapshot that is about to take the place of everything, and the word that it does. */
  static final String INSTALLING_SNAPSHOT = "conclave.installing.snapshot";

  static final String INSTALLING = "conclave.installing";
  static final String UNFINISHED_SUFFIX = ".conclave-tmp";

  /** A snapshot that is being handed in; a start removes it. */
  static final String INTAKE = "conclave.intake" + UNFINISHED_SUFFIX;

  private FileNames() {}

  static String log(long firstZxid) {
    return LOG_PREFIX + Long.toHexString(firstZxid);
  }

  static String snapshot(long zxid, Compression compression) {
    return SNAPSHOT_PREFIX + Long.toHexString(zxid) + compression.suffix();
  }

  /** The zxid in a log file's name, or &minus;1 when the name is not exactly one. */
  static long zxidOfLog(String name) {
    return name.startsWith(LOG_PREFIX) ? zxid(name.substring(LOG_PREFIX.length())) : -1;
  }

  /** What a snapshot file's name says, or null when it is not exactly one. */
  static @Nullable SnapshotName snapshotOf(String name) {
    if (!name.startsWith(SNAPSHOT_PREFIX)) {
      return null;
    }
    String rest = name.substring(SNAPSHOT_PREFIX.length());
    int dot = rest.indexOf('.');
    Compression compression = Compression.of(dot < 0 ? "" : rest.substring(dot + 1));
    long zxid = zxid(dot < 0 ? rest : rest.substring(0, dot));
    return compression == null || zxid < 0 || dot == rest.length() - 1
        ? null
        : new SnapshotName(name, zxid, compression);
  }

  private static long zxid(String hex) {
    if (hex.isEmpty() || hex.length() > 16 || hex.charAt(0) == '+' || hex.charAt(0) == '-') {
      return -1;
    }
    try {
      return Long.parseLong(hex, 16);
    } catch (NumberFormatException notHex) {
      return -1;
    }
  }

  record SnapshotName(String name, long zxid, Compression compression) {}
}
