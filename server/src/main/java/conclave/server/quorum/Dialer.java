package conclave.server.quorum;

import conclave.protocol.HostPort;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.EventLoop;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Connects to a server that has one or several addresses, each perhaps with several numbers behind
 * its name: one after the other as each is refused, without waiting long for one that is silent.
 * The first that answers is taken. On the event loop only.
 */
final class Dialer {
  /** How long one address is waited for before the next is tried beside it. */
  private static final long HEAD_START_MS = 50;

  private final PeerLoop peers;
  private final Names names;
  private final Security security;

  Dialer(PeerLoop peers, Names names, Security security) {
    this.peers = peers;
    this.names = names;
    this.security = security;
  }

  /** Told once, unless the call was cancelled. */
  interface Outcome {
    void connected(Channel channel);

    void failed(String why);
  }

  Call dial(List<HostPort> targets, int timeoutMs, Outcome outcome) {
    Call call = new Call(timeoutMs, outcome);
    call.begin(targets);
    return call;
  }

  /** One attempt to reach a server. */
  final class Call {
    private final EventLoop loop = peers.eventLoop();
    private final int timeoutMs;
    private final Outcome outcome;
    private final ArrayDeque<InetSocketAddress> untried = new ArrayDeque<>();
    private final List<Channel> trying = new ArrayList<>();
    private final List<Future<?>> timers = new ArrayList<>();
    private int lookups;
    private boolean done;
    private @Nullable String lastFailure;

    Call(int timeoutMs, Outcome outcome) {
      this.timeoutMs = timeoutMs;
      this.outcome = outcome;
    }

    private void begin(List<HostPort> targets) {
      timers.add(
          loop.schedule(
              () -> fail("no answer within " + timeoutMs + " ms"),
              timeoutMs,
              TimeUnit.MILLISECONDS));
      lookups = targets.size();
      for (HostPort target : targets) {
        names.find(target.host(), loop, addresses -> found(target, addresses));
      }
      if (targets.isEmpty()) {
        loop.execute(() -> fail("it has no address"));
      }
    }

    private void found(HostPort target, List<InetAddress> addresses) {
      lookups--;
      if (addresses.isEmpty()) {
        lastFailure = "nobody knows the host " + target.host();
      }
      for (InetAddress address : addresses) {
        untried.add(new InetSocketAddress(address, target.port()));
      }
      tryNext();
    }

    private void tryNext() {
      if (done) {
        return;
      }
      InetSocketAddress address = untried.poll();
      if (address == null) {
        if (trying.isEmpty() && lookups == 0) {
          fail(lastFailure == null ? "no address" : lastFailure);
        }
        return;
      }
      ChannelFuture connecting = peers.connector(timeoutMs).connect(address);
      trying.add(connecting.channel());
      connecting.addListener(result -> tried(connecting, address));
      if (!untried.isEmpty()) {
        timers.add(loop.schedule(this::tryNext, HEAD_START_MS, TimeUnit.MILLISECONDS));
      }
    }

    private void tried(ChannelFuture connecting, InetSocketAddress address) {
      Channel channel = connecting.channel();
      if (!connecting.isSuccess()) {
        refused(channel, connecting.cause());
      } else if (done) {
        channel.close();
      } else {
        io.netty.util.concurrent.Future<Channel> secured = security.connected(channel, address);
        if (secured == null) {
          taken(channel);
        } else {
          secured.addListener(
              result -> {
                if (secured.isSuccess() && !done) {
                  taken(channel);
                } else {
                  channel.close();
                  refused(channel, secured.cause());
                }
              });
        }
      }
    }

    private void taken(Channel channel) {
      trying.remove(channel);
      end();
      outcome.connected(channel);
    }

    private void refused(Channel channel, @Nullable Throwable cause) {
      trying.remove(channel);
      lastFailure = cause == null ? "given up" : String.valueOf(cause.getMessage());
      tryNext();
    }

    private void fail(String why) {
      if (!done) {
        end();
        outcome.failed(why);
      }
    }

    /** Nobody waits for the outcome any more. */
    void cancel() {
      if (!done) {
        end();
      }
    }

    private void end() {
      done = true;
      timers.forEach(timer -> timer.cancel(false));
      List.copyOf(trying).forEach(Channel::close);
    }
  }
}
