package conclave.simulator;

import conclave.protocol.JuteReader;
import conclave.protocol.JuteWriter;
import conclave.protocol.Notification;
import conclave.protocol.QuorumPacket;
import conclave.protocol.QuorumPacketDecoder;
import conclave.protocol.QuorumPacketType;
import conclave.state.Notices;
import conclave.state.SnapshotImage;
import conclave.state.StateMachine;
import conclave.storage.SnapshotStreamDecoder;
import conclave.storage.SnapshotStreamWriter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** One process' links to its peers: for the election, and for what is replicated. */
final class SimulatedPeers {
  private static final int MAX_DATA = 4 << 20;

  /** About how much of a snapshot leaves at a time. */
  private static final int PIECE_BYTES = 2048;

  /** Pieces of a snapshot that may be under way before the next waits. */
  private static final int MOST_PIECES = 4;

  private static final long FIRST_RETRY_US = 20 * World.MS;
  private static final long LONGEST_RETRY_US = World.SECOND;

  /**
   * What travels over a link for quorum packets.
   *
   * @param touches what the receiver is to know of when it has the packets in it; nobody but the
   *     invariants looks at it
   */
  private record Chunk(byte[] bytes, Map<Long, Integer> touches) {}

  /** Where servers talk to servers about the election; says who calls. */
  record ElectionPort(long from, int process) {}

  private final SimulatedHost host;
  private final SplittableRandom random;
  private final int process;
  private final Map<Long, Link> links = new HashMap<>();
  private final List<Link> dirty = new ArrayList<>();
  private final Map<Long, Peer> peers = new TreeMap<>();
  private long lastAccepted;

  SimulatedPeers(SimulatedHost host, SplittableRandom random, int process) {
    this.host = host;
    this.random = random;
    this.process = process;
  }

  void start() {
    for (long sid : host.around().membership().config().members().keySet()) {
      if (sid != host.member().sid()) {
        Peer peer = new Peer(sid);
        peers.put(sid, peer);
        if (peer.isMine()) {
          peer.connectLater();
        }
      }
    }
  }

  private static int machineOf(long sid) {
    return (int) sid - 1;
  }

  void gone(boolean silently) {
    for (Link link : links.values()) {
      link.end(silently);
    }
    for (Peer peer : peers.values()) {
      if (peer.end != null) {
        end(peer.end, silently);
      }
    }
  }

  static void end(Network.End end, boolean silently) {
    if (silently) {
      end.vanish();
    } else {
      end.close();
    }
  }

  Network.Handler accepted(Network.End end, Object port) {
    if (port instanceof ElectionPort election) {
      return Objects.requireNonNull(peers.get(election.from())).connected(end);
    }
    long number = ++lastAccepted;
    Link link = new Link(number);
    link.end = end;
    host.run(
        () -> {
          links.put(number, link);
          host.input(() -> host.replica().learnerConnected(number));
        });
    return link;
  }

  // --- the election

  void sendNotification(long sid, Notification notification) {
    Peer peer = peers.get(sid);
    if (peer != null) {
      peer.send(notification);
    }
  }

  /** The election link to one peer. */
  private final class Peer {
    final long sid;
    Network.@Nullable End end;
    @Nullable Notification waiting;
    boolean connecting;
    long retryUs = FIRST_RETRY_US;

    Peer(long sid) {
      this.sid = sid;
    }

    /** Of two, the one with the larger number keeps up the link; the other opens one at need. */
    boolean isMine() {
      return host.member().sid() > sid;
    }

    void send(Notification notification) {
      Network.End to = end;
      if (to == null) {
        waiting = notification;
        connectLater();
      } else {
        JuteWriter out = new JuteWriter(128);
        notification.write(out);
        byte[] bytes = out.toByteArray();
        to.send(bytes, bytes.length);
      }
    }

    void connectLater() {
      if (!connecting) {
        connecting = true;
        host.after(random.nextLong(retryUs), this::connect);
      }
    }

    private void connect() {
      if (end != null) {
        connecting = false;
        return;
      }
      host.around()
          .network()
          .connect(
              host.member().index(),
              machineOf(sid),
              new ElectionPort(host.member().sid(), process),
              made -> {
                connecting = false;
                if (!host.isAlive()) {
                  return null;
                }
                if (made == null) {
                  retryUs = Math.min(LONGEST_RETRY_US, 2 * retryUs);
                  if (isMine() || waiting != null) {
                    host.run(this::connectLater);
                  }
                  return null;
                }
                return connected(made);
              });
    }

    Network.Handler connected(Network.End made) {
      Network.End before = end;
      if (before != null) {
        before.close();
      }
      end = made;
      retryUs = FIRST_RETRY_US;
      host.run(
          () -> {
            host.input(() -> host.replica().peerLinkUp(sid));
            Notification next = waiting;
            if (next != null && end == made) {
              waiting = null;
              send(next);
            }
          });
      return new Network.Handler() {
        @Override
        public void received(Object message) {
          host.run(() -> Peer.this.received((byte[]) message));
        }

        @Override
        public void closed() {
          host.run(() -> Peer.this.closed(made));
        }
      };
    }

    private void received(byte[] bytes) {
      Notification notification = Notification.read(new JuteReader(bytes));
      host.input(() -> host.replica().notified(sid, notification));
    }

    private void closed(Network.End which) {
      if (end == which) {
        end = null;
        host.input(() -> host.replica().peerLinkDown(sid));
        if (isMine()) {
          connectLater();
        }
      }
    }
  }

  // --- what is replicated

  void connect(long number, long sid) {
    Link link = new Link(number);
    links.put(number, link);
    host.around()
        .network()
        .connect(
            host.member().index(),
            machineOf(sid),
            SimulatedHost.QUORUM_PORT,
            made -> {
              if (!host.isAlive() || links.get(number) != link) {
                return null;
              }
              link.end = made;
              if (made == null) {
                host.run(() -> link.closed("can't connect"));
                return null;
              }
              host.run(() -> host.input(() -> host.replica().leaderConnected(number)));
              return link;
            });
  }

  void send(long number, QuorumPacket packet) {
    Link link = links.get(number);
    if (link != null) {
      link.send(packet);
    }
  }

  void sendSnapshot(long number, QuorumPacket packet, SnapshotImage image) {
    Link link = links.get(number);
    if (link == null) {
      host.endImage(image);
    } else {
      link.sendSnapshot(packet, image);
    }
  }

  void flush() {
    for (Link link : dirty) {
      link.flush();
    }
    dirty.clear();
  }

  void close(long number) {
    Link link = links.remove(number);
    if (link != null) {
      link.flush();
      link.end(false);
    }
  }

  /** A link for quorum packets; one with a negative number goes to a leader. */
  private final class Link implements Network.Handler {
    final long number;
    Network.@Nullable End end;
    private final JuteWriter out = new JuteWriter(512);
    private final QuorumPacketDecoder decoder = new QuorumPacketDecoder(MAX_DATA);
    private @Nullable SnapshotImage image;
    private @Nullable SnapshotStreamWriter stream;
    private @Nullable SnapshotStreamDecoder incoming;
    private long incomingZxid;

    /** What is to leave behind the snapshot. */
    private final List<Chunk> behind = new ArrayList<>();

    /** Told by packets in {@link #out}. */
    private Map<Long, Integer> touches = Map.of();

    Link(long number) {
      this.number = number;
    }

    private boolean isOpen() {
      return links.get(number) == this;
    }

    // --- out

    void send(QuorumPacket packet) {
      host.around().world().trace().mix(packet.zxid() * 31 + packet.typeCode());
      host.around()
          .world()
          .say(() -> "server " + host.member().sid() + " -> link " + number + ": " + packet);
      if (out.length() == 0) {
        dirty.add(this);
      }
      packet.write(out);
      if (number < 0 && packet.is(QuorumPacketType.PING)) {
        touches = host.touches().tell();
      }
    }

    void flush() {
      if (out.length() > 0) {
        Chunk chunk = new Chunk(out.toByteArray(), touches);
        out.reset();
        touches = Map.of();
        if (stream != null) {
          behind.add(chunk);
        } else {
          transmit(chunk);
        }
      }
    }

    private void transmit(Chunk chunk) {
      if (end != null) {
        end.send(chunk, chunk.bytes().length);
      }
    }

    void sendSnapshot(QuorumPacket packet, SnapshotImage of) {
      send(packet);
      flush();
      image = of;
      stream = new SnapshotStreamWriter(of);
      host.after(random.nextLong(World.MS), this::pump);
    }

    private void pump() {
      SnapshotStreamWriter writer = stream;
      if (writer == null || end == null) {
        return;
      }
      if (end.underWay() < MOST_PIECES) {
        JuteWriter piece = new JuteWriter(2 * PIECE_BYTES);
        boolean more = writer.write(piece, PIECE_BYTES);
        transmit(new Chunk(piece.toByteArray(), Map.of()));
        host.input(() -> host.replica().learnerProgress(number));
        if (!more) {
          endStream();
          behind.forEach(this::transmit);
          behind.clear();
          return;
        }
      }
      host.after(200 + random.nextLong(World.MS), this::pump);
    }

    private void endStream() {
      if (stream != null && image != null) {
        stream.close();
        host.endImage(image);
        stream = null;
        image = null;
      }
    }

    // --- in

    @Override
    public void received(Object message) {
      Chunk chunk = (Chunk) message;
      byte[] bytes = chunk.bytes();
      if (host.around().options().torn() && bytes.length > 1) {
        int cut = 1 + random.nextInt(bytes.length - 1);
        host.run(() -> feed(bytes, 0, cut));
        host.run(() -> feed(bytes, cut, bytes.length - cut));
      } else {
        host.run(() -> feed(bytes, 0, bytes.length));
      }
      if (!chunk.touches().isEmpty()) {
        host.run(() -> host.input(() -> host.touches().told(chunk.touches(), host.turnMs())));
      }
    }

    private void feed(byte[] bytes, int from, int length) {
      if (!isOpen()) {
        return;
      }
      decoder.feed(bytes, from, length);
      while (true) {
        if (decoder.isRaw() && !drain()) {
          return;
        }
        QuorumPacket packet = decoder.next();
        if (packet == null) {
          if (!decoder.isRaw()) {
            return;
          }
        } else {
          arrived(packet);
        }
      }
    }

    private void arrived(QuorumPacket packet) {
      if (packet.is(QuorumPacketType.SNAP)) {
        incoming =
            new SnapshotStreamDecoder(
                StateMachine.restore(host.stateConfig(), Notices.NONE), MAX_DATA);
        incomingZxid = packet.zxid();
      }
      host.input(() -> deliver(packet));
    }

    private void deliver(QuorumPacket packet) {
      if (!isOpen()) {
        return;
      }
      if (number > 0) {
        host.replica().learnerPacket(number, packet);
        return;
      }
      if (packet.is(QuorumPacketType.LEADERINFO)) {
        host.member().promised(packet.zxid() >>> 32);
      }
      if (packet.is(QuorumPacketType.NEWLEADER)) {
        host.member().beforeNewLeader(host.replica().history().lastZxid());
      }
      host.replica().leaderPacket(number, packet);
      if (host.around().tampering().durableAt(packet)) {
        long logged = host.replica().history().lastZxid();
        if (logged > host.replica().history().durableZxid()) {
          host.replica().durable(logged);
        }
      }
    }

    /** Takes what there is of the snapshot; false when more of it has to come. */
    private boolean drain() {
      SnapshotStreamDecoder to = Objects.requireNonNull(incoming);
      decoder.drain(to::feed);
      if (!to.isDone()) {
        host.input(() -> host.replica().leaderProgress(number));
        return false;
      }
      StateMachine state = to.finish(incomingZxid);
      incoming = null;
      decoder.resume();
      host.input(
          () -> {
            if (isOpen()) {
              host.replica().leaderSnapshot(number, state);
            }
          });
      return true;
    }

    // --- the end

    @Override
    public void closed() {
      host.run(() -> closed("the connection has ended"));
    }

    private void closed(String why) {
      // Behind what has arrived before.
      host.input(
          () -> {
            if (links.remove(number, this)) {
              endStream();
              if (number > 0) {
                host.replica().learnerClosed(number);
              } else {
                host.replica().leaderClosed(number, why);
              }
            }
          });
    }

    void end(boolean silently) {
      endStream();
      if (end != null) {
        SimulatedPeers.end(end, silently);
      }
    }
  }
}
