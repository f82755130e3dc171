package conclave.server.quorum;

import conclave.protocol.HostPort;
import conclave.protocol.Notification;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Another server as the election port knows it, with the one connection that there is with it.
 *
 * <p>Of two servers the one with the larger id opens the connection. When the other one connects,
 * it only knocks: it says who it is, and is connected back to.
 *
 * <p>Who somebody is, TCP can't prove. So whoever comes in the name of a peer that is connected
 * does not replace that connection (in Apache he does), nor does his knocking end it; but the
 * connection is tried out: something is sent on it. If its other end has vanished, that shows, and
 * the newcomer takes its place. A peer that has really started anew gets in by that, because its
 * machine answers that it knows nothing of the former connection.
 */
final class ElectionPeer {
  private static final int FIRST_PAUSE_MS = 50;
  private static final int LONGEST_PAUSE_MS = 3000;

  /** The one with the larger id is the first to try again. */
  private static final int HEAD_START_MS = 30;

  /** A connection that was over sooner was none. */
  private static final long SHORT_LIFE_NANOS = 1_000_000_000L;

  private enum Told {
    NOTHING,
    UP,
    DOWN
  }

  private final ElectionPort port;
  private final long sid;
  private final boolean weOpen;
  private final boolean stranger;
  private final BackOff pauses;
  private List<HostPort> addresses;
  private boolean wanted;

  private @Nullable ElectionConnection connection;
  private long connectedNanos;

  /** Whether the system ends it when its other end has vanished. */
  private boolean endsWhenVanished;

  /** Whether the system would have told by now that the connection's other end has vanished. */
  private boolean triedOut;

  /** Somebody who says he is this peer, while it is connected. */
  private @Nullable ElectionConnection challenger;

  private Dialer.@Nullable Call call;

  /** Connected, and proving there who we are. */
  private boolean proving;

  private java.util.concurrent.@Nullable Future<?> nextAttempt;
  private byte @Nullable [] lastFrame;
  private Told told = Told.NOTHING;

  /**
   * @param stranger it isn't in the configuration: nobody is told whether it is connected, and
   *     nobody tries to reach it but in answer to its knocking
   */
  ElectionPeer(ElectionPort port, long sid, List<HostPort> addresses, boolean stranger) {
    this.port = port;
    this.sid = sid;
    this.addresses = addresses;
    this.stranger = stranger;
    this.weOpen = sid >= 0 && sid < port.sid();
    this.pauses = new BackOff(FIRST_PAUSE_MS, LONGEST_PAUSE_MS, port.random());
  }

  long sid() {
    return sid;
  }

  boolean isStranger() {
    return stranger;
  }

  boolean isConnected() {
    return connection != null;
  }

  void addresses(List<HostPort> known) {
    addresses = known;
  }

  /** From now on there is to be a connection. */
  void want() {
    wanted = true;
    dial();
  }

  void send(byte[] frame) {
    lastFrame = frame;
    ElectionConnection current = connection;
    if (current != null) {
      current.send(frame);
    }
  }

  void heard(Notification notification, Credit credit) {
    port.heard(this, notification, credit);
  }

  // --- connecting to it

  private void dial() {
    if (connection != null || call != null || proving || port.isClosed()) {
      return;
    }
    if (nextAttempt != null) {
      nextAttempt.cancel(false);
      nextAttempt = null;
    }
    call =
        port.dial(
            addresses,
            new Dialer.Outcome() {
              @Override
              public void connected(Channel channel) {
                call = null;
                reached(channel);
              }

              @Override
              public void failed(String why) {
                call = null;
                unreachable(why);
              }
            });
  }

  private void reached(Channel channel) {
    if (connection != null || port.isClosed()) {
      // It was faster. A knock now would have an Apache server connect anew.
      channel.close();
      return;
    }
    channel.writeAndFlush(port.greeting());
    proving = true;
    port.prove(
        channel,
        failure -> {
          proving = false;
          proven(channel, failure);
        });
  }

  private void proven(Channel channel, @Nullable String failure) {
    if (failure != null) {
      channel.close();
      unreachable(failure);
    } else if (connection != null || port.isClosed()) {
      channel.close();
    } else if (weOpen) {
      ElectionConnection reached = new ElectionConnection(port, channel);
      channel.pipeline().addLast(reached);
      establish(reached);
    } else {
      // Only a knock. The other one connects back; should it not, this is done again.
      channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
      againLater();
    }
  }

  private void unreachable(String why) {
    if (connection == null) {
      tellDown(why);
      againLater();
    }
  }

  private void againLater() {
    if (wanted && nextAttempt == null && connection == null) {
      attemptIn(pauses.nextPauseMs());
    }
  }

  private void attemptIn(int pauseMs) {
    nextAttempt =
        port.loop()
            .schedule(
                () -> {
                  nextAttempt = null;
                  dial();
                },
                pauseMs,
                TimeUnit.MILLISECONDS);
  }

  // --- it connects to us

  /** A connection has come in in its name. */
  void claimed(ElectionConnection incoming) {
    if (weOpen) {
      incoming.close();
      if (connection == null) {
        knocked();
      } else if (!port.knockedLately(this)) {
        tryOut(connection);
      }
    } else if (!incoming.channel().isActive()) {
      // It hung up while it was being listened to.
      return;
    } else if (connection == null) {
      establish(incoming);
    } else {
      challenge(incoming, connection);
    }
  }

  /** It is there, so now is the time to connect; but not as often as somebody cares to knock. */
  private void knocked() {
    if (call != null || proving) {
      return;
    }
    if (!port.knockedLately(this)) {
      dial();
    } else if (nextAttempt == null) {
      attemptIn(FIRST_PAUSE_MS);
    }
  }

  private void challenge(ElectionConnection incoming, ElectionConnection current) {
    if (challenger != null) {
      challenger.close();
    }
    challenger = incoming;
    incoming.hold();
    tryOut(current);
    incoming
        .channel()
        .closeFuture()
        .addListener(
            closed -> {
              if (challenger == incoming) {
                challenger = null;
              }
            });
    port.loop()
        .schedule(() -> decide(incoming, current), port.challengeMs(), TimeUnit.MILLISECONDS);
  }

  /** Nothing has happened to the current connection in all that time. */
  private void decide(ElectionConnection incoming, ElectionConnection current) {
    if (challenger != incoming) {
      return;
    }
    if (connection == current && !triedOut && !current.heard()) {
      current.close();
    } else {
      port.refused(incoming, "it says it is server " + sid + ", which is connected already");
      incoming.close();
    }
  }

  private void tryOut(ElectionConnection current) {
    triedOut = endsWhenVanished && lastFrame != null;
    current.listenAnew();
    byte[] frame = lastFrame;
    if (frame != null) {
      current.send(frame);
    }
  }

  // --- having it

  private void establish(ElectionConnection established) {
    connection = established;
    connectedNanos = port.nanos();
    // Without it the system holds on to a connection into a network that was cut for a quarter of
    // an hour, and sends on it ever more rarely.
    endsWhenVanished = port.endsWhenVanished(established);
    if (call != null) {
      call.cancel();
      call = null;
    }
    if (nextAttempt != null) {
      nextAttempt.cancel(false);
      nextAttempt = null;
    }
    established.belongTo(this);
    if (told != Told.UP && !stranger) {
      told = Told.UP;
      port.linkUp(this);
    }
    byte[] frame = lastFrame;
    if (frame != null) {
      // It may be lost with the last connection, or with a process that is no more.
      established.send(frame);
    }
    if (!established.channel().isActive()) {
      lost(established);
    }
  }

  /** Its connection is over. */
  void lost(ElectionConnection which) {
    if (which != connection) {
      return;
    }
    connection = null;
    ElectionConnection next = challenger;
    if (next != null && next.channel().isActive()) {
      challenger = null;
      tellDown("the connection has ended");
      establish(next);
      return;
    }
    tellDown("the connection has ended");
    if (stranger) {
      port.forget(this);
      return;
    }
    if (port.nanos() - connectedNanos > SHORT_LIFE_NANOS) {
      pauses.reset();
    }
    if (wanted && nextAttempt == null && !port.isClosed()) {
      attemptIn(pauses.nextPauseMs() / 2 + (weOpen ? 0 : HEAD_START_MS));
    }
  }

  private void tellDown(String why) {
    if (told != Told.DOWN && !stranger) {
      told = Told.DOWN;
      port.linkDown(this, why);
    }
  }

  void close() {
    wanted = false;
    if (nextAttempt != null) {
      nextAttempt.cancel(false);
    }
    if (call != null) {
      call.cancel();
    }
    if (challenger != null) {
      challenger.close();
    }
    if (connection != null) {
      connection.close();
    }
  }
}
