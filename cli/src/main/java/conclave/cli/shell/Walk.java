package conclave.cli.shell;

import conclave.cli.common.CommandFailure;
import conclave.client.Children;
import conclave.client.ConclaveClient;
import conclave.client.Outcome;
import conclave.client.Refusal;
import conclave.protocol.Paths;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Goes through a subtree depth first, children sorted. It is no picture of one moment; a znode that
 * goes meanwhile is passed over. Asks ahead, so that a large tree does not take a round trip a
 * znode, and without recursion: a tree can be deeper than the stack.
 */
final class Walk {
  private static final int ASK_AHEAD = 64;

  /** Is shown each znode. */
  interface Visitor {
    /** Returns whether to go on below it. */
    boolean visit(String path, Children children, int depth) throws CommandFailure, Console.Stopped;
  }

  private static final class Step {
    final String path;
    final int depth;
    @Nullable CompletableFuture<Outcome<Children>> answer;

    Step(String path, int depth) {
      this.path = path;
      this.depth = depth;
    }
  }

  private final Shell shell;
  private final Function<String, CompletableFuture<Outcome<Children>>> ask;
  private final Deque<Step> steps = new ArrayDeque<>();

  private Walk(Shell shell, Function<String, CompletableFuture<Outcome<Children>>> ask) {
    this.shell = shell;
    this.ask = ask;
  }

  /**
   * Goes through a subtree.
   *
   * @throws CommandFailure when its top does not exist
   */
  static void below(Shell shell, String top, Visitor visitor)
      throws CommandFailure, Console.Stopped {
    ConclaveClient client = shell.client();
    new Walk(shell, client::getChildren).run(top, visitor);
  }

  /** The same, asking for children as the caller likes. */
  static void below(
      Shell shell,
      String top,
      Function<String, CompletableFuture<Outcome<Children>>> ask,
      Visitor visitor)
      throws CommandFailure, Console.Stopped {
    new Walk(shell, ask).run(top, visitor);
  }

  private void run(String top, Visitor visitor) throws CommandFailure, Console.Stopped {
    steps.push(new Step(top, 0));
    while (!steps.isEmpty()) {
      askAhead();
      Step step = steps.pop();
      CompletableFuture<Outcome<Children>> answer = step.answer;
      if (answer == null) {
        throw new IllegalStateException("not asked: path=" + step.path);
      }
      Outcome<Children> outcome = shell.await(answer);
      if (step.depth > 0 && outcome.was(Refusal.NO_NODE)) {
        continue;
      }
      Children children = shell.result(answer);
      if (visitor.visit(step.path, children, step.depth)) {
        List<String> names = children.names().stream().sorted().toList();
        for (int i = names.size() - 1; i >= 0; i--) {
          steps.push(new Step(Paths.child(step.path, names.get(i)), step.depth + 1));
        }
      }
    }
  }

  private void askAhead() {
    Iterator<Step> next = steps.iterator();
    for (int i = 0; i < ASK_AHEAD && next.hasNext(); i++) {
      Step step = next.next();
      if (step.answer == null) {
        step.answer = ask.apply(step.path);
      }
    }
  }
}
