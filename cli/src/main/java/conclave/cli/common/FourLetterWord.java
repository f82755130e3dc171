package conclave.cli.common;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/** The words that servers answer outside of any session. */
public final class FourLetterWord {
  private static final int MOST_BYTES = 1 << 20;

  private FourLetterWord() {}

  /** Asks a server; empty when it hangs up without an answer. */
  public static String ask(String host, int port, String word, int timeoutMs) throws IOException {
    try (Socket socket = new Socket()) {
      InetSocketAddress to = new InetSocketAddress(host, port);
      if (to.isUnresolved()) {
        throw new UnknownHostException(host);
      }
      socket.connect(to, timeoutMs);
      socket.setSoTimeout(timeoutMs);
      socket.getOutputStream().write(word.getBytes(StandardCharsets.US_ASCII));
      socket.getOutputStream().flush();
      return new String(socket.getInputStream().readNBytes(MOST_BYTES), StandardCharsets.UTF_8);
    }
  }

  /** What stands before and behind the colon of each line, as in the answer to {@code srvr}. */
  public static Map<String, String> lines(String answer) {
    Map<String, String> lines = new HashMap<>();
    for (String line : answer.lines().toList()) {
      int colon = line.indexOf(": ");
      if (colon > 0) {
        lines.put(line.substring(0, colon), line.substring(colon + 2).strip());
      }
    }
    return lines;
  }
}
