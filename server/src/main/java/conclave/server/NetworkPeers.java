package conclave.server;

import conclave.protocol.Notification;
import conclave.protocol.QuorumPacket;
import conclave.server.loop.Clock;
import conclave.server.loop.Peers;
import conclave.server.loop.ReplicaThread;
import conclave.server.loop.Waiting;
import conclave.server.quorum.DrivenLoop;
import conclave.server.quorum.QuorumInbox;
import conclave.server.quorum.QuorumInput;
import conclave.server.quorum.QuorumNetwork;
import conclave.server.quorum.QuorumSettings;
import conclave.storage.SnapshotStreamDecoder;
import conclave.storage.SnapshotStreamWriter;
import java.io.IOException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.Lock;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Joins the replica's thread and the network between the members. */
final class NetworkPeers implements Peers, AutoCloseable {
  private final QuorumNetwork network;

  /** Set before the network is started. */
  private volatile @Nullable ReplicaThread replica;

  /**
   * @param decoders makes one for each snapshot that a leader sends
   */
  NetworkPeers(QuorumSettings settings, Supplier<SnapshotStreamDecoder> decoders, Clock clock) {
    this.network =
        QuorumNetwork.driven(
            settings,
            new QuorumNetwork.Parts(
                new Inbox(),
                decoders,
                clock::nanos,
                bound -> ThreadLocalRandom.current().nextInt(bound)));
  }

  /**
   * Lets the others in, and begins to connect to them.
   *
   * @throws IOException when a port can't be bound
   */
  void start(ReplicaThread thread) throws IOException {
    replica = thread;
    try {
      network.start().join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof IOException cause) {
        throw cause;
      }
      throw e;
    }
  }

  private final class Inbox implements QuorumInbox {
    @Override
    public void put(QuorumInput input) {
      thread().submit(input);
    }

    @Override
    public void wake() {
      thread().flush();
    }

    private ReplicaThread thread() {
      ReplicaThread thread = replica;
      if (thread == null) {
        throw new IllegalStateException("the network was not started");
      }
      return thread;
    }
  }

  @Override
  public Waiting waiting() {
    DrivenLoop loop = network.drivenLoop();
    return loop == null ? Waiting.asleep() : new Driving(loop);
  }

  /** The replica's thread reads and writes what is between the members while it waits. */
  private record Driving(DrivenLoop loop) implements Waiting {
    @Override
    public void begin() {
      loop.begin();
    }

    @Override
    public void look() {
      loop.look();
    }

    @Override
    public void park(BooleanSupplier hasWork, long nanos) {
      loop.look(hasWork, nanos);
    }

    @Override
    public void wake() {
      loop.wakeup();
    }

    @Override
    public void end() {
      loop.end();
    }
  }

  @Override
  public void sendNotification(long sid, Notification notification) {
    network.sendNotification(sid, notification);
  }

  @Override
  public void connect(long link, long sid) {
    network.connect(link, sid);
  }

  @Override
  public void send(long link, QuorumPacket packet) {
    network.send(link, packet);
  }

  @Override
  public void sendSnapshot(long link, SnapshotStreamWriter snapshot, Lock shared, Runnable done) {
    network.sendSnapshot(link, snapshot, shared, done);
  }

  @Override
  public void flush() {
    network.flushLinks();
  }

  @Override
  public void close(long link, String why) {
    network.close(link, why);
  }

  @Override
  public void close() {
    network.stop();
  }
}
