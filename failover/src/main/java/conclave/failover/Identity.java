package conclave.failover;

/**
 * Who a node is, as it stands in the lock and in the breadcrumb.
 *
 * @param node its name
 * @param address where its service is, as {@code host:port}
 * @param controller where its controller listens, as {@code host:port}
 */
record Identity(String node, String address, String controller) {
  /** Three words, so that a person who looks at the znode knows at once. */
  String data() {
    return node + " " + address + " " + controller;
  }

  /** Of data that another program wrote there is at least something to show. */
  static Identity parse(String data) {
    String[] words = data.strip().split("\\s+", -1);
    return new Identity(
        words[0], words.length > 1 ? words[1] : "", words.length > 2 ? words[2] : "");
  }

  /** Whose data it is: an address may have changed since it was written, the name stays. */
  static String nodeOf(String data) {
    return parse(data).node();
  }
}
