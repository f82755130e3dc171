package conclave.client;

import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Hashtable;
import java.util.List;
import javax.naming.Context;
import javax.naming.NamingEnumeration;
import javax.naming.NamingException;
import javax.naming.directory.Attribute;
import javax.naming.directory.InitialDirContext;

/** Asks DNS which hosts and ports offer a service (RFC 2782), by the JDK's own resolver. */
final class SrvRecords {
  private SrvRecords() {}

  /**
   * The servers, unresolved.
   *
   * @param name such as {@code _zookeeper._tcp.example.org}
   */
  @SuppressWarnings("BanJNDI") // Only DNS is asked, whose records are read as text.
  static List<InetSocketAddress> lookUp(String name) throws UnknownHostException {
    Hashtable<String, String> environment = new Hashtable<>();
    environment.put(Context.INITIAL_CONTEXT_FACTORY, "com.sun.jndi.dns.DnsContextFactory");
    try {
      InitialDirContext dns = new InitialDirContext(environment);
      try {
        return parse(dns.getAttributes(name, new String[] {"SRV"}).get("SRV"), name);
      } finally {
        dns.close();
      }
    } catch (NamingException e) {
      throw new UnknownHostException("no SRV records: " + e.getMessage());
    }
  }

  private static List<InetSocketAddress> parse(Attribute records, String name)
      throws NamingException, UnknownHostException {
    if (records == null) {
      throw new UnknownHostException("no SRV records for " + name);
    }
    List<InetSocketAddress> servers = new ArrayList<>();
    NamingEnumeration<?> all = records.getAll();
    while (all.hasMore()) {
      servers.add(parse(String.valueOf(all.next())));
    }
    return servers;
  }

  /** A record's text: priority, weight, port, host with a dot behind it. */
  static InetSocketAddress parse(String record) throws UnknownHostException {
    String[] parts = record.trim().split("\\s+", -1);
    if (parts.length != 4) {
      throw new UnknownHostException("not an SRV record: " + record);
    }
    String host = parts[3].endsWith(".") ? parts[3].substring(0, parts[3].length() - 1) : parts[3];
    try {
      return InetSocketAddress.createUnresolved(host, Integer.parseInt(parts[2]));
    } catch (IllegalArgumentException e) {
      throw new UnknownHostException("not an SRV record: " + record);
    }
  }
}
