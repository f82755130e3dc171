package conclave.server.http;

import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An answer.
 *
 * @param status HTTP's number
 * @param contentType of the text, in UTF-8, or of the file
 * @param text what there is to show without a file
 * @param file is sent and then closed; null for the text
 * @param headers beside those that every page has
 */
record Page(
    int status,
    String contentType,
    String text,
    @Nullable FileChannel file,
    Map<String, String> headers)
    implements Reception {

  static final Page NOT_FOUND = plain(404, "There is no such page.\n");
  static final Page FORBIDDEN = plain(403, "");
  static final Page WRONG_METHOD = plain(405, "");
  static final Page BUSY = plain(503, "Too many requests wait for their pages.\n");
  static final Page FAILED = plain(500, "The page could not be made; the server's log says why.\n");

  Page(int status, String contentType, String text) {
    this(status, contentType, text, null, Map.of());
  }

  /** A page that is a file, from its beginning to its end. */
  static Page file(FileChannel file, Map<String, String> headers) {
    return new Page(200, "application/octet-stream", "", file, headers);
  }

  Page withHeaders(Map<String, String> more) {
    return new Page(status, contentType, text, file, more);
  }

  static Page html(String text) {
    return new Page(200, "text/html; charset=utf-8", text);
  }

  static Page plain(int status, String text) {
    return new Page(status, "text/plain; charset=utf-8", text);
  }

  byte[] bytes() {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
