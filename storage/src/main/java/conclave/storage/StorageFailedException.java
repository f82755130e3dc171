package conclave.storage;

import java.io.IOException;
import java.nio.file.Path;

/**
 * The disk reported an error. What was written to that file since its last sync may or may not be
 * there, so nothing of it is trusted again and whoever waits for it to be durable must never be
 * told that it is.
 */
public final class StorageFailedException extends StorageException {
  private static final long serialVersionUID = 1L;

  StorageFailedException(String what, Path path, IOException cause) {
    super(what + " " + path + ": " + cause, cause);
  }

  StorageFailedException(String message) {
    super(message);
  }

  @Override
  public int exitCode() {
    return 10;
  }
}
