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

  Dialer(PeerLoop peers, Names names) {
    this.peers = peers;
    this.names = names;
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
    private final List<ChannelFuture> trying = new ArrayList<>();
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
        fail("it has no address");
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
      trying.add(connecting);
      connecting.addListener(result -> tried(connecting));
      if (!untried.isEmpty()) {
        timers.add(loop.schedule(this::tryNext, HEAD_START_MS, TimeUnit.MILLISECONDS));
      }
    }

    private void tried(ChannelFuture connecting) {
      trying.remove(connecting);
      if (!connecting.isSuccess()) {
        lastFailure = String.valueOf(connecting.cause().getMessage());
        tryNext();
      } else if (done) {
        connecting.channel().close();
      } else {
        end();
        outcome.connected(connecting.channel());
      }
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
      List.copyOf(trying).forEach(connecting -> connecting.channel().close());
    }
  }
}
