package conclave.protocol;

/** Request numbers with a meaning of their own; a client's own requests count from 1. */
public final class Xid {
  public static final int NOTIFICATION = -1;
  public static final int PING = -2;
  public static final int AUTH = -4;
  public static final int SET_WATCHES = -8;

  private Xid() {}
}
