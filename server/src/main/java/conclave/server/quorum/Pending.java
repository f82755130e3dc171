package conclave.server.quorum;

import io.netty.channel.Channel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Connections that have not said who they are. There is room for so many, and for so many from one
 * address; for a new one the oldest goes, of the address that has the most. So whoever talks at
 * once gets through, however many silent ones there are.
 */
final class Pending {
  private final int most;
  private final int mostOfOneAddress;
  private final LinkedHashMap<Channel, InetAddress> channels = new LinkedHashMap<>();
  private final Map<InetAddress, Integer> counts = new HashMap<>();

  Pending(int most, int mostOfOneAddress) {
    this.most = most;
    this.mostOfOneAddress = mostOfOneAddress;
  }

  /** Adds one; the one that has to go for it, or null. */
  @Nullable Channel add(Channel channel) {
    InetAddress address = ((InetSocketAddress) channel.remoteAddress()).getAddress();
    channels.put(channel, address);
    counts.merge(address, 1, Integer::sum);
    if (counts.getOrDefault(address, 0) > mostOfOneAddress) {
      return removeOldest(address);
    }
    return channels.size() > most ? removeOldest(busiest()) : null;
  }

  /** It is somebody now, or gone. Does nothing the second time. */
  void remove(Channel channel) {
    InetAddress address = channels.remove(channel);
    if (address != null) {
      counts.computeIfPresent(address, (key, count) -> count == 1 ? null : count - 1);
    }
  }

  boolean contains(Channel channel) {
    return channels.containsKey(channel);
  }

  List<Channel> all() {
    return List.copyOf(channels.keySet());
  }

  private InetAddress busiest() {
    return counts.entrySet().stream().max(Map.Entry.comparingByValue()).orElseThrow().getKey();
  }

  private @Nullable Channel removeOldest(InetAddress address) {
    for (Map.Entry<Channel, InetAddress> entry : channels.entrySet()) {
      if (entry.getValue().equals(address)) {
        Channel oldest = entry.getKey();
        remove(oldest);
        return oldest;
      }
    }
    return null;
  }
}
