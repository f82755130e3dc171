package conclave.cli;

import conclave.cli.common.CommandFailure;
import conclave.cli.common.ExitCode;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The servers of {@code conclave ensemble}: starts them, tells what becomes of them, stops them.
 */
final class RunningEnsemble {
  static final String QUIT = "quit";

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT);
  private static final long LONGEST_START_MS = 120_000;

  /** Progress is shown when a start takes longer than this. */
  private static final long QUIET_MS = 2_000;

  private static final long POLL_MS = 300;
  private static final int ANSWER_MS = 1_000;

  private final EnsembleLayout layout;
  private final BlockingQueue<String> orders;
  private final PrintStream out;
  private final List<MemberProcess> processes = new ArrayList<>();
  private String seen = "";
  private String told = "";

  RunningEnsemble(EnsembleLayout layout, BlockingQueue<String> orders, PrintStream out) {
    this.layout = layout;
    this.orders = orders;
    this.out = out;
    layout.members().forEach(member -> processes.add(new MemberProcess(member)));
  }

  // --- the beginning

  /** Starts all servers and waits until all of them serve. */
  void start() throws CommandFailure, InterruptedException {
    checkFree();
    try {
      for (MemberProcess process : processes) {
        process.start();
      }
    } catch (IOException e) {
      throw new CommandFailure(
          conclave.server.ExitCode.DATA_DIRECTORY,
          "A server can't be started in " + layout.directory() + ": " + e.getMessage() + ".",
          e);
    }
    if (awaitServing()) {
      showAll();
    }
  }

  private void checkFree() throws CommandFailure {
    StringBuilder left = new StringBuilder();
    for (MemberProcess process : processes) {
      long pid = process.leftBehind();
      if (pid >= 0) {
        left.append(' ').append(pid);
      }
    }
    if (!left.isEmpty()) {
      throw new CommandFailure(
          conclave.server.ExitCode.DATA_DIRECTORY,
          "Servers of "
              + layout.directory()
              + " are running already. Stop whoever started them, or: kill"
              + left
              + ". Another ensemble needs another --dir.");
    }
    for (MemberProcess process : processes) {
      EnsembleLayout.Member member = process.member();
      for (int port : member.ports()) {
        if (!EnsembleLayout.isFree(member.host(), port)) {
          throw new CommandFailure(
              conclave.server.ExitCode.PORT,
              "Port "
                  + port
                  + " of server "
                  + member.id()
                  + " is in use. Stop whatever uses it, or give another port in every zoo.cfg below "
                  + layout.directory()
                  + ".");
        }
      }
    }
  }

  /** False when it was told to stop meanwhile. */
  private boolean awaitServing() throws CommandFailure, InterruptedException {
    long beganNanos = System.nanoTime();
    long shown = -1;
    while (true) {
      String order = orders.poll(POLL_MS / 3, TimeUnit.MILLISECONDS);
      if (QUIT.equals(order)) {
        orders.add(QUIT);
        return false;
      }
      failIfOneCouldNotStart();
      EnsembleReport report = ask();
      long serving = report.servers().stream().filter(server -> server.problem() == null).count();
      if (serving == processes.size() && report.leader() != null) {
        return true;
      }
      long elapsedMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - beganNanos);
      if (elapsedMs > QUIET_MS && serving != shown) {
        System.err.printf("Starting: %d of %d servers serve.%n", serving, processes.size());
        shown = serving;
      }
      if (elapsedMs > LONGEST_START_MS) {
        throw new CommandFailure(
            ExitCode.REFUSED,
            "After two minutes only "
                + serving
                + " of "
                + processes.size()
                + " servers serve. Their logs are "
                + shown(layout.directory().resolve("N").resolve("server.log"))
                + ".");
      }
    }
  }

  private void failIfOneCouldNotStart() throws CommandFailure {
    for (MemberProcess process : processes) {
      if (process.hasDied()) {
        throw new CommandFailure(
            process.exitCode() == 0 ? ExitCode.REFUSED : process.exitCode(),
            "Server "
                + process.member().id()
                + " "
                + process.howItEnded()
                + ". The end of its log, "
                + shown(process.member().log())
                + ":\n    "
                + process.endOfLog());
      }
    }
  }

  private void showAll() {
    EnsembleReport report = ask();
    List<String[]> rows = new ArrayList<>();
    rows.add(new String[] {"SERVER", "ROLE", "CLIENTS ON", "DATA", "PROCESS"});
    for (int i = 0; i < processes.size(); i++) {
      MemberProcess process = processes.get(i);
      rows.add(
          new String[] {
            Integer.toString(process.member().id()),
            report.servers().get(i).role(),
            process.member().address(),
            shown(process.member().data()),
            Long.toString(process.pid())
          });
    }
    out.println();
    for (String[] row : rows) {
      out.println(
          ("  %-7s %-9s %-16s %-" + widest(rows) + "s %s")
              .formatted((Object[]) row)
              .stripTrailing());
    }
    out.println();
    line("connect", layout.connectString());
    line("look", "bin/conclave status " + layout.connectString());
    line("logs", shown(layout.directory().resolve("N").resolve("server.log")));
    line("type", "status, kill N, stop N, start N, quit");
    line("stop", "Ctrl-C, or kill " + ProcessHandle.current().pid());
    out.println();
    tell(report);
  }

  private static int widest(List<String[]> rows) {
    return rows.stream().mapToInt(row -> row[3].length()).max().orElse(1);
  }

  private void line(String name, String value) {
    out.println("  " + name + " ".repeat(10 - name.length()) + value);
  }

  /** Short where it can be: below the current directory. */
  private static String shown(Path path) {
    Path here = Path.of("").toAbsolutePath();
    Path absolute = path.toAbsolutePath().normalize();
    return absolute.startsWith(here) ? here.relativize(absolute).toString() : absolute.toString();
  }

  // --- the middle

  /** Goes on until it is told to quit. */
  void run() throws InterruptedException {
    while (true) {
      String order = orders.poll(POLL_MS, TimeUnit.MILLISECONDS);
      if (order != null) {
        if (order.equals(QUIT) || order.equals("exit")) {
          return;
        }
        obey(order);
      }
      tellOfDeaths();
      tell(ask());
    }
  }

  private void tellOfDeaths() {
    for (MemberProcess process : processes) {
      if (process.hasDied()) {
        int id = process.member().id();
        say(
            "Server "
                + id
                + " "
                + process.howItEnded()
                + "; type \"start "
                + id
                + "\" to start it again. Its log: "
                + shown(process.member().log()));
      }
    }
  }

  /**
   * One line when something has changed in who leads and who follows. What is seen once only is on
   * its way to something else.
   */
  private void tell(EnsembleReport report) {
    String now = summary(report);
    boolean stays = now.equals(seen) || told.isEmpty();
    seen = now;
    if (stays && !now.equals(told)) {
      told = now;
      say(now);
    }
  }

  private String summary(EnsembleReport report) {
    MemberStatus leader = report.leader();
    List<String> following = new ArrayList<>();
    List<String> observing = new ArrayList<>();
    List<String> idle = new ArrayList<>();
    List<String> down = new ArrayList<>();
    for (int i = 0; i < processes.size(); i++) {
      MemberStatus status = report.servers().get(i);
      String id = Integer.toString(processes.get(i).member().id());
      if (status.equals(leader)) {
        continue;
      }
      if (status.problem() != null) {
        (processes.get(i).isAlive() ? idle : down).add(id);
      } else {
        (status.isObserver() ? observing : following).add(id);
      }
    }
    StringBuilder text =
        new StringBuilder(
            leader == null
                ? "No leader"
                : "Server " + idOf(report, leader) + " leads, epoch " + leader.epoch());
    part(text, "following", leader == null ? List.of() : following);
    part(text, "observing", leader == null ? List.of() : observing);
    part(text, "not serving", idle);
    part(text, "down", down);
    return text.append('.').toString();
  }

  private int idOf(EnsembleReport report, MemberStatus leader) {
    return processes.get(report.servers().indexOf(leader)).member().id();
  }

  private static void part(StringBuilder text, String name, List<String> ids) {
    if (!ids.isEmpty()) {
      text.append("; ").append(name).append(": ").append(String.join(", ", ids));
    }
  }

  private void say(String sentence) {
    out.println(LocalTime.now(ZoneId.systemDefault()).format(TIME) + "  " + sentence);
  }

  private EnsembleReport ask() {
    return EnsembleReport.of(
        processes.stream()
            .parallel()
            .map(
                process ->
                    MemberStatus.ask(
                        process.member().host(), process.member().clientPort(), ANSWER_MS))
            .toList());
  }

  private void obey(String order) throws InterruptedException {
    if (order.isEmpty()) {
      return;
    }
    if (order.equals("status")) {
      out.println(ask().table());
      return;
    }
    String[] words = order.split("\\s+", -1);
    MemberProcess process = words.length == 2 ? find(words[1]) : null;
    if (process == null) {
      out.println("Type status, kill N, stop N, start N with the number of a server, or quit.");
      return;
    }
    switch (words[0]) {
      case "kill" -> process.kill();
      case "stop" -> {
        process.stop();
        process.awaitEnd();
      }
      case "start" -> restart(process);
      default -> out.println("Unknown: " + words[0] + ". Type status, kill, stop, start or quit.");
    }
  }

  private @Nullable MemberProcess find(String id) {
    for (MemberProcess process : processes) {
      if (Integer.toString(process.member().id()).equals(id)) {
        return process;
      }
    }
    return null;
  }

  private void restart(MemberProcess process) {
    if (process.isAlive()) {
      out.println("Server " + process.member().id() + " runs.");
      return;
    }
    try {
      process.start();
    } catch (IOException e) {
      out.println("Server " + process.member().id() + " can't be started: " + e.getMessage() + ".");
    }
  }

  // --- the end

  /** Stops all servers in order. */
  void stopAll() {
    boolean any = processes.stream().anyMatch(MemberProcess::isAlive);
    processes.forEach(MemberProcess::stop);
    try {
      for (MemberProcess process : processes) {
        process.awaitEnd();
      }
    } catch (InterruptedException e) {
      killAll();
      Thread.currentThread().interrupt();
    }
    if (any) {
      out.println("Stopped. The same command starts it again, with its data.");
    }
  }

  /** Ends all servers at once; any thread. */
  void killAll() {
    processes.forEach(MemberProcess::kill);
  }
}
