package conclave.cli;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * What {@code bin/conclave} runs once to learn which classes a start loads: a server as it is
 * started by users, in a directory of its own and on a free port of the loopback, and the commands
 * against it. So one archive serves both.
 */
final class Warmup {
  private static final List<String> COMMANDS =
      List.of(
          "create /a 1",
          "create -s /a/b",
          "set -s /a 2",
          "get -s /a",
          "stat /a",
          "ls -s -R /",
          "get /none",
          "delete /a/b0000000000",
          "delete /a");

  private Warmup() {}

  public static void main(String[] args)
      throws IOException, InterruptedException, ReflectiveOperationException {
    Path directory = Files.createTempDirectory("conclave-warmup");
    try {
      // The second start finds files, which takes other classes than the first.
      for (int round = 0; round < 2; round++) {
        run(directory);
      }
    } finally {
      delete(directory);
    }
  }

  private static void run(Path directory)
      throws IOException, InterruptedException, ReflectiveOperationException {
    int port = freePort();
    Path file = Files.writeString(directory.resolve("zoo.cfg"), configuration(directory, port));
    Thread server = new Thread(() -> Main.execute("server", file.toString()), "warmup-server");
    server.start();
    for (String command : COMMANDS) {
      Main.execute((command + " --wait 20 --server 127.0.0.1:" + port).split(" "));
    }
    Main.execute("shell", "-waitforconnection", "127.0.0.1:" + port, "ls", "/");
    Main.execute("--version");
    // The server ends as every server does. What raises signals is in every JDK, but not in what
    // "--release" shows.
    Class<?> signal = Class.forName("sun.misc.Signal");
    signal
        .getMethod("raise", signal)
        .invoke(null, signal.getConstructor(String.class).newInstance("TERM"));
    server.join();
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static String configuration(Path directory, int port) {
    return "dataDir="
        + directory.resolve("data")
        + "\nclientPort="
        + port
        + "\nclientPortAddress=127.0.0.1\ntickTime=2000\n";
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
