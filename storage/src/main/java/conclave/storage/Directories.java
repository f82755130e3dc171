package conclave.storage;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Path;

/** Making and checking the directories that files live in. */
final class Directories {
  private Directories() {}

  /**
   * Sees that a directory is there, and stays there over a power cut: it and those above it may
   * have been made a moment ago by a server that ended before it could force them.
   */
  static void prepare(Disk disk, Path directory, boolean create) throws IOException {
    if (!disk.exists(directory)) {
      if (!create) {
        throw new DataDirectoryException(
            "the data directory "
                + directory
                + " is missing, and datadir.autocreate=false says not to make it");
      }
      disk.createDirectories(directory);
    }
    Path parent = directory.toAbsolutePath().getParent();
    while (parent != null) {
      try {
        disk.forceDirectory(parent);
      } catch (AccessDeniedException notOurs) {
        // A directory that this user can't open was not made by this user's server.
        return;
      }
      parent = parent.getParent();
    }
  }

  /** Refuses directories whose contents are those of each other (ZOOKEEPER-2967). */
  static void checkNotMixedUp(Disk disk, Path snapshotDirectory, Path logDirectory)
      throws IOException {
    for (String name : disk.list(logDirectory)) {
      if (name.startsWith(FileNames.SNAPSHOT_PREFIX)) {
        throw mixedUp(logDirectory, "transaction log", name);
      }
    }
    for (String name : disk.list(snapshotDirectory)) {
      if (name.startsWith(FileNames.LOG_PREFIX)) {
        throw mixedUp(snapshotDirectory, "snapshot", name);
      }
    }
  }

  private static DataDirectoryException mixedUp(Path directory, String role, String name) {
    return new DataDirectoryException(
        "the "
            + role
            + " directory "
            + directory
            + " holds "
            + name
            + ": check that dataDir and dataLogDir are not mixed up");
  }
}
