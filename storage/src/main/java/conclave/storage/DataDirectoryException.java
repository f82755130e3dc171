package conclave.storage;

import java.nio.file.Path;

/** A data directory is missing, belongs to somebody else, or holds what doesn't belong there. */
public final class DataDirectoryException extends StorageException {
  private static final long serialVersionUID = 1L;

  DataDirectoryException(String message) {
    super(message);
  }

  DataDirectoryException(String message, Throwable cause) {
    super(message, cause);
  }

  /** The lock file is locked by another server. */
  public static DataDirectoryException inUse(Path lockFile) {
    return new DataDirectoryException(
        lockFile.getParent() + " is used by another running server (it holds " + lockFile + ")");
  }

  @Override
  public int exitCode() {
    return 3;
  }
}
