package conclave.server.quorum;

import conclave.protocol.ElectionGreeting;
import conclave.protocol.HostPort;
import conclave.protocol.JuteWriter;
import conclave.protocol.MalformedRecordException;
import conclave.protocol.Notification;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.IntUnaryOperator;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The election port: one connection with every other member, over which both send their votes. On
 * the event loop only.
 */
final class ElectionPort {
  private static final Logger LOG = LoggerFactory.getLogger(ElectionPort.class);

  private static final int MOST_SILENT = 256;
  private static final int MOST_SILENT_OF_ONE_ADDRESS = 128;

  /** Servers that are no members and are talked to all the same. */
  private static final int MOST_STRANGERS = 16;

  private static final long KNOCK_INTERVAL_NANOS = 50_000_000;

  private final QuorumSettings settings;
  private final Shared shared;
  private final Dialer dialer;
  private final Map<Long, ElectionPeer> members = new HashMap<>();
  private final LinkedHashMap<Long, ElectionPeer> strangers = new LinkedHashMap<>();
  private final Map<Long, Long> knocksNanos = new HashMap<>();
  private final Pending pending = new Pending(MOST_SILENT, MOST_SILENT_OF_ONE_ADDRESS);
  private final byte[] greeting;
  private long nextAnonymous = -1;
  private boolean closed;

  ElectionPort(QuorumSettings settings, Shared shared) {
    this.settings = settings;
    this.shared = shared;
    this.dialer = shared.newDialer();
    this.greeting = encodeGreeting(settings);
    for (long member : settings.members().keySet()) {
      if (member != settings.sid()) {
        members.put(
            member, new ElectionPeer(this, member, settings.electionAddresses(member), false));
      }
    }
  }

  private static byte[] encodeGreeting(QuorumSettings settings) {
    List<HostPort> own = settings.electionAddresses(settings.sid());
    boolean several = settings.sockets().multiAddressEnabled();
    JuteWriter out = new JuteWriter();
    new ElectionGreeting(
            several ? ElectionGreeting.MANY_ADDRESSES : ElectionGreeting.ONE_ADDRESS,
            settings.sid(),
            several ? own : own.subList(0, 1))
        .write(out);
    return out.toByteArray();
  }

  /** Connects to all members with whom there is something to be talked about. */
  void begin() {
    boolean observer = settings.self().observer();
    for (ElectionPeer peer : members.values()) {
      var server = settings.members().get(peer.sid());
      // Two observers have nothing to say to each other.
      if (server != null && !(observer && server.observer())) {
        peer.want();
      }
    }
  }

  void send(long to, Notification notification) {
    ElectionPeer peer = members.get(to);
    if (peer == null) {
      peer = strangers.get(to);
    }
    if (peer != null) {
      peer.send(frame(notification));
    }
  }

  private static byte[] frame(Notification notification) {
    JuteWriter out = new JuteWriter();
    out.writeInt(0);
    notification.write(out);
    out.putInt(0, out.length() - 4);
    return out.toByteArray();
  }

  // --- connections that come in

  void accepted(Channel channel) {
    ElectionConnection connection = new ElectionConnection(this, channel);
    shared.secure(channel);
    channel.pipeline().addLast(connection);
    Channel crowdedOut = pending.add(channel);
    if (crowdedOut != null) {
      shared
          .refusals()
          .refused("too many that have not said who they are", crowdedOut.remoteAddress());
      crowdedOut.close();
    }
    var deadline =
        channel
            .eventLoop()
            .schedule(
                () -> tooLate(connection), settings.greetingTimeoutMs(), TimeUnit.MILLISECONDS);
    channel
        .closeFuture()
        .addListener(
            done -> {
              deadline.cancel(false);
              pending.remove(channel);
            });
  }

  private void tooLate(ElectionConnection connection) {
    if (pending.contains(connection.channel()) && !connection.goOnUnproven()) {
      refused(
          connection, "it has not said who it is within " + settings.greetingTimeoutMs() + " ms");
      connection.close();
    }
  }

  void prove(Channel channel, Consumer<@Nullable String> done) {
    shared.prove(channel, settings.greetingTimeoutMs(), done);
  }

  @Nullable SaslAcceptance newAcceptance(Channel channel) {
    return shared.newAcceptance(channel);
  }

  boolean letsInUnproven() {
    return !settings.security().serverRequiresSasl();
  }

  void greeted(ElectionConnection connection, ElectionGreeting said) {
    pending.remove(connection.channel());
    long claimed = said.serverId();
    ElectionPeer member = members.get(claimed);
    if (member != null) {
      member.claimed(connection);
    } else if (claimed == ElectionGreeting.ANONYMOUS) {
      stranger(nextAnonymous--, List.of()).claimed(connection);
    } else if (claimed >= 0 && claimed != settings.sid() && settings.strangersToo()) {
      known(claimed, connection, said).claimed(connection);
    } else {
      refused(connection, whyNot(claimed));
      connection.close();
    }
  }

  private String whyNot(long claimed) {
    return claimed == settings.sid()
        ? "it says it is server " + claimed + ", which is this one: two have the same myid"
        : "it says it is server " + claimed + ", which is not in the configuration";
  }

  private ElectionPeer known(long sid, ElectionConnection connection, ElectionGreeting said) {
    List<HostPort> address = whereItIs(connection, said);
    ElectionPeer peer = strangers.get(sid);
    if (peer == null) {
      return stranger(sid, address);
    }
    if (!peer.isConnected()) {
      peer.addresses(address);
    }
    return peer;
  }

  /**
   * Only the port is believed. Apache connects to wherever the greeting says, so anybody can make
   * it connect to anything.
   */
  private static List<HostPort> whereItIs(ElectionConnection connection, ElectionGreeting said) {
    InetSocketAddress remote = (InetSocketAddress) connection.channel().remoteAddress();
    return said.addresses().stream()
        .map(address -> new HostPort(remote.getAddress().getHostAddress(), address.port()))
        .distinct()
        .toList();
  }

  private ElectionPeer stranger(long sid, List<HostPort> addresses) {
    if (strangers.size() >= MOST_STRANGERS) {
      ElectionPeer oldest = strangers.values().iterator().next();
      strangers.remove(oldest.sid());
      oldest.close();
    }
    ElectionPeer peer = new ElectionPeer(this, sid, addresses, true);
    strangers.put(sid, peer);
    return peer;
  }

  void forget(ElectionPeer stranger) {
    strangers.remove(stranger.sid(), stranger);
    knocksNanos.remove(stranger.sid());
  }

  /** Whether that peer has knocked a moment ago; remembers that it does now. */
  boolean knockedLately(ElectionPeer peer) {
    long now = nanos();
    Long before = knocksNanos.get(peer.sid());
    if (before != null && now - before < KNOCK_INTERVAL_NANOS) {
      return true;
    }
    knocksNanos.put(peer.sid(), now);
    return false;
  }

  // --- what the peers need

  long sid() {
    return settings.sid();
  }

  EventLoop loop() {
    return shared.peers().eventLoop();
  }

  long nanos() {
    return shared.nanos().getAsLong();
  }

  IntUnaryOperator random() {
    return shared.random();
  }

  boolean isClosed() {
    return closed;
  }

  /** Longer than it takes to notice that a connection's other end has vanished. */
  int challengeMs() {
    return settings.sockets().cnxTimeoutMs() + settings.sockets().cnxTimeoutMs() / 4;
  }

  /** Whether the system itself will end that connection if its other end has vanished. */
  boolean endsWhenVanished(ElectionConnection connection) {
    return shared
        .peers()
        .endWhenNothingIsTaken(connection.channel(), settings.sockets().cnxTimeoutMs());
  }

  ByteBuf greeting() {
    return Unpooled.wrappedBuffer(greeting);
  }

  Dialer.Call dial(List<HostPort> addresses, Dialer.Outcome outcome) {
    return dialer.dial(addresses, settings.sockets().cnxTimeoutMs(), outcome);
  }

  void heard(ElectionPeer from, Notification notification, Credit credit) {
    shared.tell(new QuorumInput.Notified(from.sid(), notification, credit));
  }

  void linkUp(ElectionPeer peer) {
    LOG.info("Server {} is connected for elections", peer.sid());
    shared.tell(new QuorumInput.PeerLinkUp(peer.sid()));
  }

  /** Once for all attempts to get it back, which go on. */
  void linkDown(ElectionPeer peer, String why) {
    LOG.info("Server {} is not connected for elections: {}", peer.sid(), why);
    shared.tell(new QuorumInput.PeerLinkDown(peer.sid()));
  }

  void refused(ElectionConnection connection, String why) {
    shared.refusals().refused(why, connection.channel().remoteAddress());
  }

  void skipped(ElectionConnection connection, MalformedRecordException why) {
    LOG.debug("Skipped from {}: {}", connection.channel().remoteAddress(), why.getMessage());
  }

  void failed(ElectionConnection connection, Throwable cause, @Nullable ElectionPeer peer) {
    if (cause instanceof MalformedRecordException) {
      refused(
          connection,
          (peer == null ? "" : "as server " + peer.sid() + " ")
              + "it sent garbage: "
              + cause.getMessage());
    } else if (cause instanceof SSLException) {
      refused(connection, "TLS: " + cause.getMessage());
    } else if (cause instanceof IOException) {
      LOG.debug("{}: {}", connection.channel().remoteAddress(), cause.getMessage());
    } else {
      shared.refusals().failed(cause, connection.channel().remoteAddress());
    }
  }

  void close() {
    closed = true;
    List<ElectionPeer> all = new ArrayList<>(members.values());
    all.addAll(strangers.values());
    all.forEach(ElectionPeer::close);
    pending.all().forEach(Channel::close);
  }
}
