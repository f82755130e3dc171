package conclave.cli;

import conclave.cli.common.StatText;
import conclave.client.Children;
import conclave.client.ConclaveClient;
import conclave.client.Refusal;
import conclave.client.WatchEvent;
import conclave.client.Watched;
import conclave.protocol.Paths;
import java.io.PrintStream;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "ls",
    description = "Lists a znode's children, one a line, sorted.",
    footer = {"  conclave ls /", "  conclave ls -R /config"})
final class LsCommand extends ClientCommand {
  @Parameters(
      arity = "0..1",
      paramLabel = "PATH",
      defaultValue = "/",
      description = "The znode. Default: /.")
  String path = "/";

  @Option(names = "-s", description = "Print the znode's metadata too.")
  boolean stat;

  @Option(
      names = "-w",
      description = "Wait for the next change of its children, print what it was, and end.")
  boolean watch;

  @Option(names = "-R", description = "List everything below as well, as whole paths.")
  boolean recursive;

  @Override
  void run(ConclaveClient client, PrintStream out) {
    CompletableFuture<WatchEvent> change = null;
    Children children;
    if (watch) {
      Watched<Children> watched = client.getChildrenAndWatch(path).join().orThrow();
      children = watched.value();
      change = watched.event();
    } else {
      children = client.getChildren(path).join().orThrow();
    }
    if (recursive) {
      out.println(path);
      printBelow(client, children.names(), out);
    } else {
      children.names().stream().sorted().forEach(out::println);
    }
    if (stat) {
      StatText.print(children.stat(), out);
    }
    if (change != null) {
      awaitEvent(change);
    }
  }

  /** Depth first, without recursion: a tree can be deeper than the stack. */
  private void printBelow(ConclaveClient client, List<String> names, PrintStream out) {
    Deque<String> left = new ArrayDeque<>();
    push(left, path, names);
    for (String next = left.poll(); next != null; next = left.poll()) {
      out.println(next);
      List<String> below = childrenIfThere(client, next);
      if (below != null) {
        push(left, next, below);
      }
    }
  }

  private static void push(Deque<String> left, String parent, List<String> names) {
    List<String> sorted = names.stream().sorted().toList();
    for (int i = sorted.size() - 1; i >= 0; i--) {
      left.push(Paths.child(parent, sorted.get(i)));
    }
  }

  /** Null for a znode that went while we walked. */
  private static @Nullable List<String> childrenIfThere(ConclaveClient client, String path) {
    Children children = client.getChildren(path).join().orNullIf(Refusal.NO_NODE);
    return children == null ? null : children.names();
  }
}
