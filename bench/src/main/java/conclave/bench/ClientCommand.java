package conclave.bench;

import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code conclave bench client}: what one session of a Java client gets through. */
@Command(
    name = "client",
    description = {
      "Starts a Conclave server and a process with one session of a Java client that always has so"
          + " many requests on their way: gets, then sets of 100 bytes, on 320 znodes. Conclave's"
          + " client and Apache's 3.9.5 take turns, each with a fresh server (fsync on). Prints"
          + " medians of the rate, and of the CPU time that the client's process takes for one"
          + " request.",
      "Leave the machine alone meanwhile: server and client share its cores."
    },
    mixinStandardHelpOptions = true)
final class ClientCommand implements Callable<Integer> {
  enum Clients {
    BOTH,
    APACHE,
    CONCLAVE
  }

  /** Warnings only: Apache's client would tell of every packet. */
  private static final String LOGBACK =
      """
      <configuration>
        <appender name="CONSOLE" class="ch.qos.logback.core.ConsoleAppender">
          <target>System.err</target>
          <encoder><pattern>%d %-5p %c - %m%n</pattern></encoder>
        </appender>
        <root level="WARN"><appender-ref ref="CONSOLE"/></root>
      </configuration>
      """;

  @Option(
      names = "--only",
      split = ",",
      paramLabel = "OPERATION",
      description = "some of: ${COMPLETION-CANDIDATES}; default: both")
  private List<ClientLoad.Operation> only = List.of(ClientLoad.Operation.values());

  @Option(names = "--client", description = "${COMPLETION-CANDIDATES} (default: both)")
  private Clients clients = Clients.BOTH;

  @Option(
      names = "--in-flight",
      paramLabel = "N",
      description = "requests on their way (default: ${DEFAULT-VALUE})")
  private int inFlight = 1_000;

  @Option(names = "--rounds", description = "rounds of each (default: ${DEFAULT-VALUE})")
  private int rounds = 3;

  @Option(names = "--quick", description = "short: shows the way, proves nothing")
  private boolean quick;

  @Mixin private PeerOptions peers = new PeerOptions();

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (inFlight < 1) {
      throw peers.wrong("--in-flight takes a number from 1 on");
    }
    peers.requireRealDisk();
    // The server is always Conclave's; Apache's jars are for its client.
    List<Implementation> needed = new ArrayList<>(List.of(Implementation.CONCLAVE));
    needed.addAll(implementations());
    LaunchOptions options = peers.launchOptions(needed);
    Path home = peers.freshHome();
    String name = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    Results results = new Results(peers.json(), name);
    Machine machine = Machine.describe(peers.javaHome());
    results.describe(machine, peers.commandLine());
    System.out.println(machine);
    boolean complete = runAll(options, home, results);
    new Report(results).print(System.out);
    if (quick) {
      System.out.println("A quick run: short, and cold JVMs.");
    }
    if (!peers.keep()) {
      Bench.deleteTree(home);
    }
    return complete ? 0 : 1;
  }

  /** Interleaved, so that whatever disturbs the machine for a while disturbs both. */
  private boolean runAll(LaunchOptions options, Path home, Results results)
      throws IOException, InterruptedException {
    Launcher launcher = new Launcher(options);
    Settings settings = quick ? Settings.quick() : Settings.full();
    boolean complete = true;
    for (ClientLoad.Operation operation : only) {
      System.err.println(operation.name().toLowerCase(Locale.ROOT));
      for (int round = 1; round <= rounds; round++) {
        for (Implementation client : implementations()) {
          Path directory = Files.createTempDirectory(home, "run-");
          Bench bench =
              new Bench(client, round, launcher, directory, settings, results, System.err);
          complete &= runOne(bench, client, operation, launcher, options, directory);
          if (!peers.keep()) {
            Bench.deleteTree(directory);
          }
        }
      }
    }
    return complete;
  }

  /** A client that fails is reported, and the others are measured. */
  private boolean runOne(
      Bench bench,
      Implementation client,
      ClientLoad.Operation operation,
      Launcher launcher,
      LaunchOptions options,
      Path directory)
      throws InterruptedException {
    boolean get = operation == ClientLoad.Operation.GET;
    try (ServerProcess server = launcher.start(Implementation.CONCLAVE, directory)) {
      bench.awaitFirstRead(server, "/");
      String address = "127.0.0.1:" + server.address().getPort();
      ClientLoad.Result result =
          load(
              command(client, options, directory, address, operation, bench.settings()), directory);
      bench.record(get ? Metric.CLIENT_GET_OPS : Metric.CLIENT_SET_OPS, result.perSecond());
      bench.record(
          get ? Metric.CLIENT_GET_CPU : Metric.CLIENT_SET_CPU, result.cpuMicrosPerOperation());
      return true;
    } catch (IOException e) {
      bench.note("FAILED: %s", e);
      return false;
    }
  }

  private List<String> command(
      Implementation client,
      LaunchOptions options,
      Path directory,
      String address,
      ClientLoad.Operation operation,
      Settings settings)
      throws IOException {
    Path logback = Files.writeString(directory.resolve("client-logback.xml"), LOGBACK);
    List<String> command = new ArrayList<>();
    command.add(options.javaHome().resolve("bin").resolve("java").toString());
    command.add("-Xmx" + options.heap());
    command.add("-Dlogback.configurationFile=" + logback);
    command.add("-cp");
    command.add(classPath(client, options));
    command.add(ClientLoad.class.getName());
    command.add(client.name());
    command.add(address);
    command.add(operation.name());
    command.add(Integer.toString(inFlight));
    command.add(millis(settings.warmUp()));
    command.add(millis(settings.measured()));
    return command;
  }

  private static String millis(Duration duration) {
    return Long.toString(duration.toMillis());
  }

  /** Apache's client gets the libraries that it came with, and of ours only what drives it. */
  private static String classPath(Implementation client, LaunchOptions options) throws IOException {
    if (client == Implementation.CONCLAVE) {
      return Objects.requireNonNull(System.getProperty("java.class.path"));
    }
    try {
      Path driver =
          Path.of(ClientLoad.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      return driver
          + File.pathSeparator
          + String.join(File.pathSeparator, Launcher.apacheJars(options.apacheLib()));
    } catch (URISyntaxException e) {
      throw new IllegalStateException("classes come from no file", e);
    }
  }

  private static ClientLoad.Result load(List<String> command, Path directory)
      throws IOException, InterruptedException {
    Path errors = directory.resolve("client.log");
    Process process =
        new ProcessBuilder(command)
            .redirectError(ProcessBuilder.Redirect.appendTo(errors.toFile()))
            .start();
    try {
      ClientLoad.@Nullable Result result = null;
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      for (String line : said.lines().toList()) {
        ClientLoad.Result parsed = ClientLoad.Result.parse(line);
        result = parsed == null ? result : parsed;
      }
      int exit = process.waitFor();
      if (exit != 0 || result == null) {
        throw new IOException(
            "the client exited with " + exit + ":\n" + Files.readString(errors).strip());
      }
      return result;
    } finally {
      process.destroyForcibly();
    }
  }

  private List<Implementation> implementations() {
    return switch (clients) {
      case BOTH -> List.of(Implementation.APACHE, Implementation.CONCLAVE);
      case APACHE -> List.of(Implementation.APACHE);
      case CONCLAVE -> List.of(Implementation.CONCLAVE);
    };
  }
}
