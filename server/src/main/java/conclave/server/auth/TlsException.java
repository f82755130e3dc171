package conclave.server.auth;

import java.io.IOException;

/** TLS cannot be set up: a store is missing, damaged, of another type, or has another password. */
public final class TlsException extends IOException {

  private static final long serialVersionUID = 1L;

  TlsException(String message) {
    super(message);
  }

  TlsException(String message, Throwable cause) {
    super(message + ": " + cause, cause);
  }
}
