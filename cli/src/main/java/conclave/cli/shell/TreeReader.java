package conclave.cli.shell;

import conclave.cli.common.CommandFailure;
import conclave.cli.common.Progress;
import conclave.client.ConclaveClient;
import conclave.client.Node;
import conclave.client.Outcome;
import conclave.client.Refusal;
import conclave.protocol.Acl;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Reads a subtree with data and permissions, parents first, many znodes at a time. */
final class TreeReader {
  private static final int AT_A_TIME = 64;

  /** Takes a znode. */
  interface Taker {
    void take(String path, Node node, List<Acl> acl) throws CommandFailure, Console.Stopped;
  }

  private record Asked(
      String path,
      CompletableFuture<Outcome<Node>> node,
      CompletableFuture<Outcome<List<Acl>>> acl) {}

  private final Shell shell;
  private final Taker taker;
  private final Deque<Asked> asked = new ArrayDeque<>();

  private TreeReader(Shell shell, Taker taker) {
    this.shell = shell;
    this.taker = taker;
  }

  /**
   * Reads a subtree. What goes meanwhile is passed over.
   *
   * @throws CommandFailure when its top does not exist, or something may not be read
   */
  static void read(Shell shell, String top, Taker taker) throws CommandFailure, Console.Stopped {
    new TreeReader(shell, taker).read(top);
  }

  private void read(String top) throws CommandFailure, Console.Stopped {
    List<String> paths = new ArrayList<>();
    Walk.below(shell, top, (path, children, depth) -> paths.add(path));
    ConclaveClient client = shell.client();
    Progress progress = shell.progress();
    int read = 0;
    for (String path : paths) {
      asked.add(new Asked(path, client.getData(path), client.getAcl(path)));
      if (asked.size() == AT_A_TIME) {
        takeOne();
      }
      progress.show(++read, paths.size(), read + " of " + paths.size() + " znodes read");
    }
    while (!asked.isEmpty()) {
      takeOne();
    }
    progress.clear();
  }

  private void takeOne() throws CommandFailure, Console.Stopped {
    Asked first = asked.remove();
    if (shell.await(first.node).was(Refusal.NO_NODE)
        || shell.await(first.acl).was(Refusal.NO_NODE)) {
      return;
    }
    taker.take(first.path, shell.result(first.node), shell.result(first.acl));
  }
}
