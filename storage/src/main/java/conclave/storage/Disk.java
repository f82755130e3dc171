package conclave.storage;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Where files live: a real file system, or a simulated one that loses power at inconvenient
 * moments.
 *
 * <p>The contract is that of a POSIX file system over a device that keeps what it was told to keep,
 * and nothing more:
 *
 * <ul>
 *   <li>What {@link DiskFile#write} wrote is seen by every later read of this process at once, and
 *       is durable only after a {@link DiskFile#force} of the same file that returned. Before that,
 *       a power cut keeps any subset of the written sectors (512 bytes, each whole or not at all).
 *   <li>That a name exists, is gone, or names another file is durable only after {@link
 *       #forceDirectory} of its directory returned. Before that, a power cut keeps any subset of
 *       the changes. The content of a renamed file is not made durable by either; force it first. A
 *       file that goes to another directory is never in neither of the two; until both were forced
 *       it may be in the old, the new, or both.
 *   <li>An {@link IOException} of a write or a force leaves the file in a state that nobody knows:
 *       what was not durable may be there, gone, or partly there, and a later force that succeeds
 *       proves nothing. Callers stop using the file.
 * </ul>
 *
 * <p>Every method may block for as long as the device takes. A thread that calls must not be
 * interrupted: a real file closes itself when that happens. A disk may be used by several threads,
 * a file only by one at a time.
 */
public interface Disk {

  boolean exists(Path path) throws IOException;

  /** Names of the files in a directory, in no order; directories in it are left out. */
  List<String> list(Path directory) throws IOException;

  /** Makes a directory and those above it where missing; not durable before they are forced. */
  void createDirectories(Path directory) throws IOException;

  /** Makes a file that must not exist, for reading and writing. */
  DiskFile create(Path path) throws IOException;

  /** Opens a file that must exist, for reading and writing. */
  DiskFile openForWrite(Path path) throws IOException;

  /** Opens a file that must exist. */
  DiskFile openForRead(Path path) throws IOException;

  /**
   * Gives a file another name, in place of a file of that name; in the same directory, or in
   * another one of the same file system.
   */
  void rename(Path from, Path to) throws IOException;

  /** Removes a name, which must exist. */
  void delete(Path path) throws IOException;

  /** Makes the directory's names durable. */
  void forceDirectory(Path directory) throws IOException;

  /**
   * Takes a lock on a file, which is made where missing, until the returned one is closed or the
   * process ends, however it ends.
   *
   * @throws DataDirectoryException when somebody else holds it
   */
  Lock lock(Path path) throws IOException;

  /** A lock that is held. */
  interface Lock extends AutoCloseable {
    @Override
    void close() throws IOException;
  }
}
