package conclave.cli.files;

import conclave.cli.common.Progress;
import conclave.storage.Disk;
import conclave.storage.DiskFile;
import conclave.storage.ForwardingDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/** A disk whose reads move a progress bar: so nothing that reads files needs to know of one. */
final class WatchedDisk extends ForwardingDisk {
  private final Progress progress;

  WatchedDisk(Disk disk, Progress progress) {
    super(disk);
    this.progress = progress;
  }

  @Override
  public DiskFile openForRead(Path path) throws IOException {
    return new WatchedFile(super.openForRead(path), path, progress);
  }

  private static final class WatchedFile extends ForwardingDisk.File {
    private final Path path;
    private final Progress progress;

    WatchedFile(DiskFile file, Path path, Progress progress) {
      super(file);
      this.path = path;
      this.progress = progress;
    }

    @Override
    public int read(ByteBuffer into, long position) throws IOException {
      progress.showBytes(position, size(), String.valueOf(path.getFileName()));
      return super.read(into, position);
    }
  }
}
