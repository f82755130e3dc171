package conclave.protocol;

/** A host, by name or address, and a port. An IPv6 address has no brackets here. */
public record HostPort(String host, int port) {

  /** {@code host:port}, with brackets around a host that has colons. */
  @Override
  public String toString() {
    return bracketed(host) + ":" + port;
  }

  static String bracketed(String host) {
    return host.indexOf(':') >= 0 ? "[" + host + "]" : host;
  }

  /** Reads {@code host:port} or {@code [address]:port}. */
  static HostPort parse(String text) {
    String[] parts = AddressText.split(text);
    if (parts.length != 2) {
      throw new MalformedRecordException("not a host and a port: " + text);
    }
    return new HostPort(parts[0], AddressText.port(parts[1]));
  }
}
