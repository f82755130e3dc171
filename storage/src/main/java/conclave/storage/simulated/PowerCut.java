package conclave.storage.simulated;

/**
 * The power is out. Thrown by the call at which it went, and by every later call on the same disk.
 * Not an exception that anybody handles: the process that made the call is no more.
 */
public final class PowerCut extends Error {
  private static final long serialVersionUID = 1L;

  PowerCut() {
    super("power cut", null, false, false);
  }
}
