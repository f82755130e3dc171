package conclave.protocol;

/** The connection's state that a watch event carries; the numbers are ZooKeeper's. */
public enum KeeperState {
  DISCONNECTED(0),
  SYNC_CONNECTED(3),
  AUTH_FAILED(4),
  CONNECTED_READ_ONLY(5),
  SASL_AUTHENTICATED(6),
  CLOSED(7),
  EXPIRED(-112);

  private final int code;

  KeeperState(int code) {
    this.code = code;
  }

  public int code() {
    return code;
  }
}
