package conclave.failover;

import java.util.List;
import java.util.Map;

/** Something that a controller does to the world: a check, a hook, a way to fence. */
sealed interface Call {
  long timeoutMs();

  /**
   * A process.
   *
   * @param words the program and its arguments
   */
  record Command(List<String> words, long timeoutMs) implements Call {
    public Command {
      words = List.copyOf(words);
    }
  }

  /**
   * A request by HTTP. In url, headers and body, {@code ${NAME}} stands for a variable of the
   * environment that a command would get.
   *
   * @param status what means that it was done; 0 for any of 200 to 299
   */
  record Http(
      String method,
      String url,
      Map<String, String> headers,
      String body,
      int status,
      long timeoutMs)
      implements Call {
    public Http {
      headers = Map.copyOf(headers);
    }
  }

  /** A connection that is opened and closed again. */
  record Tcp(String host, int port, long timeoutMs) implements Call {}

  /**
   * A command on another machine, by the system's ssh, without a terminal and without questions.
   *
   * @param target as ssh takes it; may hold variables as of {@link Http}, as may the command
   * @param options further words for ssh
   */
  record Ssh(String target, int port, List<String> options, String command, long timeoutMs)
      implements Call {
    public Ssh {
      options = List.copyOf(options);
    }
  }

  /** A request to the other node's controller to make its service standby. */
  record Graceful(long timeoutMs) implements Call {}
}
