package conclave.client;

import conclave.protocol.Request;

/** What a watch that stays looks at. */
public enum WatchMode {
  /** The znode and its list of children. */
  PERSISTENT(Request.AddWatch.PERSISTENT),
  /** The znode and everything below it. */
  PERSISTENT_RECURSIVE(Request.AddWatch.PERSISTENT_RECURSIVE);

  private final int code;

  WatchMode(int code) {
    this.code = code;
  }

  int code() {
    return code;
  }
}
