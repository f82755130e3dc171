package conclave.server.quorum;

import conclave.protocol.HostPort;
import conclave.protocol.Notification;
import conclave.protocol.QuorumPacket;
import conclave.server.admin.RefusalLog;
import conclave.server.auth.SaslSetupException;
import conclave.server.auth.TlsException;
import conclave.storage.SnapshotStreamDecoder;
import conclave.storage.SnapshotStreamWriter;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import java.util.function.Consumer;
import java.util.function.IntUnaryOperator;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A member's connections with the other members.
 *
 * <p>Threads: {@link #sendNotification}, {@link #connect}, {@link #send}, {@link #sendSnapshot},
 * {@link #flushLinks} and {@link #close(long, String)} are the replica's thread's, and none of them
 * blocks. What comes in is told to the {@link QuorumInbox} on the network's own thread.
 */
public final class QuorumNetwork {
  private static final Logger LOG = LoggerFactory.getLogger(QuorumNetwork.class);

  private final QuorumSettings settings;
  private final PeerLoop peers;
  private final Names names = new Names();
  private final EventLoop loop;
  private final Security security;
  private final ElectionPort election;
  private final QuorumPort quorum;
  private final CommandQueue commands;
  private final List<Listening> electionListeners = new ArrayList<>();
  private final List<Listening> quorumListeners = new ArrayList<>();

  /**
   * What the network needs of the world around it.
   *
   * @param snapshotDecoders makes one for each snapshot that a leader sends
   * @param nanos monotonic time
   * @param random a number below its argument
   */
  public record Parts(
      QuorumInbox inbox,
      Supplier<SnapshotStreamDecoder> snapshotDecoders,
      LongSupplier nanos,
      IntUnaryOperator random) {}

  /** With a thread of its own. */
  public QuorumNetwork(QuorumSettings settings, Parts parts) {
    this(settings, parts, false);
  }

  /** To be run by the thread that it is there for; with TLS or SASL it has its own. */
  public static QuorumNetwork driven(QuorumSettings settings, Parts parts) {
    return new QuorumNetwork(settings, parts, !Security.takesTime(settings.security()));
  }

  private QuorumNetwork(QuorumSettings settings, Parts parts, boolean driven) {
    this.settings = settings;
    this.peers = new PeerLoop(settings.sockets().tcpKeepAlive(), driven);
    this.security = new Security(settings.security());
    this.loop = peers.eventLoop();
    Shared shared =
        new Shared(
            peers,
            names,
            security,
            parts.inbox(),
            new RefusalLog(LOG, parts.nanos()),
            parts.nanos(),
            parts.random());
    this.election = new ElectionPort(settings, shared);
    this.quorum = new QuorumPort(settings, shared, parts.snapshotDecoders());
    this.commands = new CommandQueue(this::carryOutSoon);
    listeners(settings.electionAddresses(settings.sid()), election::accepted, electionListeners);
    listeners(settings.quorumAddresses(settings.sid()), quorum::accepted, quorumListeners);
  }

  private void listeners(
      List<HostPort> addresses, Consumer<Channel> accepted, List<Listening> into) {
    boolean everywhere = settings.sockets().listenOnAllIps();
    ServerBootstrap acceptor = peers.acceptor(accepted);
    addresses.stream()
        .map(address -> everywhere ? new HostPort("", address.port()) : address)
        .distinct()
        .forEach(
            address ->
                into.add(
                    new Listening(
                        loop,
                        names,
                        acceptor,
                        address,
                        everywhere,
                        settings.sockets().electionPortBindRetry())));
  }

  /**
   * Begins to listen and to connect.
   *
   * @return done when this server can be reached at all its addresses; a {@link
   *     java.net.BindException} when one of them can't be had, a {@link TlsException} or {@link
   *     SaslSetupException} when there can't be TLS or SASL
   */
  public CompletableFuture<Void> start() {
    try {
      security.open();
    } catch (TlsException | SaslSetupException e) {
      return CompletableFuture.failedFuture(e);
    }
    List<Listening> all = new ArrayList<>(electionListeners);
    all.addAll(quorumListeners);
    loop.execute(
        () -> {
          all.forEach(Listening::begin);
          election.begin();
        });
    return CompletableFuture.allOf(
        all.stream().map(Listening::bound).toArray(CompletableFuture[]::new));
  }

  /** Where the election port has been bound; after {@link #start} is done. */
  public List<InetSocketAddress> electionAddresses() {
    return electionListeners.stream().map(listener -> listener.bound().join()).toList();
  }

  /** Where the quorum port has been bound; after {@link #start} is done. */
  public List<InetSocketAddress> quorumAddresses() {
    return quorumListeners.stream().map(listener -> listener.bound().join()).toList();
  }

  // --- the replica's thread

  /** To a member's election port; of several that have not left the newest does. */
  public void sendNotification(long sid, Notification notification) {
    atOnce(new Command.Notify(sid, notification));
  }

  /**
   * Opens a link to a member's quorum port.
   *
   * @param link a negative number that was not used before
   */
  public void connect(long link, long sid) {
    atOnce(new Command.Connect(link, sid));
  }

  /** Leaves with the next {@link #flushLinks}, or earlier. */
  public void send(long link, QuorumPacket packet) {
    commands.offer(new Command.Send(link, packet));
  }

  /**
   * Sends SNAP and the snapshot behind it. Leaves with the next {@link #flushLinks}, at the pace at
   * which the other end takes it; what is sent to that link later leaves behind it.
   *
   * @param shared the lock under which the tree may be read
   * @param done called once, on the network's thread, when the tree is not read any more
   */
  public void sendSnapshot(long link, SnapshotStreamWriter snapshot, Lock shared, Runnable done) {
    commands.offer(new Command.SendSnapshot(link, new OutgoingSnapshot(snapshot, shared, done)));
  }

  /** Everything that was sent to links leaves. */
  public void flushLinks() {
    commands.flush();
  }

  /** Hangs up, when what was sent has left as far as the other end takes it. Nobody is told. */
  public void close(long link, String why) {
    atOnce(new Command.Close(link, why));
  }

  private void atOnce(Command command) {
    commands.offer(command);
    commands.flush();
  }

  /** The loop to be run by the replica's thread; null when it has a thread of its own. */
  public @Nullable DrivenLoop drivenLoop() {
    return loop instanceof DrivenLoop driven ? driven : null;
  }

  private void carryOutSoon() {
    if (loop.inEventLoop()) {
      carryOut();
    } else {
      loop.execute(this::carryOut);
    }
  }

  // --- the event loop

  private void carryOut() {
    commands.awake();
    Command command;
    while ((command = commands.poll()) != null) {
      if (command instanceof Command.Send send) {
        quorum.carryOut(send);
      } else if (command instanceof Command.Notify notify) {
        election.send(notify.sid(), notify.notification());
      } else if (command instanceof Command.Connect connect) {
        quorum.connect(connect.link(), connect.sid());
      } else if (command instanceof Command.SendSnapshot send) {
        quorum.carryOut(send);
      } else if (command instanceof Command.Close close) {
        quorum.carryOut(close);
      }
    }
    quorum.pump();
  }

  /** Hangs up on everybody. Nothing is told to the inbox after it. */
  public void stop() {
    loop.submit(
            () -> {
              electionListeners.forEach(Listening::close);
              quorumListeners.forEach(Listening::close);
              carryOut();
              election.close();
              quorum.close();
            })
        .awaitUninterruptibly(1, TimeUnit.SECONDS);
    peers.close();
    names.close();
    security.close();
  }
}
