package conclave.storage;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Making and checking the directories that files live in. */
final class Directories {
  private Directories() {}

  /** Sees that a directory is there, and stays there over a power cut. */
  static void prepare(Disk disk, Path directory, boolean create) throws IOException {
    if (disk.exists(directory)) {
      return;
    }
    if (!create) {
      throw new DataDirectoryException(
          "the data directory "
              + directory
              + " is missing, and datadir.autocreate=false says not to make it");
    }
    List<Path> parents = new ArrayList<>();
    for (Path missing = directory.toAbsolutePath();
        missing.getParent() != null && !disk.exists(missing);
        missing = missing.getParent()) {
      parents.add(missing.getParent());
    }
    disk.createDirectories(directory);
    for (Path parent : parents) {
      disk.forceDirectory(parent);
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
