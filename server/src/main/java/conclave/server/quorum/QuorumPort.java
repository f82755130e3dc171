package conclave.server.quorum;

import conclave.storage.SnapshotStreamDecoder;
import io.netty.channel.Channel;
import io.netty.util.collection.LongObjectHashMap;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The quorum port: the links with learners, who come to us, and with a leader, to whom we go. It
 * listens also while this server doesn't lead, so that a learner that is faster than its leader
 * need not try again. On the event loop only.
 */
final class QuorumPort {
  private static final Logger LOG = LoggerFactory.getLogger(QuorumPort.class);

  private static final int MOST_SILENT = 256;
  private static final int MOST_SILENT_OF_ONE_ADDRESS = 128;

  /** Learners that are not in the configuration, at once. */
  private static final int MOST_OTHERS = 1000;

  private static final int ROOM_BYTES = 64 << 10;
  private static final int FIRST_PAUSE_MS = 10;

  private final QuorumSettings settings;
  private final Shared shared;
  private final Supplier<SnapshotStreamDecoder> snapshotDecoders;
  private final Dialer dialer;
  private final LongObjectHashMap<PeerLink> links = new LongObjectHashMap<>();
  private final Map<Long, PeerLink> members = new HashMap<>();

  /** Those who say they are members that are connected. */
  private final Map<Long, PeerLink> rivals = new HashMap<>();

  private final Map<Channel, PeerLink> silent = new HashMap<>();
  private final Pending pending = new Pending(MOST_SILENT, MOST_SILENT_OF_ONE_ADDRESS);
  private final List<PeerLink> dirty = new ArrayList<>();
  private final PacketEncoder encoder = new PacketEncoder();
  private final byte[] room = new byte[ROOM_BYTES];
  private long nextLink = 1;
  private int others;

  QuorumPort(
      QuorumSettings settings, Shared shared, Supplier<SnapshotStreamDecoder> snapshotDecoders) {
    this.settings = settings;
    this.shared = shared;
    this.snapshotDecoders = snapshotDecoders;
    this.dialer = shared.newDialer();
  }

  // --- learners

  void accepted(Channel channel) {
    PeerLink link = new PeerLink(this, nextLink++, false);
    silent.put(channel, link);
    Channel crowdedOut = pending.add(channel);
    if (crowdedOut != null) {
      refuse(crowdedOut, "too many that have not said who they are");
    }
    var deadline =
        channel
            .eventLoop()
            .schedule(
                () ->
                    refuse(
                        channel,
                        "it has not said who it is within " + settings.greetingTimeoutMs() + " ms"),
                settings.greetingTimeoutMs(),
                TimeUnit.MILLISECONDS);
    channel
        .closeFuture()
        .addListener(
            done -> {
              deadline.cancel(false);
              pending.remove(channel);
              silent.remove(channel);
            });
    shared.secure(channel);
    SaslAcceptance acceptance = shared.newAcceptance(channel);
    if (acceptance != null) {
      channel.pipeline().addLast(new SaslGate(acceptance, why -> refuse(channel, why)));
    }
    link.opened(channel);
  }

  private void refuse(Channel channel, String why) {
    PeerLink link = silent.get(channel);
    if (link != null) {
      link.refuse(why);
    }
  }

  /**
   * A learner's first packet has come. Who he is, TCP can't prove; so who says he is a member that
   * is connected does not replace that one at once (in Apache he does), but waits until it has hung
   * up, or has not been heard from for as long as it takes to ask it.
   */
  void introduced(PeerLink link) {
    Channel channel = link.channel();
    if (channel != null) {
      pending.remove(channel);
      silent.remove(channel);
    }
    links.put(link.id(), link);
    PeerLink current = members.get(link.sid());
    if (!settings.members().containsKey(link.sid())) {
      if (link.saysItFollows() && !settings.strangersToo()) {
        link.refuse("it says it is server " + link.sid() + ", which is not in the configuration");
      } else if (others >= MOST_OTHERS) {
        link.refuse("there are " + others + " learners that are no members already");
      } else {
        others++;
        link.admit();
      }
    } else if (current == null) {
      members.put(link.sid(), link);
      link.admit();
    } else {
      link.hold();
      PeerLink before = rivals.put(link.sid(), link);
      if (before != null) {
        before.refuse(isConnected(link.sid()));
      }
      long now = nanos();
      shared
          .peers()
          .eventLoop()
          .schedule(
              () -> decide(link, current, now), settings.heardWithinMs(), TimeUnit.MILLISECONDS);
    }
  }

  private void decide(PeerLink rival, PeerLink current, long sinceNanos) {
    if (rivals.get(rival.sid()) != rival) {
      return;
    }
    rivals.remove(rival.sid());
    if (members.get(rival.sid()) == current && current.heardSince(sinceNanos)) {
      rival.refuse(isConnected(rival.sid()));
    } else {
      // The replica hangs up on the other one, if it is there.
      members.put(rival.sid(), rival);
      rival.admit();
    }
  }

  private static String isConnected(long sid) {
    return "it says it is server " + sid + ", which is connected already";
  }

  /** It has ended. */
  void forget(PeerLink link) {
    if (links.remove(link.id()) == null || link.isOurs()) {
      return;
    }
    if (!settings.members().containsKey(link.sid())) {
      others -= link.isIntroduced() ? 1 : 0;
    } else if (rivals.remove(link.sid(), link) || !members.remove(link.sid(), link)) {
      return;
    }
    PeerLink rival = rivals.get(link.sid());
    if (rival != null) {
      // Behind the news that this one is gone.
      shared.peers().eventLoop().execute(() -> decide(rival, link, nanos()));
    }
  }

  // --- what the replica wants

  void connect(long id, long sid) {
    PeerLink link = new PeerLink(this, id, true);
    links.put(id, link);
    BackOff pauses = new BackOff(FIRST_PAUSE_MS, settings.connectRetryMs(), shared.random());
    long deadline = nanos() + TimeUnit.MILLISECONDS.toNanos(settings.connectLimitMs());
    new Connecting(link, sid, pauses, deadline).attempt();
  }

  /** Attempts to reach a leader: one that has just been elected may not listen yet. */
  private final class Connecting implements Dialer.Outcome {
    private static final int MOST_ATTEMPTS = 9;

    private final PeerLink link;
    private final long sid;
    private final BackOff pauses;
    private final long deadlineNanos;
    private int attempts;

    Connecting(PeerLink link, long sid, BackOff pauses, long deadlineNanos) {
      this.link = link;
      this.sid = sid;
      this.pauses = pauses;
      this.deadlineNanos = deadlineNanos;
    }

    void attempt() {
      if (link.isClosed()) {
        return;
      }
      attempts++;
      long leftMs = TimeUnit.NANOSECONDS.toMillis(deadlineNanos - nanos());
      int timeoutMs = (int) Math.max(1, Math.min(leftMs, settings.sockets().cnxTimeoutMs()));
      link.opening(dialer.dial(settings.quorumAddresses(sid), timeoutMs, this));
    }

    @Override
    public void connected(Channel channel) {
      shared.prove(channel, settings.greetingTimeoutMs(), failure -> proven(channel, failure));
    }

    private void proven(Channel channel, @Nullable String failure) {
      if (link.isClosed()) {
        channel.close();
      } else if (failure != null) {
        channel.close();
        failed(failure);
      } else {
        tell(new QuorumInput.LeaderConnected(link.id()));
        link.opened(channel);
      }
    }

    @Override
    public void failed(String why) {
      int pauseMs = pauses.nextPauseMs();
      boolean timeLeft = deadlineNanos - nanos() > TimeUnit.MILLISECONDS.toNanos(pauseMs);
      if (attempts < MOST_ATTEMPTS && timeLeft) {
        LOG.debug("Server {} can't be reached at its quorum port yet: {}", sid, why);
        shared.peers().eventLoop().schedule(this::attempt, pauseMs, TimeUnit.MILLISECONDS);
      } else {
        link.fail("server " + sid + " can't be reached at its quorum port: " + why);
      }
    }
  }

  void carryOut(Command.Send send) {
    PeerLink link = links.get(send.link());
    if (link != null) {
      link.send(send.packet());
      willPump(link);
    }
  }

  void carryOut(Command.SendSnapshot send) {
    PeerLink link = links.get(send.link());
    if (link == null) {
      send.snapshot().close();
    } else {
      link.send(send.snapshot());
      willPump(link);
    }
  }

  void carryOut(Command.Close close) {
    PeerLink link = links.get(close.link());
    if (link != null) {
      LOG.info("Hanging up on link {} with {}: {}", link.id(), link.remote(), close.why());
      link.close(close.why());
    }
  }

  private void willPump(PeerLink link) {
    if (link.makeDirty()) {
      dirty.add(link);
    }
  }

  /** Lets everything leave that was to be sent. */
  void pump() {
    for (PeerLink link : dirty) {
      link.pump();
    }
    dirty.clear();
    encoder.release();
  }

  // --- what the links need

  SnapshotStreamDecoder newSnapshotDecoder() {
    return snapshotDecoders.get();
  }

  byte[] room() {
    return room;
  }

  PacketEncoder encoder() {
    return encoder;
  }

  int maxPacketBytes() {
    return settings.maxPacketBytes();
  }

  long maxQueuedBytes() {
    return settings.maxQueuedBytes();
  }

  long nanos() {
    return shared.nanos().getAsLong();
  }

  void tell(QuorumInput input) {
    shared.tell(input);
  }

  void refused(String why, @Nullable Channel channel) {
    if (channel != null) {
      shared.refusals().refused(why, channel.remoteAddress());
    }
  }

  void failed(Throwable cause, Channel channel) {
    shared.refusals().failed(cause, channel.remoteAddress());
  }

  void close() {
    for (PeerLink link : List.copyOf(links.values())) {
      link.close("the server stops");
    }
    List.copyOf(silent.keySet()).forEach(Channel::close);
  }
}
