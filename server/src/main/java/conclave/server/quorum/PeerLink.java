package conclave.server.quorum;

import conclave.protocol.LearnerInfo;
import conclave.protocol.MalformedRecordException;
import conclave.protocol.QuorumPacket;
import conclave.protocol.QuorumPacketDecoder;
import conclave.protocol.QuorumPacketType;
import conclave.storage.SnapshotStreamDecoder;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.DecoderException;
import java.io.IOException;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * One connection of the quorum port: with a learner that has come to us, or with the leader that we
 * have gone to. On the event loop only.
 *
 * <p>What is to be sent waits here as packets, which several links and the replica's own memory
 * share, and is encoded at the pace at which the socket takes it. A snapshot is one item among
 * them, made piece by piece at that same pace.
 */
final class PeerLink extends ChannelInboundHandlerAdapter {
  /** What the replica may be behind with before nothing more is read. */
  private static final long MOST_UNREAD_BYTES = 8L << 20;

  /** The first packet of a learner is a small one. */
  private static final int MOST_BYTES_BEFORE_FIRST = 4096;

  private static final long NOBODY = Long.MIN_VALUE;

  private static final long PROGRESS_NANOS = 100_000_000;

  private final QuorumPort port;
  private final long id;
  private final boolean ours;
  private final QuorumPacketDecoder decoder;
  private final Credit credit;
  private @Nullable Channel channel;
  private Dialer.@Nullable Call call;
  private boolean closed;
  private String why = "the other end hung up";

  // Coming in.
  private boolean introduced;
  private long sid = NOBODY;
  private boolean follows;
  private boolean held;
  private long heardNanos;
  private int bytesBeforeFirst;
  private List<QuorumPacket> received = new ArrayList<>();
  private long receivedBytes;
  private @Nullable SnapshotStreamDecoder incoming;
  private long incomingZxid;

  // Going out.
  private final LinkOutput output = new LinkOutput();
  private boolean dirty;

  private long progressNanos;

  /**
   * @param ours whether we open it, to a leader
   */
  PeerLink(QuorumPort port, long id, boolean ours) {
    this.port = port;
    this.id = id;
    this.ours = ours;
    this.introduced = ours;
    this.decoder = new QuorumPacketDecoder(port.maxPacketBytes());
    this.progressNanos = port.nanos();
    this.credit = new Credit(MOST_UNREAD_BYTES, this::resumeLater);
  }

  long id() {
    return id;
  }

  boolean isOurs() {
    return ours;
  }

  /** It is being connected in that way. */
  void opening(Dialer.Call by) {
    call = by;
  }

  boolean isClosed() {
    return closed;
  }

  @Nullable Channel channel() {
    return channel;
  }

  @Nullable SocketAddress remote() {
    return channel == null ? null : channel.remoteAddress();
  }

  void opened(Channel on) {
    channel = on;
    call = null;
    on.pipeline().addLast(this);
    pump();
  }

  // --- coming in

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    ByteBuf in = (ByteBuf) message;
    heardNanos = port.nanos();
    try {
      byte[] shared = port.room();
      while (in.isReadable() && !closed) {
        int length = Math.min(shared.length, in.readableBytes());
        in.readBytes(shared, 0, length);
        decoder.feed(shared, 0, length);
        takePackets();
        if (!introduced && sid == NOBODY) {
          bytesBeforeFirst += length;
          if (bytesBeforeFirst > MOST_BYTES_BEFORE_FIRST) {
            throw new MalformedRecordException("bytes=" + bytesBeforeFirst + " and no packet");
          }
        }
      }
    } finally {
      in.release();
    }
  }

  private void takePackets() {
    do {
      QuorumPacket packet;
      while (!closed && (packet = decoder.next()) != null) {
        take(packet);
      }
    } while (!closed && decoder.isRaw() && takeSnapshot());
  }

  private void take(QuorumPacket packet) {
    if (!introduced && sid == NOBODY) {
      introduce(packet);
      if (closed) {
        return;
      }
    }
    if (packet.is(QuorumPacketType.SNAP)) {
      if (!ours) {
        throw new MalformedRecordException("SNAP from a learner");
      }
      incoming = port.newSnapshotDecoder();
      incomingZxid = packet.zxid();
    }
    received.add(packet);
    receivedBytes += PacketEncoder.size(packet);
  }

  private void introduce(QuorumPacket packet) {
    byte[] data = packet.data();
    if (data == null
        || !packet.is(QuorumPacketType.FOLLOWERINFO) && !packet.is(QuorumPacketType.OBSERVERINFO)) {
      throw new MalformedRecordException("first packet=" + packet);
    }
    sid = LearnerInfo.read(data).serverId();
    follows = packet.is(QuorumPacketType.FOLLOWERINFO);
    port.introduced(this);
  }

  /** Who it says it is. */
  long sid() {
    return sid;
  }

  /** Whether it wants to be a follower, and not an observer. */
  boolean saysItFollows() {
    return follows;
  }

  boolean isIntroduced() {
    return introduced;
  }

  /** The replica is to know it. */
  void admit() {
    introduced = true;
    port.tell(new QuorumInput.LearnerConnected(id));
    if (held && channel != null) {
      held = false;
      handOver();
      channel.config().setAutoRead(true);
    }
  }

  /** The replica is not to know it yet. */
  void hold() {
    held = true;
    if (channel != null) {
      channel.config().setAutoRead(false);
    }
  }

  boolean heardSince(long nanos) {
    return heardNanos - nanos > 0;
  }

  /** Whether the snapshot is over, and packets go on. */
  private boolean takeSnapshot() {
    SnapshotStreamDecoder snapshot = incoming;
    if (snapshot == null) {
      throw new IllegalStateException("no snapshot on link=" + id);
    }
    decoder.drain(snapshot::feed);
    if (!snapshot.isDone()) {
      if (isProgressDue()) {
        handOver();
        port.tell(new QuorumInput.LeaderProgress(id));
      }
      return false;
    }
    handOver();
    port.tell(new QuorumInput.LeaderSnapshot(id, snapshot.finish(incomingZxid)));
    incoming = null;
    decoder.resume();
    return true;
  }

  private boolean isProgressDue() {
    long now = port.nanos();
    if (now - progressNanos < PROGRESS_NANOS) {
      return false;
    }
    progressNanos = now;
    return true;
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    handOver();
  }

  private void handOver() {
    if (received.isEmpty() || !introduced) {
      return;
    }
    List<QuorumPacket> packets = received;
    long bytes = receivedBytes;
    received = new ArrayList<>();
    receivedBytes = 0;
    Channel from = channel;
    if (credit.take(bytes) && from != null) {
      from.config().setAutoRead(false);
    }
    port.tell(
        ours
            ? new QuorumInput.LeaderPackets(id, packets, bytes, credit)
            : new QuorumInput.LearnerPackets(id, packets, bytes, credit));
  }

  private void resumeLater() {
    Channel from = channel;
    if (from != null) {
      from.eventLoop().execute(() -> from.config().setAutoRead(true));
    }
  }

  // --- going out

  void send(QuorumPacket packet) {
    output.add(packet);
  }

  void send(OutgoingSnapshot snapshot) {
    output.add(snapshot);
  }

  /** Marks it as one that has something to send; whether it was not before. */
  boolean makeDirty() {
    boolean before = dirty;
    dirty = true;
    return !before;
  }

  /** Sends as much of what waits as the socket takes. */
  void pump() {
    dirty = false;
    Channel to = channel;
    if (to == null || closed) {
      return;
    }
    boolean more = output.pump(to, port.encoder());
    if (output.isSendingSnapshot() && isProgressDue()) {
      port.tell(new QuorumInput.LearnerProgress(id));
    }
    if (output.queuedBytes() > port.maxQueuedBytes()) {
      refuse("it leaves more than " + port.maxQueuedBytes() + " bytes unread");
    } else if (more) {
      // Others have their turn first.
      to.eventLoop().execute(this::pump);
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    if (context.channel().isWritable()) {
      pump();
      port.encoder().release();
    }
  }

  // --- the end

  /** The replica wants no more of it, and is not told of its end. */
  void close(String reason) {
    if (!closed) {
      pump();
    }
    why = reason;
    end();
  }

  /** For a reason that we have; the replica is told. */
  void refuse(String reason) {
    port.refused(reason, channel);
    fail(reason);
  }

  void fail(String reason) {
    if (!closed) {
      why = reason;
      end();
      tellClosed();
    }
  }

  private void tellClosed() {
    if (ours) {
      port.tell(new QuorumInput.LeaderClosed(id, why));
    } else if (introduced) {
      port.tell(new QuorumInput.LearnerClosed(id));
    }
  }

  private void end() {
    if (!closed) {
      closed = true;
      port.forget(this);
      output.close();
      if (call != null) {
        call.cancel();
      }
      if (channel != null) {
        channel.close();
      }
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    handOver();
    fail(why);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    handOver();
    Throwable inner = cause instanceof DecoderException ? cause.getCause() : cause;
    if (inner instanceof MalformedRecordException) {
      refuse("it sent garbage: " + inner.getMessage());
    } else if (inner instanceof SSLException) {
      refuse("TLS: " + inner.getMessage());
    } else if (cause instanceof IOException) {
      fail(String.valueOf(cause.getMessage()));
    } else {
      port.failed(cause, context.channel());
      fail("a failure of our own: " + cause);
    }
  }
}
