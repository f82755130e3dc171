package conclave.bench;

import java.net.InetSocketAddress;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What every member of an ensemble is told of all: their ids are 1 and up, in this order.
 *
 * @param clients where clients connect
 * @param peers the quorum port of each
 * @param elections the election port of each
 */
record MemberConfig(
    List<InetSocketAddress> clients, List<InetSocketAddress> peers, List<Integer> elections) {
  static final int TICK_MS = 2000;
  static final int INIT_LIMIT = 10;
  static final int SYNC_LIMIT = 5;
  static final int SYNC_LIMIT_MS = SYNC_LIMIT * TICK_MS;

  int size() {
    return clients.size();
  }

  /** Lines of {@code zoo.cfg} that a server on its own doesn't have. */
  List<String> lines() {
    return Stream.concat(
            Stream.of("initLimit=" + INIT_LIMIT, "syncLimit=" + SYNC_LIMIT),
            IntStream.range(0, size()).mapToObj(this::serverLine))
        .toList();
  }

  private String serverLine(int index) {
    InetSocketAddress peer = peers.get(index);
    return String.format(
        Locale.ROOT,
        "server.%d=%s:%d:%d",
        index + 1,
        peer.getAddress().getHostAddress(),
        peer.getPort(),
        elections.get(index));
  }
}
