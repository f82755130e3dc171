package conclave.bench;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Thousands of sessions that do little: they hold a watch, or just ping. One thread serves all. */
final class Swarm implements AutoCloseable {
  private static final int CONNECTING_AT_ONCE = 32;
  private static final int READ_BUFFER_BYTES = 512;
  private static final long PATIENCE_NANOS = 60_000_000_000L;
  private static final long PING_SLICE_MS = 10;
  private static final long LOOK_NANOS = 500_000;
  private static final int PINGS_PER_TIMEOUT = 3;

  private final ServerProcess server;
  private final int timeoutMs;
  private final Selector selector;
  private final List<Member> members = new ArrayList<>();
  private long lastPingNanos = System.nanoTime();
  private int established;
  private int lost;
  private long events;
  private long replies;
  private ByteBuffer answer = ByteBuffer.allocate(0);

  private Swarm(ServerProcess server, int timeoutMs) throws IOException {
    this.server = server;
    this.timeoutMs = timeoutMs;
    this.selector = Selector.open();
  }

  /** Opens so many sessions and waits until the server has confirmed all. */
  static Swarm open(ServerProcess server, int size, int timeoutMs) throws IOException {
    Swarm swarm = new Swarm(server, timeoutMs);
    SourceAddresses sources = new SourceAddresses();
    while (swarm.members.size() < size) {
      swarm.members.add(swarm.new Member(sources.connect(server.address())));
      int target = swarm.members.size() - CONNECTING_AT_ONCE;
      swarm.pumpUntil(() -> swarm.established + swarm.lost > target);
    }
    swarm.pumpUntil(() -> swarm.established + swarm.lost >= size);
    if (swarm.lost > 0) {
      throw new IOException(swarm.lost + " of " + size + " sessions failed to open");
    }
    return swarm;
  }

  int size() {
    return members.size();
  }

  /** Connections that the server closed. */
  int lost() {
    return lost;
  }

  long events() {
    return events;
  }

  void sendToAll(byte[] frame) throws IOException {
    for (Member member : members) {
      member.send(frame);
    }
  }

  /** Sends the frame from each session and waits for all replies. */
  void callAll(byte[] frame) throws IOException {
    long target = replies + members.size();
    sendToAll(frame);
    pumpUntil(() -> replies >= target);
  }

  /**
   * Waits without sleeping in the selector: the system charges whoever sends for waking a reader
   * that waits on the same machine, which no server pays for watchers that are elsewhere.
   */
  void awaitEvents(long total) throws IOException {
    pumpUntil(() -> events >= total, this::lookNowAndThen);
  }

  void awaitReplies(long total) throws IOException {
    pumpUntil(() -> replies >= total);
  }

  long replies() {
    return replies;
  }

  /** After each event the member that got it sends this frame. */
  void answerEventsWith(byte[] frame) {
    answer = ByteBuffer.wrap(frame);
  }

  /**
   * Closes every session as a client does, and waits until the server has closed the connections.
   */
  void closeSessions() throws IOException {
    sendToAll(Frames.closeSession(Integer.MAX_VALUE));
    pumpUntil(() -> lost == members.size());
  }

  /** For swarms that are busy otherwise: all members ping when a part of their timeout is over. */
  void pingWhenDue() throws IOException {
    long now = System.nanoTime();
    if (now - lastPingNanos > timeoutMs * 1_000_000L / PINGS_PER_TIMEOUT) {
      lastPingNanos = now;
      sendToAll(Frames.ping());
    }
  }

  /** Lets time pass, each session pinging three times per timeout as a client does. */
  void keepAlive(long nanos) throws IOException {
    byte[] ping = Frames.ping();
    long start = System.nanoTime();
    double pingsPerNano = members.size() * (double) PINGS_PER_TIMEOUT / (timeoutMs * 1e6);
    long pinged = 0;
    for (long now = start; now - start < nanos; now = System.nanoTime()) {
      long due = (long) ((now - start) * pingsPerNano);
      for (; pinged < due; pinged++) {
        Member member = members.get((int) (pinged % members.size()));
        if (!member.closed) {
          member.send(ping);
        }
      }
      select(PING_SLICE_MS);
    }
  }

  private void pumpUntil(BooleanSupplier done) throws IOException {
    pumpUntil(done, () -> select(100));
  }

  private void pumpUntil(BooleanSupplier done, Step step) throws IOException {
    long deadline = System.nanoTime() + PATIENCE_NANOS;
    while (!done.getAsBoolean()) {
      if (System.nanoTime() - deadline > 0 || !server.isAlive()) {
        throw new IOException(
            String.format(
                Locale.ROOT,
                "no progress: members=%d established=%d lost=%d events=%d replies=%d alive=%b",
                members.size(),
                established,
                lost,
                events,
                replies,
                server.isAlive()));
      }
      step.run();
    }
  }

  @FunctionalInterface
  private interface Step {
    void run() throws IOException;
  }

  private void lookNowAndThen() throws IOException {
    LockSupport.parkNanos(LOOK_NANOS);
    try {
      selector.selectNow(this::onReady);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private void select(long timeoutMs) throws IOException {
    try {
      selector.select(this::onReady, timeoutMs);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private void onReady(SelectionKey key) {
    Member member = (Member) key.attachment();
    try {
      member.onReady(key);
    } catch (IOException disconnected) {
      member.drop();
    }
  }

  @Override
  public void close() throws IOException {
    for (Member member : members) {
      member.channel.close();
    }
    selector.close();
  }

  private final class Member {
    private final SocketChannel channel;
    private final ByteBuffer in = ByteBuffer.allocateDirect(READ_BUFFER_BYTES);
    private boolean shookHands;
    private boolean closed;

    Member(SocketChannel channel) throws IOException {
      this.channel = channel;
      channel.register(selector, SelectionKey.OP_CONNECT, this);
    }

    /** The frames are tens of bytes and few are under way: a full socket buffer can't be. */
    void send(byte[] frame) throws IOException {
      send(ByteBuffer.wrap(frame));
    }

    private void send(ByteBuffer frame) throws IOException {
      if (channel.write(frame) == 0 || frame.hasRemaining()) {
        throw new IOException("the socket buffer is full");
      }
    }

    void drop() {
      if (!closed) {
        closed = true;
        lost++;
        try {
          channel.close();
        } catch (IOException alreadyGone) {
          // The descriptor is released in any case; the loss is counted.
          return;
        }
      }
    }

    void onReady(SelectionKey key) throws IOException {
      if (key.isConnectable()) {
        channel.finishConnect();
        key.interestOps(SelectionKey.OP_READ);
        send(Frames.connect(timeoutMs));
        return;
      }
      if (channel.read(in) < 0) {
        throw new EOFException("the server closed the connection");
      }
      takeFrames();
    }

    private void takeFrames() throws IOException {
      int at = 0;
      int end = in.position();
      while (end - at >= Integer.BYTES && at + Integer.BYTES + in.getInt(at) <= end) {
        take(at);
        at += Integer.BYTES + in.getInt(at);
      }
      in.position(at).limit(end);
      in.compact();
    }

    private void take(int at) throws IOException {
      if (!shookHands) {
        shookHands = true;
        established++;
        return;
      }
      int xid = in.getInt(at + Frames.XID_OFFSET);
      if (xid == Frames.NOTIFICATION_XID) {
        events++;
        if (answer.hasRemaining()) {
          send(answer.duplicate());
        }
      } else if (xid != Frames.PING_XID) {
        int error = in.getInt(at + Frames.REPLY_ERROR_OFFSET);
        if (error != 0) {
          throw new IOException("the server answered with error " + error);
        }
        replies++;
      }
    }
  }
}
