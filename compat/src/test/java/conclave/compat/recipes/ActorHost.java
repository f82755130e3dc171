package conclave.compat.recipes;

import static java.nio.charset.StandardCharsets.UTF_8;

import conclave.client.ClientOptions;
import conclave.client.ConclaveClient;
import conclave.client.SessionState;
import java.io.ByteArrayOutputStream;
import java.io.IOException;

/**
 * What runs in an actor's process: one {@code main} after another, each told by a line with the
 * name of its class, the timeout of its sessions and its arguments, and answered by {@code idle}
 * when it has returned. A JVM that has come up and knows its classes is too good for one test.
 */
final class ActorHost {
  static final String IDLE = "idle";

  private static final String SESSION_MS = "actor.sessionMs";

  private ActorHost() {}

  public static void main(String[] ignored) throws Exception {
    for (String line = readLine(); !line.isEmpty(); line = readLine()) {
      String[] words = line.split(" ", 3);
      System.setProperty(SESSION_MS, words[1]);
      Class.forName(words[0])
          .getMethod("main", String[].class)
          .invoke(null, (Object) words[2].split(" "));
      System.out.println(IDLE);
      System.out.flush();
    }
    System.exit(0);
  }

  /** The actor's client, which says {@code session ID} of every session that it gets. */
  static ConclaveClient connect(String servers) {
    ClientOptions options =
        ClientOptions.defaults().withSessionTimeoutMs(Integer.getInteger(SESSION_MS));
    ConclaveClient client = ConclaveClient.connect(servers, options).join();
    client.onSession(
        event -> {
          if (event.state() == SessionState.CONNECTED) {
            say(event.sessionId());
          }
        });
    say(client.sessionId());
    return client;
  }

  private static void say(long sessionId) {
    System.out.println("session " + sessionId);
    System.out.flush();
  }

  /** Without taking a byte of the next line, which is for the actor. */
  private static String readLine() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int next = System.in.read(); next >= 0 && next != '\n'; next = System.in.read()) {
      line.write(next);
    }
    return line.toString(UTF_8);
  }
}
