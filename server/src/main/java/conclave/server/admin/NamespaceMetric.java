package conclave.server.admin;

/** What is told apart by the first element of a path. */
public enum NamespaceMetric {
  READ_PER_NAMESPACE("read_per_namespace"),
  WRITE_PER_NAMESPACE("write_per_namespace"),
  QUOTA_EXCEEDED_ERROR_PER_NAMESPACE("quota_exceeded_error_per_namespace");

  private final String key;

  NamespaceMetric(String key) {
    this.key = key;
  }

  /** The name in {@code mntr}, without {@code zk_} and the namespace before it. */
  public String key() {
    return key;
  }
}
