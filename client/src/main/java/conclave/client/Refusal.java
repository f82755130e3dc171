package conclave.client;

import conclave.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

/** Why a server did not do what was asked, where the state of the tree is the reason. */
public enum Refusal {
  /** The znode, or the parent of the one to be made, does not exist. */
  NO_NODE(ErrorCode.NO_NODE),
  /** The znode to be made exists. */
  NODE_EXISTS(ErrorCode.NODE_EXISTS),
  /** The znode has another version than the one that was named. */
  BAD_VERSION(ErrorCode.BAD_VERSION),
  /** The znode to be deleted has children. */
  NOT_EMPTY(ErrorCode.NOT_EMPTY),
  /** The parent is ephemeral and can't have children. */
  NO_CHILDREN_FOR_EPHEMERALS(ErrorCode.NO_CHILDREN_FOR_EPHEMERALS);

  private final ErrorCode code;

  Refusal(ErrorCode code) {
    this.code = code;
  }

  ErrorCode code() {
    return code;
  }

  /** Null for an error that is none of these. */
  static @Nullable Refusal of(ErrorCode code) {
    return switch (code) {
      case NO_NODE -> NO_NODE;
      case NODE_EXISTS -> NODE_EXISTS;
      case BAD_VERSION -> BAD_VERSION;
      case NOT_EMPTY -> NOT_EMPTY;
      case NO_CHILDREN_FOR_EPHEMERALS -> NO_CHILDREN_FOR_EPHEMERALS;
      default -> null;
    };
  }
}
