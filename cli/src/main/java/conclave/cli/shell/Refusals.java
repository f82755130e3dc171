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
import conclave.protocol.ErrorCode;
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
    if (e.op() == OpCode.RECONFIG) {
      return ofReconfig(e.error(), String.valueOf(e.getMessage()));
    }
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
      case NO_WATCHER -> noWatcher(path);
      default -> Explain.refusal(e.op(), path, e.error(), String.valueOf(e.getMessage()));
    };
  }

  /**
   * A reconfig names no path, so zkCli's words end where its path would be; "commmitted" is its
   * spelling.
   */
  static String ofReconfig(ErrorCode error, String message) {
    return switch (error) {
      case BAD_VERSION ->
          "version No is not valid : the configuration has another one than -v says; \"config\""
              + " shows it in its last line.";
      case BAD_ARGUMENTS ->
          "Arguments are not valid : a server is server.ID=host:port1:port2[:role];[host:]port3 with"
              + " addresses of its own, two servers have to vote (one where standaloneEnabled=false),"
              + " and an ensemble with groups or weights takes only -file or -members.";
      // Apache's answer to an id that is no number.
      case MARSHALLING_ERROR ->
          "KeeperErrorCode = MarshallingError; the server can't read that: ids are numbers, as in"
              + " \"reconfig -remove 3\" and \"reconfig -add server.3=host:port1:port2;port3\".";
      case NO_AUTH ->
          "Insufficient permission : reconfig takes WRITE on "
              + Paths.CONFIG
              + ", which only the super user has at first: \"addauth digest super:password\".";
      case RECONFIG_IN_PROGRESS ->
          "Another reconfiguration is in progress -- concurrent reconfigs not supported (yet); try"
              + " again when \"config\" shows the other one.";
      case NEW_CONFIG_NO_QUORUM ->
          "No quorum of new config is connected and up-to-date with the leader of last commmitted"
              + " config - try invoking reconfiguration after new servers are connected and synced.";
      case RECONFIG_DISABLED ->
          "KeeperErrorCode = Reconfig is disabled; it takes reconfigEnabled=true in the servers'"
              + " zoo.cfg.";
      case UNIMPLEMENTED ->
          "KeeperErrorCode = Unimplemented; neither Conclave's servers nor an Apache server that runs"
              + " alone can do it: change the server.N lines of each zoo.cfg and restart the servers"
              + " one by one.";
      case NOT_READ_ONLY ->
          "Not a read-only call: the server has lost its quorum and only answers reads; try again"
              + " when it has it back.";
      default -> Explain.refusal(OpCode.RECONFIG, Paths.CONFIG, error, message);
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
