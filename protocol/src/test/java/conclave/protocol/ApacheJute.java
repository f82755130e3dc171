package conclave.protocol;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.jute.BinaryOutputArchive;
import org.apache.jute.Record;

/** Bytes as Apache's own record classes write them: what ours are held against. */
final class ApacheJute {
  private ApacheJute() {}

  static byte[] bytesOf(Record record) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      record.serialize(BinaryOutputArchive.getArchive(bytes), "record");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }
}
