package conclave.cli.common;

import conclave.client.ConclaveException;
import conclave.client.ConnectionLostException;
import conclave.client.DeadlineException;
import conclave.client.RefusedException;
import conclave.client.SessionEndedException;
import conclave.protocol.ErrorCode;
import conclave.protocol.OpCode;
import conclave.protocol.Paths;

/** Turns what the client throws into one sentence that says what to do. */
public final class Explain {
  private Explain() {}

  public static CommandFailure failure(ConclaveException e) {
    if (e instanceof RefusedException refused) {
      return new CommandFailure(
          ExitCode.REFUSED,
          refusal(
              refused.op(), refused.path(), refused.error(), String.valueOf(refused.getMessage())),
          e);
    }
    if (e instanceof SessionEndedException ended) {
      return new CommandFailure(
          ExitCode.NO_CONNECTION,
          "The session ended before the answer came (" + ended.state() + "); try again.",
          e);
    }
    if (e instanceof DeadlineException) {
      return new CommandFailure(
          ExitCode.NO_CONNECTION,
          e.getMessage() + ". The server may be overloaded: try again, and look before you write.",
          e);
    }
    if (e instanceof ConnectionLostException) {
      return new CommandFailure(ExitCode.NO_CONNECTION, noConnection(e), e);
    }
    throw new IllegalStateException("a kind of failure without an explanation", e);
  }

  private static String noConnection(ConclaveException e) {
    String message = String.valueOf(e.getMessage());
    return Character.toUpperCase(message.charAt(0))
        + message.substring(1)
        + ". Start a server with \"conclave server\", or name another with --server host:port.";
  }

  public static String refusal(OpCode op, String path, ErrorCode error, String message) {
    return switch (error) {
      case NO_NODE ->
          switch (op) {
            case CREATE, CREATE2, CREATE_CONTAINER, CREATE_TTL ->
                Paths.parent(path) + " does not exist; create it first, then " + path + ".";
            default -> path + " does not exist.";
          };
      case NODE_EXISTS -> path + " exists already; use \"conclave set\" to change its data.";
      case NOT_EMPTY -> path + " has children; delete them first.";
      case BAD_VERSION ->
          path
              + " has another version than the one given with -v; see \"conclave stat "
              + path
              + "\".";
      case NO_AUTH ->
          "Not permitted on "
              + path
              + "; its ACL asks for credentials: give them with --auth scheme:credentials.";
      case AUTH_FAILED -> "The server refused the credentials given with --auth.";
      case INVALID_ACL ->
          "The server does not accept that ACL; it has the form scheme:id:cdrwa, as in world:anyone:cdrwa.";
      case NO_CHILDREN_FOR_EPHEMERALS ->
          Paths.parent(path) + " is ephemeral, and ephemeral znodes can't have children.";
      case UNIMPLEMENTED ->
          "The server does not offer "
              + op
              + "; for TTL znodes it has to run with zookeeper.extendedTypesEnabled=true.";
      case BAD_ARGUMENTS -> "The server does not accept these arguments for " + path + ".";
      case QUOTA_EXCEEDED -> "The quota above " + path + " is used up.";
      case NOT_READ_ONLY ->
          "The server is read-only at present; try again when it has its quorum back.";
      case THROTTLED_OP -> "The server is overloaded and has put the request off; try again.";
      default -> "The server refused: " + message + ".";
    };
  }
}
