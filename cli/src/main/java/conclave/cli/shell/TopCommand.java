package conclave.cli.shell;

import conclave.cli.common.CommandFailure;
import conclave.cli.common.ExitCode;
import conclave.client.ConnectString;
import conclave.recipes.json.Json;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The servers' load, again and again. It needs no session: it asks each server by itself. */
final class TopCommand extends Described {
  private static final int DEFAULT_SECONDS = 2;
  private static final String FORMAT = "%-22s %-11s %9s %9s %8s %8s %9s %9s %10s  %s";

  TopCommand() {
    super(
        "top",
        "[-i seconds] [-n rounds] [-a port]",
        "show each server's load until Ctrl-C: -a asks AdminServers on this port instead of srvr",
        Syntax.of(0, 0).options("i", "n", "a"));
  }

  @Override
  public boolean needsSession() {
    return false;
  }

  @Override
  public boolean takesPaths() {
    return false;
  }

  /** What was heard of a server. */
  private record Sample(@Nullable ServerLoad load, String problem, long nanos) {}

  @Override
  public void run(Arguments arguments, Shell shell) throws CommandFailure, Console.Stopped {
    int seconds = arguments.number("i", DEFAULT_SECONDS);
    boolean live = shell.console().isInteractive();
    int rounds = arguments.number("n", live ? Integer.MAX_VALUE : 1);
    int adminPort = arguments.number("a", -1);
    if (seconds < 1 || rounds < 1) {
      throw arguments.wrong("-i and -n begin with 1");
    }
    List<InetSocketAddress> servers = ConnectString.parse(shell.servers()).servers();
    Map<InetSocketAddress, Sample> before = ask(servers, adminPort);
    if (before.values().stream().allMatch(sample -> sample.load == null)) {
      throw new CommandFailure(
          ExitCode.NO_CONNECTION,
          "No server told its load: " + before.values().iterator().next().problem + ".");
    }
    for (int round = 0; round < rounds; round++) {
      pause(seconds);
      Map<InetSocketAddress, Sample> now = ask(servers, adminPort);
      if (live && rounds > 1) {
        shell.console().clearScreen();
      }
      print(shell, servers, before, now);
      shell.console().flush();
      before = now;
    }
  }

  private static void pause(int seconds) throws Console.Stopped {
    try {
      TimeUnit.SECONDS.sleep(seconds);
    } catch (InterruptedException e) {
      throw Console.Stopped.byInterrupt();
    }
  }

  private static Map<InetSocketAddress, Sample> ask(List<InetSocketAddress> servers, int adminPort)
      throws Console.Stopped {
    Map<InetSocketAddress, Sample> samples = new HashMap<>();
    for (InetSocketAddress server : servers) {
      samples.put(server, ask(server, adminPort));
      if (Thread.interrupted()) {
        throw Console.Stopped.byInterrupt();
      }
    }
    return samples;
  }

  private static Sample ask(InetSocketAddress server, int adminPort) {
    String problem;
    try {
      ServerLoad load =
          adminPort > 0
              ? ServerLoad.byHttp(server.getHostString(), adminPort)
              : ServerLoad.byWord(server);
      return new Sample(load, "", System.nanoTime());
    } catch (UnknownHostException e) {
      problem = "no such host";
    } catch (SocketTimeoutException e) {
      problem = "no answer in time";
    } catch (ConnectException e) {
      problem = "connection refused";
    } catch (IOException e) {
      problem = String.valueOf(e.getMessage());
    }
    return new Sample(null, problem, System.nanoTime());
  }

  private static void print(
      Shell shell,
      List<InetSocketAddress> servers,
      Map<InetSocketAddress, Sample> before,
      Map<InetSocketAddress, Sample> now)
      throws Console.Stopped {
    if (!shell.json()) {
      shell.print(
          shell
              .console()
              .style()
              .strong(
                  String.format(
                      Locale.ROOT,
                      FORMAT,
                      "SERVER",
                      "ROLE",
                      "IN/S",
                      "OUT/S",
                      "CLIENTS",
                      "WAITING",
                      "AVG MS",
                      "MAX MS",
                      "ZNODES",
                      "ZXID")));
    }
    for (InetSocketAddress server : servers) {
      Sample earlier = before.get(server);
      Sample later = now.get(server);
      if (earlier != null && later != null) {
        printServer(shell, server, earlier, later);
      }
    }
  }

  private static void printServer(
      Shell shell, InetSocketAddress server, Sample earlier, Sample later) throws Console.Stopped {
    String name = server.getHostString() + ":" + server.getPort();
    ServerLoad load = later.load;
    if (load == null) {
      shell.print(
          shell.json()
              ? Json.line(Json.object("server", name, "problem", later.problem))
              : String.format(Locale.ROOT, "%-22s ", name)
                  + shell.console().style().error(later.problem));
      return;
    }
    double seconds = Math.max(1e-3, (later.nanos - earlier.nanos) / 1e9);
    ServerLoad was = earlier.load == null ? load : earlier.load;
    long in = Math.max(0, Math.round((load.received() - was.received()) / seconds));
    long out = Math.max(0, Math.round((load.sent() - was.sent()) / seconds));
    if (shell.json()) {
      shell.printJson(
          Json.object(
              "server",
              name,
              "role",
              load.mode(),
              "receivedPerSecond",
              in,
              "sentPerSecond",
              out,
              "clients",
              load.connections(),
              "outstanding",
              load.outstanding(),
              "averageLatencyMs",
              load.averageMs(),
              "maxLatencyMs",
              load.maxMs(),
              "znodes",
              load.znodes(),
              "zxid",
              load.zxid()));
      return;
    }
    shell.print(
        String.format(
            Locale.ROOT,
            FORMAT,
            name,
            load.mode(),
            in,
            out,
            load.connections(),
            load.outstanding(),
            String.format(Locale.ROOT, "%.2f", load.averageMs()),
            String.format(Locale.ROOT, "%.0f", load.maxMs()),
            load.znodes(),
            load.zxid()));
  }
}
