package conclave.cli;

import conclave.cli.common.CommandFailure;
import conclave.cli.common.ExitCode;
import conclave.server.config.ConfigException;
import conclave.server.config.ServerConfig;
import conclave.server.config.ZooCfg;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The directories and configurations of an ensemble on one machine: {@code D/1/zoo.cfg}, {@code
 * D/1/data}, and so on. What was written once is taken as it is from then on, so the ports stay,
 * and whoever edits a file gets what it says.
 */
final class EnsembleLayout {
  private static final String HOST = "127.0.0.1";
  private static final int FIRST_CLIENT_PORT = 2181;
  private static final int FIRST_QUORUM_PORT = 2888;
  private static final int FIRST_ELECTION_PORT = 3888;

  /** With a base port: how far the other ports are from the clients'. */
  private static final int PORT_STEP = 100;

  private static final int LAST_PORT = 65_535;

  /** One server of it. */
  record Member(
      int id,
      Path home,
      Path config,
      Path data,
      String host,
      int clientPort,
      List<Integer> ports,
      boolean observer) {
    String address() {
      return host + ":" + clientPort;
    }

    Path log() {
      return home.resolve("server.log");
    }

    Path pidFile() {
      return home.resolve("server.pid");
    }
  }

  /** What was asked for on the command line; null for what was not. */
  record Wish(@Nullable Integer size, @Nullable Integer observers, @Nullable Integer basePort) {
    int sizeOrDefault() {
      return size == null ? 3 : size;
    }

    int observersOrDefault() {
      return observers == null ? 0 : observers;
    }
  }

  private final Path directory;
  private final List<Member> members;

  private EnsembleLayout(Path directory, List<Member> members) {
    this.directory = directory;
    this.members = members;
  }

  Path directory() {
    return directory;
  }

  List<Member> members() {
    return members;
  }

  String connectString() {
    return members.stream().map(Member::address).collect(Collectors.joining(","));
  }

  /** What is in the directory, or what was asked for, written into it. */
  static EnsembleLayout open(Path directory, Wish wish) throws CommandFailure {
    try {
      List<Path> homes = homes(directory);
      if (homes.isEmpty()) {
        create(directory, wish);
        return new EnsembleLayout(directory, read(homes(directory)));
      }
      EnsembleLayout found = new EnsembleLayout(directory, read(homes));
      found.check(wish);
      return found;
    } catch (IOException e) {
      throw new CommandFailure(
          conclave.server.ExitCode.DATA_DIRECTORY,
          "The ensemble can't be kept in "
              + directory
              + ": "
              + e
              + ". Give a directory that you may write to, with --dir.",
          e);
    }
  }

  private static List<Path> homes(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (Stream<Path> found = Files.list(directory)) {
      return found
          .filter(path -> String.valueOf(path.getFileName()).matches("[1-9][0-9]{0,2}"))
          .filter(path -> Files.isRegularFile(path.resolve("zoo.cfg")))
          .sorted(Comparator.comparingInt(EnsembleLayout::id))
          .toList();
    }
  }

  private static int id(Path home) {
    return Integer.parseInt(String.valueOf(home.getFileName()));
  }

  /** An ensemble that is there is not made over. */
  private void check(Wish wish) throws CommandFailure {
    long observers = members.stream().filter(Member::observer).count();
    long participants = members.size() - observers;
    boolean same =
        (wish.size() == null || wish.size() == participants)
            && (wish.observers() == null || wish.observers() == observers)
            && (wish.basePort() == null || wish.basePort() == members.get(0).clientPort());
    if (!same) {
      throw new CommandFailure(
          ExitCode.USAGE,
          "In "
              + directory
              + " there is an ensemble of another shape: "
              + participants
              + " voters, "
              + observers
              + " observers, the first with port "
              + members.get(0).clientPort()
              + " for clients. Start it without --size, --observers and --base-port, give another --dir, or delete the"
              + " directory with all its data.");
    }
  }

  // --- making one

  private static void create(Path directory, Wish wish) throws IOException, CommandFailure {
    int size = wish.sizeOrDefault() + wish.observersOrDefault();
    int[][] ports = ports(size, wish.basePort());
    StringBuilder servers = new StringBuilder();
    for (int i = 0; i < size; i++) {
      servers.append(
          "server.%d=%s:%d:%d:%s;%s:%d%n"
              .formatted(
                  i + 1,
                  HOST,
                  ports[1][i],
                  ports[2][i],
                  i < wish.sizeOrDefault() ? "participant" : "observer",
                  HOST,
                  ports[0][i]));
    }
    for (int i = 0; i < size; i++) {
      Path home = directory.resolve(Integer.toString(i + 1));
      Path data = home.resolve("data");
      Files.createDirectories(data);
      Files.writeString(data.resolve("myid"), (i + 1) + "\n");
      StringBuilder text =
          new StringBuilder(
              "# Written by \"conclave ensemble\", which takes it as it is from now on.\n");
      text.append("dataDir=").append(data.toAbsolutePath().normalize()).append('\n');
      text.append("tickTime=2000\ninitLimit=10\nsyncLimit=5\n");
      text.append("4lw.commands.whitelist=*\nadmin.enableServer=false\n");
      if (wish.sizeOrDefault() == 1) {
        text.append("standaloneEnabled=false\n");
      }
      if (i >= wish.sizeOrDefault()) {
        text.append("peerType=observer\n");
      }
      text.append(servers);
      Files.writeString(home.resolve("zoo.cfg"), text.toString(), StandardCharsets.ISO_8859_1);
    }
  }

  /** For clients, for learners, for elections. */
  private static int[][] ports(int size, @Nullable Integer basePort) throws CommandFailure {
    int[][] ports = new int[3][];
    if (basePort == null) {
      Set<Integer> taken = new HashSet<>();
      ports[0] = freePorts(FIRST_CLIENT_PORT, size, taken);
      ports[1] = freePorts(FIRST_QUORUM_PORT, size, taken);
      ports[2] = freePorts(FIRST_ELECTION_PORT, size, taken);
      return ports;
    }
    if (basePort < 1 || basePort + 2 * PORT_STEP + size - 1 > LAST_PORT) {
      throw new CommandFailure(
          ExitCode.USAGE,
          "--base-port "
              + basePort
              + " leaves no room for the other ports; give one from 1 to "
              + (LAST_PORT - 2 * PORT_STEP - size + 1)
              + ".");
    }
    for (int kind = 0; kind < ports.length; kind++) {
      ports[kind] = new int[size];
      for (int i = 0; i < size; i++) {
        ports[kind][i] = basePort + kind * PORT_STEP + i;
        if (!isFree(HOST, ports[kind][i])) {
          throw new CommandFailure(
              conclave.server.ExitCode.PORT,
              "Port "
                  + ports[kind][i]
                  + " is in use. Give another --base-port, or none, and free ports are chosen.");
        }
      }
    }
    return ports;
  }

  private static int[] freePorts(int first, int count, Set<Integer> taken) throws CommandFailure {
    int[] ports = new int[count];
    int found = 0;
    for (int port = first; found < count; port++) {
      if (port > LAST_PORT) {
        throw new CommandFailure(
            conclave.server.ExitCode.PORT, "No ports are free above " + first + ".");
      }
      if (!taken.contains(port) && isFree(HOST, port)) {
        taken.add(port);
        ports[found++] = port;
      }
    }
    return ports;
  }

  static boolean isFree(String host, int port) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(InetAddress.getByName(host), port));
      // Somebody who listens on all addresses doesn't hinder that on every system.
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  // --- reading one

  private static List<Member> read(List<Path> homes) throws CommandFailure {
    List<Member> members = new ArrayList<>();
    for (Path home : homes) {
      Path file = home.resolve("zoo.cfg");
      try {
        members.add(member(home, file, ZooCfg.load(file, Map.of())));
      } catch (ConfigException e) {
        throw new CommandFailure(ExitCode.USAGE, String.valueOf(e.getMessage()), e);
      }
    }
    return List.copyOf(members);
  }

  private static Member member(Path home, Path file, ServerConfig config) throws CommandFailure {
    ServerConfig.Listener clients = config.ports().client();
    ServerConfig.EnsembleServer self =
        config.ensemble().servers().get(config.directories().serverId());
    if (clients == null || self == null || self.id() != id(home)) {
      throw new CommandFailure(
          ExitCode.USAGE,
          file
              + " is not the configuration of server "
              + id(home)
              + ": it has no clientPort, or myid says something else. Mend it, or give another --dir.");
    }
    List<Integer> ports = new ArrayList<>(List.of(clients.port()));
    for (ServerConfig.QuorumAddress address : self.addresses()) {
      ports.add(address.quorumPort());
      ports.add(address.electionPort());
    }
    String host = clients.host();
    return new Member(
        id(home),
        home,
        file,
        config.directories().dataDir(),
        host == null ? HOST : host,
        clients.port(),
        List.copyOf(ports),
        config.ensemble().observer());
  }
}
