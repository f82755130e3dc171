package conclave.storage;

import conclave.protocol.BigEndian;
import conclave.protocol.JuteWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.util.zip.Adler32;

/**
 * A log file that is made of what is whole in another one. The other one stays as it is, and the
 * new one is durable when {@link #close} has returned.
 */
public final class LogCopy implements AutoCloseable {
  private final DiskFile file;
  private final OutputStream out;
  private final Adler32 adler = new Adler32();

  private LogCopy(DiskFile file) throws IOException {
    this.file = file;
    this.out = DiskStreams.output(file);
    JuteWriter header = new JuteWriter(LogFormat.HEADER_LENGTH);
    LogFormat.writeHeader(header);
    out.write(header.toByteArray());
  }

  /**
   * Begins a file.
   *
   * @throws FileAlreadyExistsException when there is one of that name: nothing is overwritten
   */
  public static LogCopy create(Disk disk, Path path) throws IOException {
    DiskFile file = disk.create(path);
    try {
      return new LogCopy(file);
    } catch (IOException e) {
      file.close();
      throw e;
    }
  }

  public void append(LogItem.Entry entry) throws IOException {
    byte[] bytes = entry.bytes();
    byte[] prefix = new byte[LogFormat.PREFIX_LENGTH];
    adler.reset();
    adler.update(bytes, 0, bytes.length);
    BigEndian.putLong(prefix, 0, adler.getValue());
    BigEndian.putInt(prefix, 8, bytes.length);
    out.write(prefix);
    out.write(bytes);
    out.write(LogFormat.ENTRY_END);
  }

  @Override
  public void close() throws IOException {
    try (file) {
      out.flush();
      file.force(true);
    }
  }
}
