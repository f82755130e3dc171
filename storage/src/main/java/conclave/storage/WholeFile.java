package conclave.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Objects;

/** Small files that are there whole, old or new, whatever happens. */
final class WholeFile {
  private WholeFile() {}

  /** Puts a file in place of an older one; durable when this returns. */
  static void replace(Disk disk, Path path, byte[] content) throws IOException {
    Path unfinished = path.resolveSibling(path.getFileName() + FileNames.UNFINISHED_SUFFIX);
    replace(disk, unfinished, path, content);
  }

  /** The same by way of a name of the caller's choice. */
  static void replace(Disk disk, Path unfinished, Path path, byte[] content) throws IOException {
    if (disk.exists(unfinished)) {
      disk.delete(unfinished);
    }
    try (DiskFile file = disk.create(unfinished)) {
      file.write(ByteBuffer.wrap(content), 0);
      file.force(true);
    }
    disk.rename(unfinished, path);
    disk.forceDirectory(Objects.requireNonNull(path.getParent()));
  }
}
