package conclave.server.config;

/**
 * A password. Its text is there for the one who needs it and never gets into a message or a log.
 */
public record Secret(String text) {

  @Override
  public String toString() {
    return "****";
  }
}
