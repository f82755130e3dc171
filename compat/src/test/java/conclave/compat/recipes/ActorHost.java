package conclave.compat.recipes;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;

/**
 * What runs in an actor's process: one {@code main} after another, each told by a line with the
 * name of its class and its arguments, and answered by {@code idle} when it has returned. A JVM
 * that has come up and knows its classes is too good for one test.
 */
final class ActorHost {
  static final String IDLE = "idle";

  private ActorHost() {}

  public static void main(String[] ignored) throws Exception {
    for (String line = readLine(); !line.isEmpty(); line = readLine()) {
      int space = line.indexOf(' ');
      String[] arguments = line.substring(space + 1).split(" ");
      Class.forName(line.substring(0, space))
          .getMethod("main", String[].class)
          .invoke(null, (Object) arguments);
      System.out.println(IDLE);
      System.out.flush();
    }
    System.exit(0);
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
