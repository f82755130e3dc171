package conclave.protocol;

import org.jspecify.annotations.Nullable;

/** What a request asks for, or what a transaction does; the numbers are ZooKeeper's. */
public enum OpCode {
  NOTIFICATION(0),
  CREATE(1),
  DELETE(2),
  EXISTS(3),
  GET_DATA(4),
  SET_DATA(5),
  GET_ACL(6),
  SET_ACL(7),
  GET_CHILDREN(8),
  SYNC(9),
  PING(11),
  GET_CHILDREN2(12),
  CHECK(13),
  MULTI(14),
  CREATE2(15),
  RECONFIG(16),
  CHECK_WATCHES(17),
  REMOVE_WATCHES(18),
  CREATE_CONTAINER(19),
  DELETE_CONTAINER(20),
  CREATE_TTL(21),
  MULTI_READ(22),
  AUTH(100),
  SET_WATCHES(101),
  SASL(102),
  GET_EPHEMERALS(103),
  GET_ALL_CHILDREN_NUMBER(104),
  SET_WATCHES2(105),
  ADD_WATCH(106),
  WHO_AM_I(107),
  CREATE_SESSION(-10),
  CLOSE_SESSION(-11),
  ERROR(-1);

  private static final int LOWEST = -11;
  private static final @Nullable OpCode[] BY_CODE = new @Nullable OpCode[120];

  static {
    for (OpCode op : values()) {
      BY_CODE[op.code - LOWEST] = op;
    }
  }

  private final int code;

  OpCode(int code) {
    this.code = code;
  }

  public int code() {
    return code;
  }

  /** The op of that number, or null when there is none. */
  public static @Nullable OpCode of(int code) {
    int index = code - LOWEST;
    return index >= 0 && index < BY_CODE.length ? BY_CODE[index] : null;
  }
}
