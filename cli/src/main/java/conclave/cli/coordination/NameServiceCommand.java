package conclave.cli.coordination;

import static java.nio.charset.StandardCharsets.UTF_8;

import conclave.cli.common.CommandFailure;
import conclave.cli.common.ExitCode;
import conclave.client.Cache;
import conclave.client.ConclaveClient;
import conclave.client.ConclaveException;
import conclave.client.ConnectionLostException;
import conclave.client.Created;
import conclave.client.Node;
import conclave.client.Refusal;
import conclave.client.SessionEndedException;
import conclave.client.SessionEvent;
import conclave.client.SessionState;
import conclave.protocol.CreateMode;
import conclave.protocol.Paths;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Providers of a name, and consumers who follow them. */
@Command(
    name = "nameservice",
    sortOptions = false,
    usageHelpAutoWidth = true,
    synopsisHeading = "%n@|bold Usage:|@ ",
    descriptionHeading = "%n",
    optionListHeading = "%n@|bold Options:|@%n",
    footerHeading = "%n",
    description = {
      "Tells consumers of a service who provides it. A provider registers an ephemeral, numbered znode below /NameService/NAME/provider, with its address, and stays until it is interrupted; a consumer registers below /NameService/NAME/consumer, prints the list of providers, and again whenever it changes. A monitor registers nothing and follows both.",
      "",
      "A provider that dies is on the list until its session has expired. One whose session is lost registers again by itself. A consumer without a connection says so, and keeps the list that it knows."
    },
    footer = {
      "@|bold Exit status:|@",
      "  0    Ended by Ctrl-C, SIGTERM or SIGHUP; the znode is gone.",
      "  1    The servers refused.",
      "  2    Wrong arguments.",
      "  3    No server answered.",
      "",
      "@|bold Examples:|@",
      "  conclave nameservice -m provider -n orders -s localhost:2181",
      "  conclave nameservice -m provider -n orders -s zk1,zk2 -a 10.0.0.7:8080",
      "  conclave nameservice -m consumer -n orders -s localhost:2181"
    })
public final class NameServiceCommand implements Callable<Integer> {
  private static final String ROOT = "/NameService";

  /** Several who register at once are printed once. */
  private static final Duration COALESCE_FOR = Duration.ofMillis(20);

  private static final Duration RETRY_AFTER = Duration.ofMillis(200);

  /** Whom the command plays. */
  enum Mode {
    provider,
    consumer,
    monitor
  }

  @Option(
      names = {"-m", "--mode"},
      paramLabel = "provider|consumer|monitor",
      required = true,
      order = 1,
      description = "Whom to play.")
  Mode mode = Mode.monitor;

  @Option(
      names = {"-n", "--name"},
      paramLabel = "NAME",
      required = true,
      order = 2,
      description = "The name of the service; no slashes.")
  String name = "";

  @Option(
      names = "-s",
      paramLabel = "HOSTS",
      order = 3,
      description = "Servers; the same as --server.")
  @Nullable String hosts;

  @Option(
      names = {"-a", "--address"},
      paramLabel = "ADDRESS",
      order = 4,
      description = "What the znode says. Default: this machine's name and the process's number.")
  @Nullable String address;

  @Mixin SessionOptions session = new SessionOptions();

  private final CompletableFuture<Integer> over = new CompletableFuture<>();
  private final PassedSignals signals = new PassedSignals();
  private PrintStream out = System.out;

  /** The session in which this process is registered, or about to be. */
  private long registeredIn;

  private boolean printing;

  @Override
  public Integer call() throws CommandFailure {
    if (name.isEmpty() || name.indexOf('/') >= 0) {
      throw new CommandFailure(ExitCode.USAGE, "A name (-n) has no slashes and is not empty.");
    }
    if (hosts != null) {
      session.servers = hosts;
    }
    out = new PrintStream(System.out, true, UTF_8);
    signals.handle();
    signals.endsTheWaiting().thenRun(() -> over.complete(ExitCode.DONE));
    try (ConclaveClient client = session.connect()) {
      for (Mode side : List.of(Mode.provider, Mode.consumer)) {
        client.ensurePath(directory(side)).join();
      }
      if (mode != Mode.monitor) {
        client.onSession(news -> registerIn(client, news));
      }
      if (mode != Mode.provider) {
        follow(client, Mode.provider);
        client.onSession(this::sayHowItStands);
      }
      if (mode == Mode.monitor) {
        follow(client, Mode.consumer);
      }
      return over.join();
    } catch (IllegalArgumentException e) {
      throw new CommandFailure(ExitCode.USAGE, e.getMessage() + ".", e);
    } catch (CompletionException e) {
      throw SessionOptions.explained(e);
    }
  }

  private String directory(Mode side) {
    return ROOT + "/" + name + "/" + side;
  }

  /** Once in each session. */
  private void registerIn(ConclaveClient client, SessionEvent news) {
    if (news.state() == SessionState.CONNECTED && news.sessionId() != registeredIn) {
      registeredIn = news.sessionId();
      register(client.inThisSession());
    }
  }

  private void register(ConclaveClient client) {
    byte[] data = ownAddress().getBytes(UTF_8);
    client
        .create(directory(mode) + "/" + mode + "-", data, CreateMode.EPHEMERAL_SEQUENTIAL)
        .whenComplete(
            (outcome, failure) -> {
              if (outcome == null) {
                registerFailed(client, failure);
              } else if (outcome.was(Refusal.NO_NODE)) {
                client.ensurePath(directory(mode)).thenRun(() -> register(client));
              } else {
                Created created = outcome.orThrow();
                out.println("Registered " + created.path() + " as " + ownAddress() + ".");
              }
            });
  }

  /** A znode that was made although the answer was lost is among this session's. */
  private void registerFailed(ConclaveClient client, @Nullable Throwable failure) {
    Throwable cause = ConclaveException.causeOf(failure);
    if (cause instanceof ConnectionLostException) {
      client
          .getEphemerals(directory(mode))
          .whenComplete(
              (own, again) -> {
                if (own == null || own.isEmpty()) {
                  client.schedule(() -> register(client), RETRY_AFTER);
                } else {
                  out.println("Registered " + own.get(0) + " as " + ownAddress() + ".");
                }
              });
    } else if (!(cause instanceof SessionEndedException)) {
      over.completeExceptionally(cause);
    }
  }

  private String ownAddress() {
    if (address != null) {
      return address;
    }
    try {
      return InetAddress.getLocalHost().getHostName() + ":" + ProcessHandle.current().pid();
    } catch (UnknownHostException e) {
      return "localhost:" + ProcessHandle.current().pid();
    }
  }

  private void follow(ConclaveClient client, Mode side) {
    Cache cache = client.cache(directory(side), Cache.Depth.CHILDREN);
    cache.start().join();
    cache.onChange(
        change -> {
          if (!printing) {
            printing = true;
            client.schedule(() -> print(side, cache), COALESCE_FOR);
          }
        });
    client.executor().execute(() -> print(side, cache));
  }

  private void print(Mode side, Cache cache) {
    printing = false;
    List<String> names = cache.children(directory(side));
    String what = side + (names.size() == 1 ? "" : "s") + " of " + name;
    out.println(
        (names.isEmpty() ? "No " : names.size() + " ") + what + (names.isEmpty() ? "." : ":"));
    for (String child : names) {
      Node node = cache.get(Paths.child(directory(side), child)).orElse(null);
      byte[] data = node == null ? null : node.data();
      out.println("  " + child + "  " + (data == null ? "" : new String(data, UTF_8)));
    }
  }

  private void sayHowItStands(SessionEvent news) {
    switch (news.state()) {
      case SUSPENDED ->
          System.err.println("conclave nameservice: no connection; the list is as it was.");
      case LOST ->
          System.err.println("conclave nameservice: the session is lost; looking for a new one.");
      default -> {
        // The list says it.
      }
    }
  }
}
