package conclave.server.quorum;

import conclave.protocol.HostPort;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.EventLoop;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Listens on one of this server's own addresses, and tries again for a while when it can't be had:
 * the process that was here before may not be quite gone. A name that nobody knows yet is asked for
 * until somebody does, as where names appear only when their server is ready. On the event loop
 * only, but for the outcome.
 */
final class Listening {
  private static final Logger LOG = LoggerFactory.getLogger(Listening.class);
  private static final long FIRST_PAUSE_MS = 50;

  /** Apache's pause, always. */
  private static final long LONGEST_PAUSE_MS = 1000;

  private final EventLoop loop;
  private final Names names;
  private final ServerBootstrap bootstrap;
  private final HostPort address;
  private final boolean everywhere;
  private final int tries;
  private final CompletableFuture<InetSocketAddress> bound = new CompletableFuture<>();
  private long pauseMs = FIRST_PAUSE_MS;
  private long pausedMs;
  private boolean told;
  private boolean closed;
  private @Nullable Channel channel;

  /**
   * @param everywhere whether to listen on all of the machine's addresses at that port
   * @param tries for how many of Apache's pauses to try, 0 for ever
   */
  Listening(
      EventLoop loop,
      Names names,
      ServerBootstrap bootstrap,
      HostPort address,
      boolean everywhere,
      int tries) {
    this.loop = loop;
    this.names = names;
    this.bootstrap = bootstrap;
    this.address = address;
    this.everywhere = everywhere;
    this.tries = tries;
  }

  /** The address that was bound, or a {@link BindException}. */
  CompletableFuture<InetSocketAddress> bound() {
    return bound;
  }

  void begin() {
    if (closed) {
      return;
    }
    if (everywhere) {
      bind(new InetSocketAddress(address.port()));
    } else {
      names.find(address.host(), loop, this::found);
    }
  }

  private void found(List<InetAddress> addresses) {
    if (!addresses.isEmpty()) {
      bind(new InetSocketAddress(addresses.get(0), address.port()));
      return;
    }
    tellOnce("nobody knows that host");
    again();
  }

  private void bind(InetSocketAddress to) {
    if (!closed) {
      ChannelFuture binding = bootstrap.bind(to);
      binding.addListener(result -> tried(binding));
    }
  }

  private void tried(ChannelFuture binding) {
    if (binding.isSuccess()) {
      channel = binding.channel();
      if (closed) {
        channel.close();
      }
      bound.complete((InetSocketAddress) channel.localAddress());
      return;
    }
    String reason = String.valueOf(binding.cause().getMessage());
    if (tries > 0 && pausedMs >= tries * LONGEST_PAUSE_MS) {
      // Not every transport says BindException, or which address it was.
      BindException failure =
          new BindException(
              "can't listen on "
                  + address
                  + " for the other servers: "
                  + reason
                  + ". If that is not an address of this machine, quorumListenOnAllIPs=true may help");
      failure.initCause(binding.cause());
      bound.completeExceptionally(failure);
      return;
    }
    tellOnce(reason);
    again();
  }

  private void tellOnce(String reason) {
    if (!told) {
      told = true;
      LOG.warn("Can't listen on {} for the other servers yet: {}", address, reason);
    }
  }

  private void again() {
    loop.schedule(this::begin, pauseMs, TimeUnit.MILLISECONDS);
    pausedMs += pauseMs;
    pauseMs = Math.min(LONGEST_PAUSE_MS, 2 * pauseMs);
  }

  void close() {
    closed = true;
    if (channel != null) {
      channel.close();
    }
  }
}
