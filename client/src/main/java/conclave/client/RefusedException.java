package conclave.client;

import conclave.protocol.ErrorCode;
import conclave.protocol.OpCode;

/** The server answered no. Nothing has changed; {@link #error} says why. */
public final class RefusedException extends ConclaveException {
  private final OpCode op;
  private final String path;
  private final ErrorCode error;

  RefusedException(OpCode op, String path, ErrorCode error) {
    super(error + " (" + error.code() + ") to " + op + (path.isEmpty() ? "" : " " + path));
    this.op = op;
    this.path = path;
    this.error = error;
  }

  public OpCode op() {
    return op;
  }

  /** The path that the request named, empty when it named none. */
  public String path() {
    return path;
  }

  public ErrorCode error() {
    return error;
  }
}
