package conclave.server.auth;

import java.io.IOException;

/** SASL cannot be set up: what the JAAS configuration says can't be used. */
public final class SaslSetupException extends IOException {

  private static final long serialVersionUID = 1L;

  SaslSetupException(String message) {
    super(message);
  }

  SaslSetupException(String message, Throwable cause) {
    super(message + ": " + cause.getMessage(), cause);
  }
}
