package conclave.cli.shell;

import conclave.cli.common.CommandFailure;
import conclave.cli.common.ExitCode;
import conclave.cli.common.Explain;
import conclave.client.Children;
import conclave.client.ConclaveClient;
import conclave.client.ConclaveException;
import conclave.client.ConnectionLostException;
import conclave.client.RefusedException;
import conclave.client.SessionEndedException;
import conclave.protocol.OpCode;
import conclave.protocol.Paths;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * What the client throws, in a sentence: first in zkCli's words, which scripts look for, then what
 * to do.
 */
final class Refusals {
  /** A hint is not worth a wait. */
  private static final Duration FOR_A_HINT = Duration.ofMillis(500);

  private Refusals() {}

  static CommandFailure failure(Shell shell, ConclaveException e) {
    if (e instanceof RefusedException refused) {
      return new CommandFailure(ExitCode.REFUSED, text(shell, refused), e);
    }
    if (e instanceof SessionEndedException) {
      return new CommandFailure(
          ExitCode.NO_CONNECTION,
          "The session has ended: its ephemeral znodes are gone, and what was not answered may or may"
              + " not have been done; \"connect\" begins another.",
          e);
    }
    if (e instanceof ConnectionLostException) {
      return new CommandFailure(
          ExitCode.NO_CONNECTION,
          capital(Shell.sentence(String.valueOf(e.getMessage())))
              + " Is the server up? \"connect host:port\" tries another.",
          e);
    }
    return Explain.failure(e);
  }

  private static String capital(String text) {
    return text.isEmpty() ? text : Character.toUpperCase(text.charAt(0)) + text.substring(1);
  }

  private static String text(Shell shell, RefusedException e) {
    String path = e.path();
    return switch (e.error()) {
      case NO_NODE -> "Node does not exist: " + missing(shell, e.op(), path);
      case NODE_EXISTS ->
          "Node already exists: " + path + "; \"set " + path + " DATA\" changes its data.";
      case NOT_EMPTY ->
          "Node not empty: " + path + "; \"deleteall " + path + "\" deletes all below it too.";
      case BAD_VERSION ->
          "version No is not valid : "
              + path
              + "; it has another one, which \"stat "
              + path
              + "\" shows.";
      case NO_AUTH ->
          "Insufficient permission : "
              + path
              + "; its ACL asks for credentials: \"addauth digest user:password\".";
      case INVALID_ACL ->
          "Acl is not valid : "
              + path
              + "; its form is scheme:id:cdrwa, as world:anyone:r, and auth: needs an addauth"
              + " before.";
      case NO_CHILDREN_FOR_EPHEMERALS ->
          "Ephemerals cannot have children: "
              + path
              + "; "
              + Paths.parent(path)
              + " is an ephemeral znode.";
      case NOT_READ_ONLY ->
          "Not a read-only call: "
              + path
              + "; the server has lost its quorum and only answers reads.";
      case BAD_ARGUMENTS -> "Arguments are not valid : " + path + ".";
      case QUOTA_EXCEEDED ->
          "Quota has exceeded : " + path + "; \"listquota\" shows the limit above it.";
      case RECONFIG_IN_PROGRESS ->
          "Another reconfiguration is in progress -- concurrent reconfigs not supported (yet).";
      case NEW_CONFIG_NO_QUORUM ->
          "No quorum of new config is connected and up-to-date with the leader of the last"
              + " committed config; try again when the new servers are up and synced.";
      case RECONFIG_DISABLED ->
          "Reconfiguration is off; it takes reconfigEnabled=true in the servers' zoo.cfg.";
      case NO_WATCHER -> noWatcher(path);
      default -> Explain.refusal(e.op(), path, e.error(), String.valueOf(e.getMessage()));
    };
  }

  /** The same sentence where the server said it in another way. */
  static CommandFailure noNode(Shell shell, String path) {
    return new CommandFailure(
        ExitCode.REFUSED, "Node does not exist: " + missing(shell, OpCode.EXISTS, path));
  }

  static String noWatcher(String path) {
    return "KeeperErrorCode = No such watcher for "
        + path
        + "; this session has none of that kind there.";
  }

  private static String missing(Shell shell, OpCode op, String path) {
    boolean creates =
        switch (op) {
          case CREATE, CREATE2, CREATE_CONTAINER, CREATE_TTL -> true;
          default -> false;
        };
    // What a create lacks is the parent; zkCli names the znode that was to be made all the same.
    String absent = creates ? Paths.parent(path) : path;
    String near = near(shell, absent);
    String hint = near == null ? "" : "; did you mean " + near + "?";
    if (creates) {
      return path + "; there is no " + absent + " to make it in" + (hint.isEmpty() ? "." : hint);
    }
    return path + (hint.isEmpty() ? "." : hint);
  }

  /** The znode beside the missing one whose name is most like it, where one is. */
  private static @Nullable String near(Shell shell, String path) {
    ConclaveClient client = shell.clientOrNull();
    if (client == null || path.equals(Paths.ROOT)) {
      return null;
    }
    String parent = Paths.parent(path);
    try {
      Children there = client.within(FOR_A_HINT).getChildren(parent).join().value().orElse(null);
      String name = there == null ? null : Guess.nearest(Paths.name(path), there.names());
      return name == null ? null : Paths.child(parent, name);
    } catch (CompletionException | CancellationException noHint) {
      return null;
    }
  }
}
