package conclave.testkit;

import conclave.storage.Disk;
import conclave.storage.DiskFile;
import conclave.storage.RealDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/** A real disk until it is told to fail; from then on no force of a log succeeds. */
final class FailingDisk implements Disk {
  private final Disk real = new RealDisk();
  private volatile boolean failing;

  void fail() {
    failing = true;
  }

  @Override
  public boolean exists(Path path) throws IOException {
    return real.exists(path);
  }

  @Override
  public List<String> list(Path directory) throws IOException {
    return real.list(directory);
  }

  @Override
  public void createDirectories(Path directory) throws IOException {
    real.createDirectories(directory);
  }

  @Override
  public DiskFile create(Path path) throws IOException {
    return new File(real.create(path));
  }

  @Override
  public DiskFile openForWrite(Path path) throws IOException {
    return new File(real.openForWrite(path));
  }

  @Override
  public DiskFile openForRead(Path path) throws IOException {
    return real.openForRead(path);
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    real.rename(from, to);
  }

  @Override
  public void delete(Path path) throws IOException {
    real.delete(path);
  }

  @Override
  public void forceDirectory(Path directory) throws IOException {
    real.forceDirectory(directory);
  }

  @Override
  public Lock lock(Path path) throws IOException {
    return real.lock(path);
  }

  private final class File implements DiskFile {
    private final DiskFile file;

    File(DiskFile file) {
      this.file = file;
    }

    @Override
    public long size() throws IOException {
      return file.size();
    }

    @Override
    public int read(ByteBuffer into, long position) throws IOException {
      return file.read(into, position);
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
      if (failing) {
        throw new IOException("the device has gone");
      }
      file.force(metadata);
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }
}
