package conclave.server.transport;

import conclave.protocol.OpCode;

/** What monitoring calls the requests. */
final class Operations {
  private Operations() {}

  /** Whether the replica answers it. */
  static boolean isWrite(OpCode op) {
    return switch (op) {
      case CREATE,
          CREATE2,
          CREATE_CONTAINER,
          CREATE_TTL,
          DELETE,
          DELETE_CONTAINER,
          SET_DATA,
          SET_ACL,
          MULTI,
          RECONFIG,
          SYNC,
          CREATE_SESSION,
          CLOSE_SESSION ->
          true;
      default -> false;
    };
  }

  /** The last operation of a connection, as the word {@code cons} prints it. */
  static String fourLetters(OpCode op) {
    return switch (op) {
      case NOTIFICATION -> "NOTI";
      case CREATE, CREATE2, CREATE_CONTAINER, CREATE_TTL -> "CREA";
      case DELETE, DELETE_CONTAINER -> "DELE";
      case EXISTS -> "EXIS";
      case GET_DATA -> "GETD";
      case SET_DATA -> "SETD";
      case GET_ACL -> "GETA";
      case SET_ACL -> "SETA";
      case GET_CHILDREN, GET_CHILDREN2 -> "GETC";
      case SYNC -> "SYNC";
      case PING -> "PING";
      case CHECK -> "CHEC";
      case MULTI -> "MULT";
      case RECONFIG -> "RECO";
      case CHECK_WATCHES -> "CHEW";
      case REMOVE_WATCHES -> "REMW";
      case MULTI_READ -> "MULR";
      case AUTH -> "AUTH";
      case SET_WATCHES, SET_WATCHES2 -> "SETW";
      case SASL -> "SASL";
      case GET_EPHEMERALS -> "GETE";
      case GET_ALL_CHILDREN_NUMBER -> "GETN";
      case ADD_WATCH -> "ADDW";
      case WHO_AM_I -> "WHOA";
      case CREATE_SESSION -> "SESS";
      case CLOSE_SESSION -> "CLOS";
      case ERROR -> "ERRO";
    };
  }
}
