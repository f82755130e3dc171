package conclave.storage;

import java.nio.file.Path;

/**
 * What is on disk is not all that this server once wrote there. Starting with it would serve less
 * than was acknowledged, so the server refuses.
 */
public final class DamagedException extends StorageException {
  private static final long serialVersionUID = 1L;

  private final Path path;
  private final long offset;

  DamagedException(Path path, long offset, String what) {
    super(path + " at offset " + offset + ": " + what);
    this.path = path;
    this.offset = offset;
  }

  DamagedException(Path path, String what) {
    super(path + ": " + what);
    this.path = path;
    this.offset = -1;
  }

  /** The file, or the directory when a file is missing. */
  public Path path() {
    return path;
  }

  /** Where in the file, or &minus;1 when it is not one place. */
  public long offset() {
    return offset;
  }

  @Override
  public int exitCode() {
    return 10;
  }
}
