package conclave.storage;

/**
 * Storage can't do what it was asked for, and the server can't go on.
 *
 * <p>Unchecked, because nobody on the way up can handle it: the owner of the storage catches it
 * where it starts or where its log thread runs, prints the message, which is written for an
 * operator, and ends the process with {@link #exitCode}.
 */
public abstract sealed class StorageException extends RuntimeException
    permits StorageFailedException, DamagedException, DataDirectoryException {
  private static final long serialVersionUID = 1L;

  StorageException(String message, Throwable cause) {
    super(message, cause);
  }

  StorageException(String message) {
    super(message);
  }

  /** The code that the process ends with; the numbers are those of ZooKeeper. */
  public abstract int exitCode();
}
