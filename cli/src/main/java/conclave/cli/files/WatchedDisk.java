package conclave.cli.files;

import conclave.cli.common.Progress;
import conclave.storage.Disk;
import conclave.storage.DiskFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/** A disk whose reads move a progress bar: so nothing that reads files needs to know of one. */
record WatchedDisk(Disk disk, Progress progress) implements Disk {
  @Override
  public DiskFile openForRead(Path path) throws IOException {
    return new WatchedFile(disk.openForRead(path), path, progress);
  }

  @Override
  public boolean exists(Path path) throws IOException {
    return disk.exists(path);
  }

  @Override
  public List<String> list(Path directory) throws IOException {
    return disk.list(directory);
  }

  @Override
  public void createDirectories(Path directory) throws IOException {
    disk.createDirectories(directory);
  }

  @Override
  public DiskFile create(Path path) throws IOException {
    return disk.create(path);
  }

  @Override
  public DiskFile openForWrite(Path path) throws IOException {
    return disk.openForWrite(path);
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    disk.rename(from, to);
  }

  @Override
  public void delete(Path path) throws IOException {
    disk.delete(path);
  }

  @Override
  public void forceDirectory(Path directory) throws IOException {
    disk.forceDirectory(directory);
  }

  @Override
  public Lock lock(Path path) throws IOException {
    return disk.lock(path);
  }

  private record WatchedFile(DiskFile file, Path path, Progress progress) implements DiskFile {
    @Override
    public int read(ByteBuffer into, long position) throws IOException {
      progress.showBytes(position, file.size(), String.valueOf(path.getFileName()));
      return file.read(into, position);
    }

    @Override
    public long size() throws IOException {
      return file.size();
    }

    @Override
    public void write(ByteBuffer from, long position) throws IOException {
      file.write(from, position);
    }

    @Override
    public void truncate(long size) throws IOException {
      file.truncate(size);
    }

    @Override
    public void force(boolean metadata) throws IOException {
      file.force(metadata);
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }
}
