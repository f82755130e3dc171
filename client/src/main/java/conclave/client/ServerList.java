package conclave.client;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * Which server to try next. A round goes through all of them in random order, to spread the load;
 * names are looked up anew for every round, since a server may have moved. Belongs to the event
 * loop, which has nothing else to do while there is no connection.
 */
final class ServerList {
  private final ConnectString target;
  private final Random random;
  private final Deque<InetSocketAddress> left = new ArrayDeque<>();
  private boolean begun;
  private @Nullable InetSocketAddress preferred;
  private @Nullable InetSocketAddress avoided;

  ServerList(ConnectString target, Random random) {
    this.target = target;
    this.random = random;
  }

  /**
   * The next server of this round; null at its end, and the next call begins another round.
   *
   * @param failures is told of the names that lead nowhere
   */
  @Nullable InetSocketAddress next(Map<String, String> failures) {
    if (!begun) {
      left.addAll(lookUp(failures));
      InetSocketAddress last = avoided;
      if (last != null && left.remove(last)) {
        left.addLast(last);
      }
      avoided = null;
      InetSocketAddress first = preferred;
      if (first != null) {
        left.addFirst(first);
        preferred = null;
      }
      begun = true;
    }
    InetSocketAddress server = left.poll();
    if (server == null) {
      begun = false;
    }
    return server;
  }

  /**
   * The next round ends with this one: a server that has just been silent would cost time again,
   * while a session waits. Apache's client goes on in its list, to the same effect.
   */
  void tryLast(InetSocketAddress server) {
    avoided = server;
  }

  /** The next round begins with this one. */
  void prefer(InetSocketAddress server) {
    preferred = server;
  }

  /** Any server but this one; null when there is no other. */
  @Nullable InetSocketAddress other(InetSocketAddress than) {
    return lookUp(new HashMap<>()).stream()
        .filter(server -> !server.equals(than))
        .findFirst()
        .orElse(null);
  }

  /** The search was successful: the next one begins with a new round. */
  void connected() {
    left.clear();
    begun = false;
  }

  private List<InetSocketAddress> lookUp(Map<String, String> failures) {
    List<InetSocketAddress> unresolved = new ArrayList<>(target.servers());
    String service = target.srvName();
    if (service != null) {
      try {
        unresolved.addAll(SrvRecords.lookUp(service));
      } catch (UnknownHostException e) {
        failures.put(service, String.valueOf(e.getMessage()));
      }
    }
    List<InetSocketAddress> resolved = new ArrayList<>();
    for (InetSocketAddress server : unresolved) {
      try {
        for (InetAddress address : InetAddress.getAllByName(server.getHostString())) {
          resolved.add(new InetSocketAddress(address, server.getPort()));
        }
      } catch (UnknownHostException e) {
        failures.put(server.getHostString() + ":" + server.getPort(), "no such host");
      }
    }
    Collections.shuffle(resolved, random);
    return resolved;
  }
}
