package conclave.cli;

import conclave.server.ConclaveServer;
import conclave.server.ServerProcess;
import conclave.server.config.ConfigException;
import conclave.server.config.ServerConfig;
import conclave.server.config.ZooCfg;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What {@code bin/conclave} runs once to learn which classes a start loads: the commands, against a
 * server in this same process on a free port of the loopback, so that one archive serves both.
 */
final class Warmup {
  private Warmup() {}

  public static void main(String[] args) throws IOException, ConfigException {
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

  private static void run(Path directory) throws IOException, ConfigException {
    Path file = Files.writeString(directory.resolve("zoo.cfg"), configuration(directory));
    ServerConfig config = ZooCfg.load(file, Map.of());
    // The process's own part is loaded but not run: its signal handlers would stay.
    List<Class<?>> alsoNeeded = List.of(ServerProcess.class, ServerCommand.class);
    try (ConclaveServer server =
        ConclaveServer.start(config, (code, what, cause) -> System.err.println(what))) {
      ServerCommand.printBanner(config, server, System.out);
      String address = "127.0.0.1:" + server.clientPort();
      for (String command :
          List.of(
              "create /a 1",
              "create -s /a/b",
              "set -s /a 2",
              "get -s /a",
              "stat /a",
              "ls -s -R /",
              "get /none",
              "delete /a/b0000000000",
              "delete /a")) {
        Main.execute((command + " --server " + address).split(" "));
      }
    }
    Main.execute("--version");
    System.out.println(alsoNeeded);
  }

  private static String configuration(Path directory) {
    return "dataDir="
        + directory.resolve("data")
        + "\nclientPort=0\nclientPortAddress=127.0.0.1\ntickTime=2000\n";
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
