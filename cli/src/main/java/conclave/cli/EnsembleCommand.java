package conclave.cli;

import conclave.cli.common.CommandFailure;
import conclave.cli.common.ExitCode;
import conclave.server.Signals;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Runs a whole ensemble on this machine, each server a process of its own. */
@Command(
    name = "ensemble",
    sortOptions = false,
    usageHelpAutoWidth = true,
    synopsisHeading = "%n@|bold Usage:|@ ",
    descriptionHeading = "%n",
    optionListHeading = "%n@|bold Options:|@%n",
    footerHeading = "%n",
    description = {
      "Runs an ensemble on this machine, to learn, to try things out, and to develop against. Every",
      "server is a process of its own, with its configuration, data and log in a directory of its own,",
      "and takes clients on a port of 127.0.0.1. The command tells who leads, goes on telling when that",
      "changes or a server dies, and stops all servers when it is ended.",
      "",
      "The first start writes the configurations and chooses ports that are free; later ones find them",
      "there, with the data. A server that dies stays dead until it is told to start again, so that one",
      "can see what the others do meanwhile.",
      "",
      "For an ensemble that is to survive the machine, run \"conclave server\" on several."
    },
    footer = {
      "@|bold While it runs, type:|@",
      "  status    the table again, with zxids",
      "  kill N    end server N at once, as a crash would",
      "  stop N    stop server N in order",
      "  start N   start server N again",
      "  quit      stop all servers; so do Ctrl-C and SIGTERM. A second Ctrl-C ends them at once.",
      "",
      "@|bold Files:|@",
      "  D/N/zoo.cfg      configuration of server N; edit it, and the next start takes it",
      "  D/N/data         its data",
      "  D/N/server.log   what it has said",
      "",
      "@|bold Exit status:|@",
      "  0    Stopped as asked.",
      "  2    Wrong arguments, or a configuration that can't be used.",
      "  3    The directory can't be used, or its servers are running already.",
      "  4    A port is in use.",
      "  143  Ended at once by a second signal.",
      "  Other numbers are those of a server that could not start; see conclave --help.",
      "",
      "@|bold Examples:|@",
      "  conclave ensemble",
      "  conclave ensemble --size 5 --observers 1 --dir /tmp/five",
      "  conclave ensemble --base-port 22181 --dir /tmp/other",
      "  conclave status 127.0.0.1:2181,127.0.0.1:2182,127.0.0.1:2183"
    })
final class EnsembleCommand implements Callable<Integer> {
  private static final int MOST_SERVERS = 31;

  @Option(
      names = {"--size"},
      paramLabel = "N",
      description = "How many servers vote. Default: 3, or what is in the directory.")
  @Nullable Integer size;

  @Option(
      names = {"--observers"},
      paramLabel = "N",
      description = "How many servers besides follow without a vote. Default: none.")
  @Nullable Integer observers;

  @Option(
      names = {"--dir"},
      paramLabel = "D",
      description = "Where configurations, data and logs are. Default: ./ensemble.")
  Path directory = Path.of("ensemble");

  @Option(
      names = {"--base-port"},
      paramLabel = "PORT",
      description =
          "Take clients on PORT, PORT+1 and so on, with the ports between servers from PORT+100 and"
              + " PORT+200 on. Default: the first free ones from 2181, 2888 and 3888 on.")
  @Nullable Integer basePort;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  boolean help;

  @Override
  public Integer call() throws CommandFailure {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    check(out);
    EnsembleLayout layout =
        EnsembleLayout.open(directory, new EnsembleLayout.Wish(size, observers, basePort));
    LinkedBlockingQueue<String> orders = new LinkedBlockingQueue<>();
    RunningEnsemble running = new RunningEnsemble(layout, orders, out);
    AtomicInteger signals = new AtomicInteger();
    Runtime.getRuntime().addShutdownHook(new Thread(running::killAll, "conclave-last-will"));
    for (String signal : new String[] {"INT", "TERM"}) {
      Signals.handle(
          signal,
          name -> {
            if (signals.incrementAndGet() > 1) {
              running.killAll();
              Runtime.getRuntime().halt(conclave.server.ExitCode.STOPPED_AT_ONCE);
            }
            orders.add(RunningEnsemble.QUIT);
          });
    }
    try {
      running.start();
      listen(orders);
      running.run();
      return ExitCode.DONE;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return ExitCode.REFUSED;
    } finally {
      running.stopAll();
    }
  }

  private void check(PrintStream out) throws CommandFailure {
    if (size != null && (size < 1 || size > MOST_SERVERS)) {
      throw new CommandFailure(
          ExitCode.USAGE,
          "--size takes a number from 1 to " + MOST_SERVERS + ", and 3 or 5 in practice.");
    }
    if (observers != null && (observers < 0 || observers > MOST_SERVERS)) {
      throw new CommandFailure(
          ExitCode.USAGE, "--observers takes a number from 0 to " + MOST_SERVERS + ".");
    }
    if (size != null && size % 2 == 0) {
      out.printf(
          "An ensemble of %d goes on as long as %d of them run, one of %d as long as %d: take an odd number.%n",
          size, size / 2 + 1, size + 1, size / 2 + 1);
    }
  }

  /** Lines that are typed. Where nobody can type any there are none. */
  private static void listen(LinkedBlockingQueue<String> orders) {
    Thread thread =
        new Thread(
            () -> {
              try {
                BufferedReader in =
                    new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
                for (String line = in.readLine(); line != null; line = in.readLine()) {
                  orders.add(line.strip());
                }
              } catch (IOException e) {
                // The terminal is gone; signals still come.
                return;
              }
            },
            "conclave-orders");
    thread.setDaemon(true);
    thread.start();
  }
}
