package conclave.server.http;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Takes the body of one request, piece by piece, on the thread that makes the pages. Either {@link
 * #finish} or {@link #abandon} is the last that is called.
 */
non-sealed interface Upload extends Reception {

  /**
   * The next piece, which is the caller's again when this returns.
   *
   * @throws IOException when it can't be put anywhere; the upload is abandoned then
   */
  void take(ByteBuffer piece) throws IOException;

  /** What to answer when there is no room for it. */
  Page failed(IOException why);

  /** The body was whole. */
  Page finish();

  /** The rest of it will never come. */
  void abandon();
}
