package conclave.protocol;

/** What a server is doing, as it tells the others in its {@link Notification}s. */
public enum ServerState {
  LOOKING,
  FOLLOWING,
  LEADING,
  OBSERVING;

  private static final ServerState[] BY_CODE = values();

  /** The number on the wire. */
  public int code() {
    return ordinal();
  }

  static ServerState of(int code) {
    if (code < 0 || code >= BY_CODE.length) {
      throw new MalformedRecordException("server state=" + code);
    }
    return BY_CODE[code];
  }
}
