package conclave.server.http;

import java.nio.charset.StandardCharsets;

/**
 * An answer.
 *
 * @param status HTTP's number
 * @param contentType of the text, in UTF-8
 */
public record Page(int status, String contentType, String text) {

  static final Page NOT_FOUND = plain(404, "There is no such page.\n");
  static final Page FORBIDDEN = plain(403, "");
  static final Page WRONG_METHOD = plain(405, "");
  static final Page BUSY = plain(503, "Too many requests wait for their pages.\n");
  static final Page FAILED = plain(500, "The page could not be made; the server's log says why.\n");

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
