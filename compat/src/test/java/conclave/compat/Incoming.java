package conclave.compat;

/** What a server sends after the handshake. */
sealed interface Incoming {

  /** The header's transaction id. */
  long zxid();

  /** The answer to a request; {@code body} is what follows the header. */
  record Reply(int xid, long zxid, int err, byte[] body) implements Incoming {
    JuteReader read() {
      return new JuteReader(body);
    }

    Stat stat() {
      return read().stat();
    }

    @Override
    public String toString() {
      return "Reply[xid=" + xid + ", zxid=" + zxid + ", err=" + err + ", " + Hex.of(body) + "]";
    }
  }

  /** A watch event. */
  record Event(long zxid, int type, int state, String path) implements Incoming {
    static final int CREATED = 1;
    static final int DELETED = 2;
    static final int DATA_CHANGED = 3;
    static final int CHILDREN_CHANGED = 4;

    /** Type and path, for events whose transaction a test doesn't care about. */
    String brief() {
      return type + " " + path;
    }
  }
}
