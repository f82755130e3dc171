package conclave.server.quorum;

import conclave.protocol.JuteWriter;
import conclave.protocol.QuorumPacket;
import conclave.protocol.QuorumPacketType;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** What is to leave over one link, in its order: packets, and snapshots among them. */
final class LinkOutput {
  private static final int GATHER_BYTES = 64 << 10;
  private static final int PIECE_BYTES = 64 << 10;

  /** Of a snapshot, before other links have their turn. */
  private static final int PIECES_AT_A_TIME = 16;

  private final ArrayDeque<Object> queue = new ArrayDeque<>();
  private long queuedBytes;
  private @Nullable OutgoingSnapshot snapshot;
  private @Nullable ByteBuf gathered;
  private boolean pumping;
  private boolean closed;

  void add(QuorumPacket packet) {
    queue.add(packet);
    queuedBytes += PacketEncoder.size(packet);
  }

  void add(OutgoingSnapshot toSend) {
    queue.add(toSend);
  }

  /** Of packets that wait here for the socket to take what came before. */
  long queuedBytes() {
    return queuedBytes;
  }

  boolean isSendingSnapshot() {
    return snapshot != null;
  }

  /** Writes what the channel takes; whether it would take more. */
  boolean pump(Channel to, PacketEncoder encoder) {
    if (pumping) {
      // A flush that has made room tells of it before it returns.
      return false;
    }
    pumping = true;
    try {
      int pieces = 0;
      while (to.isWritable() && pieces < PIECES_AT_A_TIME) {
        if (snapshot != null) {
          writePiece(to, snapshot, encoder.scratch());
          pieces++;
        } else if (!writeNext(to, encoder)) {
          break;
        }
      }
      writeGathered(to);
      to.flush();
    } finally {
      pumping = false;
    }
    return to.isWritable() && (snapshot != null || !queue.isEmpty());
  }

  private boolean writeNext(Channel to, PacketEncoder encoder) {
    Object next = queue.poll();
    if (next == null) {
      return false;
    }
    if (next instanceof OutgoingSnapshot begun) {
      gather(new QuorumPacket(QuorumPacketType.SNAP, begun.zxid()), to, encoder);
      writeGathered(to);
      snapshot = begun;
      return true;
    }
    QuorumPacket packet = (QuorumPacket) next;
    gather(packet, to, encoder);
    queuedBytes -= PacketEncoder.size(packet);
    return true;
  }

  private void gather(QuorumPacket packet, Channel to, PacketEncoder encoder) {
    byte[] data = packet.data();
    boolean large = PacketEncoder.isLarge(data);
    int room = PacketEncoder.size(packet) - (large && data != null ? data.length : 0);
    ByteBuf into = room(room, to);
    encoder.head(packet, into);
    if (data != null) {
      if (large) {
        writeGathered(to);
        to.write(encoder.large(data, to.alloc()));
        into = room(room, to);
      } else {
        into.writeBytes(data);
      }
    }
    encoder.tail(packet, into);
  }

  /** A buffer with so much room, or that grows a little. */
  private ByteBuf room(int bytes, Channel to) {
    if (gathered != null && gathered.writableBytes() < bytes) {
      writeGathered(to);
    }
    ByteBuf into = gathered;
    if (into == null) {
      into = to.alloc().directBuffer((int) Math.min(GATHER_BYTES, queuedBytes + bytes));
      gathered = into;
    }
    return into;
  }

  private void writeGathered(Channel to) {
    ByteBuf bytes = gathered;
    if (bytes != null) {
      gathered = null;
      to.write(bytes);
    }
  }

  private void writePiece(Channel to, OutgoingSnapshot from, JuteWriter scratch) {
    scratch.reset();
    boolean more = from.write(scratch, PIECE_BYTES);
    if (scratch.length() > 0) {
      to.write(
          to.alloc()
              .directBuffer(scratch.length())
              .writeBytes(scratch.array(), 0, scratch.length()));
    }
    if (!more) {
      from.close();
      snapshot = null;
    }
  }

  /** Nothing of it leaves any more. */
  void close() {
    if (closed) {
      return;
    }
    closed = true;
    if (snapshot != null) {
      snapshot.close();
      snapshot = null;
    }
    for (Object waiting : queue) {
      if (waiting instanceof OutgoingSnapshot begun) {
        begun.close();
      }
    }
    queue.clear();
    queuedBytes = 0;
    if (gathered != null) {
      gathered.release();
      gathered = null;
    }
  }
}
