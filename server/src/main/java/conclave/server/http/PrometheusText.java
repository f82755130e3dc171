package conclave.server.http;

/** Samples in Prometheus's text format, family after family. */
final class PrometheusText {
  private final StringBuilder out = new StringBuilder(64 * 1024);

  /** Begins the samples of one name. */
  PrometheusText family(String name, String type) {
    out.append("# HELP ").append(name).append(' ').append(name).append('\n');
    out.append("# TYPE ").append(name).append(' ').append(type).append('\n');
    return this;
  }

  /**
   * @param labels names and values in turn
   */
  PrometheusText sample(String name, double value, String... labels) {
    out.append(name);
    for (int i = 0; i + 1 < labels.length; i += 2) {
      out.append(i == 0 ? '{' : ',').append(labels[i]).append("=\"");
      escape(labels[i + 1]);
      out.append('"');
    }
    out.append(labels.length == 0 ? " " : "} ").append(value).append('\n');
    return this;
  }

  private void escape(String label) {
    for (int i = 0; i < label.length(); i++) {
      char c = label.charAt(i);
      switch (c) {
        case '\\' -> out.append("\\\\");
        case '"' -> out.append("\\\"");
        case '\n' -> out.append("\\n");
        default -> out.append(c);
      }
    }
  }

  @Override
  public String toString() {
    return out.toString();
  }
}
