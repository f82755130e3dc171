package conclave.cli;

import conclave.cli.common.CommandFailure;
import conclave.server.ConclaveServer;
import conclave.server.ExitCode;
import conclave.server.ServerProcess;
import conclave.server.Version;
import conclave.server.auth.SaslSetupException;
import conclave.server.auth.TlsException;
import conclave.server.config.ConfigException;
import conclave.server.config.ServerConfig;
import conclave.server.config.ZooCfg;
import conclave.storage.DataDirectoryException;
import conclave.storage.StorageException;
import java.io.IOException;
import java.io.PrintStream;
import java.net.BindException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Runs a server in the foreground until a signal ends it. */
@Command(
    name = "server",
    sortOptions = false,
    usageHelpAutoWidth = true,
    synopsisHeading = "%n@|bold Usage:|@ ",
    descriptionHeading = "%n",
    parameterListHeading = "%n@|bold Arguments:|@%n",
    optionListHeading = "%n@|bold Options:|@%n",
    footerHeading = "%n@|bold Examples:|@%n",
    description = {
      "Runs a server until Ctrl-C or SIGTERM; a second signal ends it at once.",
      "Without a file it takes clients on port 2181 and keeps its data under ./data."
    },
    footer = {
      "  conclave server",
      "  conclave server /etc/zookeeper/conf/zoo.cfg",
      "  SERVER_JVMFLAGS=\"-Xmx4g -Dzookeeper.snapCount=1000000\" conclave server zoo.cfg"
    })
final class ServerCommand implements Callable<Integer> {
  private static final Path DEFAULT_DATA = Path.of("data");
  private static final int DEFAULT_PORT = 2181;

  @Parameters(
      arity = "0..1",
      paramLabel = "ZOO.CFG",
      description = "A configuration file, as Apache ZooKeeper's server takes it.")
  @Nullable Path file;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  boolean help;

  @Override
  public Integer call() throws CommandFailure {
    return run(file);
  }

  static int run(@Nullable Path file) throws CommandFailure {
    ServerConfig config = configuration(file);
    try {
      return ServerProcess.run(config, server -> printBanner(config, server, System.out));
    } catch (DataDirectoryException e) {
      throw new CommandFailure(ExitCode.DATA_DIRECTORY, String.valueOf(e.getMessage()), e);
    } catch (StorageException e) {
      throw new CommandFailure(ExitCode.STORAGE, String.valueOf(e.getMessage()), e);
    } catch (TlsException e) {
      throw new CommandFailure(
          ExitCode.BAD_INVOCATION, "TLS for clients can't be set up: " + e.getMessage() + ".", e);
    } catch (SaslSetupException e) {
      throw new CommandFailure(ExitCode.BAD_INVOCATION, e.getMessage() + ".", e);
    } catch (BindException e) {
      throw new CommandFailure(
          ExitCode.PORT,
          "The server can't open a port: it "
              + e.getMessage()
              + ". Stop whatever uses it, or give another port in the configuration.",
          e);
    } catch (IOException e) {
      throw new CommandFailure(ExitCode.PORT, "The server can't start: " + e.getMessage() + ".", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return ExitCode.UNEXPECTED;
    }
  }

  private static ServerConfig configuration(@Nullable Path file) throws CommandFailure {
    try {
      return file == null
          ? ZooCfg.embeddedDefault(DEFAULT_DATA, DEFAULT_PORT, systemProperties())
          : ZooCfg.load(file, systemProperties());
    } catch (ConfigException e) {
      throw new CommandFailure(ExitCode.BAD_INVOCATION, String.valueOf(e.getMessage()), e);
    }
  }

  private static Map<String, String> systemProperties() {
    Map<String, String> properties = new TreeMap<>();
    System.getProperties()
        .forEach((key, value) -> properties.put(String.valueOf(key), String.valueOf(value)));
    return properties;
  }

  static void printBanner(ServerConfig config, ConclaveServer server, PrintStream out) {
    StringBuilder banner = new StringBuilder();
    banner.append('\n').append("  Conclave ").append(Version.number());
    banner.append(" on Java ").append(System.getProperty("java.version")).append('\n');
    ServerConfig.Listener plain = config.ports().client();
    if (plain != null) {
      line(banner, "clients", place(plain, server.clientPort()));
    }
    ServerConfig.Listener secure = config.ports().secureClient();
    if (secure != null) {
      line(banner, "TLS", place(secure, server.secureClientPort()));
    }
    line(banner, "data", config.directories().dataDir().toAbsolutePath().normalize().toString());
    if (!config.directories().dataLogDir().equals(config.directories().dataDir())) {
      line(
          banner, "log", config.directories().dataLogDir().toAbsolutePath().normalize().toString());
    }
    if (plain != null) {
      String address =
          (plain.host() == null ? "localhost" : plain.host()) + ":" + server.clientPort();
      line(banner, "connect", "any ZooKeeper client to " + address);
      line(banner, "", "or: bin/conclave ls --server " + address + " /");
    }
    line(banner, "stop", "Ctrl-C, or kill " + ProcessHandle.current().pid());
    out.println(banner);
    out.flush();
  }

  private static String place(ServerConfig.Listener listener, int port) {
    return (listener.host() == null ? "all addresses" : listener.host()) + ", port " + port;
  }

  private static void line(StringBuilder banner, String name, String value) {
    banner.append("  ").append(name).append(" ".repeat(Math.max(1, 10 - name.length())));
    banner.append(value).append('\n');
  }
}
