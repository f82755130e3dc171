package conclave.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Starts either server on a directory, with the same configuration file. Apache runs as its own
 * start script would run it, without the script's time; Conclave runs through {@code bin/conclave},
 * script included.
 */
final class Launcher {
  /** Ports below the range that Linux gives to clients, so that no load connection can hold one. */
  private static final int FIRST_PORT = 21_810;

  private static final int LAST_PORT = 29_999;

  /** What Apache's distribution ships as its default: information and above, to the console. */
  private static final String LOGBACK =
      """
      <configuration>
        <appender name="CONSOLE" class="ch.qos.logback.core.ConsoleAppender">
          <encoder>
            <pattern>%d{ISO8601} [myid:%X{myid}] - %-5p [%t:%C{1}@%L] - %m%n</pattern>
          </encoder>
        </appender>
        <root level="INFO"><appender-ref ref="CONSOLE"/></root>
      </configuration>
      """;

  private final LaunchOptions options;
  private int nextPort = FIRST_PORT;

  Launcher(LaunchOptions options) {
    this.options = options;
  }

  /** Starts a server whose data directory is {@code directory/data}. */
  ServerProcess start(Implementation implementation, Path directory) throws IOException {
    Files.createDirectories(directory.resolve("data"));
    return start(implementation, directory, freeAddress(), List.of());
  }

  /** The members of an ensemble that is still to be started; nobody has their ports now. */
  MemberConfig newEnsemble(int size) throws IOException {
    List<InetSocketAddress> clients = new ArrayList<>();
    List<InetSocketAddress> peers = new ArrayList<>();
    List<Integer> elections = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      clients.add(freeAddress());
      peers.add(freeAddress());
      elections.add(freeAddress().getPort());
    }
    return new MemberConfig(clients, peers, elections);
  }

  /** Starts a member, or starts it again, on what is in its directory. */
  ServerProcess startMember(
      Implementation implementation, Path directory, MemberConfig members, int id)
      throws IOException {
    Files.createDirectories(directory.resolve("data"));
    Files.writeString(directory.resolve("data").resolve("myid"), id + "\n");
    return start(implementation, directory, members.clients().get(id - 1), members.lines());
  }

  private ServerProcess start(
      Implementation implementation, Path directory, InetSocketAddress address, List<String> more)
      throws IOException {
    Path config = directory.resolve("zoo.cfg");
    Files.write(config, configLines(directory, address, more));
    Path log = directory.resolve("server.log");
    ProcessBuilder builder =
        switch (implementation) {
          case APACHE -> apache(directory, config);
          case CONCLAVE -> conclave(config);
        };
    builder.directory(directory.toFile());
    builder.redirectErrorStream(true);
    builder.redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    long startedNanos = System.nanoTime();
    return new ServerProcess(builder.start(), address, log, options.javaHome(), startedNanos);
  }

  private List<String> configLines(Path directory, InetSocketAddress address, List<String> more) {
    List<String> lines = new ArrayList<>();
    lines.add("tickTime=" + MemberConfig.TICK_MS);
    lines.add("maxClientCnxns=0");
    lines.add("dataDir=" + directory.resolve("data"));
    lines.add("clientPort=" + address.getPort());
    lines.add("clientPortAddress=" + address.getAddress().getHostAddress());
    lines.add("admin.enableServer=false");
    lines.addAll(more);
    lines.addAll(options.configLines());
    return lines;
  }

  private ProcessBuilder apache(Path directory, Path config) throws IOException {
    Files.writeString(directory.resolve("logback.xml"), LOGBACK);
    List<String> command = new ArrayList<>();
    command.add(options.javaHome().resolve("bin").resolve("java").toString());
    command.add("-Xmx" + options.heap());
    command.addAll(options.apacheJvmFlags());
    command.add("-cp");
    command.add(directory + ":" + String.join(":", apacheJars(options.apacheLib())));
    command.add("org.apache.zookeeper.server.quorum.QuorumPeerMain");
    command.add(config.toString());
    return new ProcessBuilder(command);
  }

  /** The jars of Apache's distribution. */
  static List<String> apacheJars(Path lib) throws IOException {
    try (Stream<Path> jars = Files.list(lib)) {
      List<String> names =
          jars.map(Path::toString).filter(name -> name.endsWith(".jar")).sorted().toList();
      if (names.stream().noneMatch(name -> name.contains("zookeeper-"))) {
        throw new IOException("no zookeeper jar in " + lib);
      }
      return names;
    }
  }

  private ProcessBuilder conclave(Path config) {
    List<String> command = new ArrayList<>(options.conclaveCommand());
    command.add("server");
    command.add(config.toString());
    ProcessBuilder builder = new ProcessBuilder(command);
    Map<String, String> environment = builder.environment();
    environment.put("JAVA_HOME", options.javaHome().toString());
    List<String> flags = new ArrayList<>();
    flags.add("-Xmx" + options.heap());
    flags.addAll(options.conclaveJvmFlags());
    environment.put("SERVER_JVMFLAGS", String.join(" ", flags));
    return builder;
  }

  private InetSocketAddress freeAddress() throws IOException {
    return new InetSocketAddress(InetAddress.getByName("127.0.0.1"), freePort());
  }

  private int freePort() throws IOException {
    for (int tries = FIRST_PORT; tries <= LAST_PORT; tries++) {
      int port = nextPort;
      nextPort = nextPort == LAST_PORT ? FIRST_PORT : nextPort + 1;
      if (isFree(port)) {
        return port;
      }
    }
    throw new IOException(
        String.format(Locale.ROOT, "no free port from %d to %d", FIRST_PORT, LAST_PORT));
  }

  private static boolean isFree(int port) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      return true;
    } catch (IOException taken) {
      return false;
    }
  }
}
