package conclave.server.transport;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import conclave.replica.Serving;
import conclave.server.admin.AuditLog;
import conclave.server.admin.Counter;
import conclave.server.admin.RefusalLog;
import conclave.server.auth.ClientTls;
import conclave.server.auth.Identities;
import conclave.server.auth.SaslLogin;
import conclave.server.config.ServerConfig;
import conclave.server.loop.Clock;
import conclave.server.loop.ReplicaThread;
import conclave.server.loop.SharedTree;
import conclave.server.pipeline.Admission;
import conclave.server.pipeline.LargeRequests;
import conclave.server.pipeline.RequestThrottle;
import conclave.server.pipeline.UnreadBytes;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.handler.ssl.SslHandler;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where clients come in: binds the port, makes a {@link ClientConnection} of every connection that
 * is admitted, and holds what they all need.
 */
public final class ClientPort implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ClientPort.class);

  /**
   * What a client may leave unread before it is hung up on; beyond one reply of the largest size.
   */
  static final int MAX_PENDING_OUTPUT_BYTES = 64 * 1024 * 1024;

  private static final WriteBufferWaterMark WATER_MARK =
      new WriteBufferWaterMark(256 * 1024, 1024 * 1024);
  private static final long SWEEP_MS = 1000;
  private static final long LONGEST_GOODBYE_NANOS = 300_000_000;

  private final ServerConfig config;
  private final IoLoops loops;
  private final SharedTree tree;
  private final ReplicaThread replica;
  private final Identities identities;
  private final Admission admission;
  private final Words words;
  private final @Nullable SaslLogin sasl;
  private final @Nullable AuditLog audit;
  private final Clock clock;
  private final RequestThrottle throttle;
  private final LargeRequests largeRequests;
  private final UnreadBytes unread;
  private final RefusalLog refusals;
  private final List<Channel> listeners = new ArrayList<>();

  /** What the connections need of the server around them. */
  public record Parts(
      ServerConfig config,
      IoLoops loops,
      SharedTree tree,
      ReplicaThread replica,
      Identities identities,
      Admission admission,
      Words words,
      @Nullable SaslLogin sasl,
      @Nullable AuditLog audit,
      Clock clock) {}

  public ClientPort(Parts parts) {
    this.config = parts.config();
    this.loops = parts.loops();
    this.tree = parts.tree();
    this.replica = parts.replica();
    this.identities = parts.identities();
    this.admission = parts.admission();
    this.words = parts.words();
    this.sasl = parts.sasl();
    this.audit = parts.audit();
    this.clock = parts.clock();
    this.throttle = new RequestThrottle(config.requestThrottle(), loops.contexts().size());
    this.unread = new UnreadBytes(config.limits().maxUnreadBytes());
    this.largeRequests = new LargeRequests(config.limits());
    this.refusals = new RefusalLog(LOG, clock::nanos);
    for (LoopContext loop : loops.contexts()) {
      loop.connect(replica::flush, throttle);
      loop.eventLoop()
          .scheduleWithFixedDelay(() -> sweep(loop), SWEEP_MS, SWEEP_MS, TimeUnit.MILLISECONDS);
    }
  }

  /**
   * Starts listening.
   *
   * @param tls what encrypts the connections, null for plain ones
   * @param plainToo whether a connection may be plain all the same; its first byte tells
   * @return the address that was bound, its port chosen by the system when that asked for was 0
   * @throws java.net.BindException when the address is taken
   */
  public InetSocketAddress listen(
      InetSocketAddress address, @Nullable ClientTls tls, boolean plainToo)
      throws java.io.IOException {
    ServerBootstrap bootstrap =
        loops
            .newBootstrap()
            .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
            .childHandler(
                new ChannelInitializer<>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    accept(channel, tls, plainToo);
                  }
                });
    // Each option is a system call for each connection. That nothing is held back to be sent
    // together
    // with more (TCP_NODELAY) is Netty's own default, and that there is nothing to wait for when a
    // socket is closed (SO_LINGER) the system's.
    if (config.limits().clientTcpKeepAlive()) {
      bootstrap.childOption(ChannelOption.SO_KEEPALIVE, true);
    }
    if (config.ports().listenBacklog() > 0) {
      bootstrap.option(ChannelOption.SO_BACKLOG, config.ports().listenBacklog());
    }
    Channel listener = IoLoops.bind(bootstrap, address);
    listeners.add(listener);
    return (InetSocketAddress) listener.localAddress();
  }

  private void accept(Channel channel, @Nullable ClientTls tls, boolean plainToo) {
    InetSocketAddress remote = (InetSocketAddress) channel.remoteAddress();
    InetAddress address = remote.getAddress();
    String refusal = admission.connect(address);
    channel.closeFuture().addListener(closed -> admission.disconnect(address));
    if (refusal != null) {
      refusals.refused(refusal, channel.remoteAddress());
      loops.context(channel.eventLoop()).recorder().count(Counter.CONNECTION_REJECTED);
      channel.close();
      return;
    }
    LoopContext loop = loops.context(channel.eventLoop());
    ClientConnection connection = new ClientConnection(this, loop, remote.getAddress());
    if (tls != null && plainToo) {
      channel
          .pipeline()
          .addLast(tls.newDetector(remote, handler -> connection.securedBy(handler, remote)));
    } else if (tls != null) {
      SslHandler handler = tls.newHandler(channel.alloc(), remote);
      channel.pipeline().addLast(handler);
      connection.securedBy(handler, remote);
    } else {
      connection.plain(channel);
    }
    channel.pipeline().addLast(connection);
  }

  /** Hangs up on connections that have kept a handshake or a frame unfinished for too long. */
  private void sweep(LoopContext loop) {
    long nowNanos = clock.nanos();
    for (ClientConnection connection : List.copyOf(loop.connections())) {
      connection.checkDeadlines(nowNanos);
    }
    loop.flushDirty();
  }

  /** Accepts no more connections and takes no more requests; answers still leave. */
  public void stopTaking() {
    for (Channel listener : listeners) {
      listener.close().awaitUninterruptibly();
    }
    onEveryLoop(loop -> loop.connections().forEach(ClientConnection::stopTaking));
  }

  /** Sends what is answered, and hangs up; on those that do not take it, after a moment. */
  @Override
  public void close() {
    Queue<ChannelFuture> closing = new ConcurrentLinkedQueue<>();
    onEveryLoop(
        loop -> {
          loop.settle();
          loop.connections().forEach(connection -> closing.add(connection.closeGently()));
          loop.flushDirty();
        });
    long deadlineNanos = clock.nanos() + LONGEST_GOODBYE_NANOS;
    for (ChannelFuture closed : closing) {
      closed.awaitUninterruptibly(Math.max(0, deadlineNanos - clock.nanos()), NANOSECONDS);
    }
    onEveryLoop(loop -> List.copyOf(loop.connections()).forEach(ClientConnection::closeQuietly));
  }

  private void onEveryLoop(Consumer<LoopContext> action) {
    for (LoopContext loop : loops.contexts()) {
      loop.eventLoop().submit(() -> action.accept(loop)).awaitUninterruptibly(1, TimeUnit.SECONDS);
    }
  }

  ServerConfig config() {
    return config;
  }

  SharedTree tree() {
    return tree;
  }

  /** Whom this server lets in at the moment. */
  Serving serving() {
    return loops.serving();
  }

  ReplicaThread replica() {
    return replica;
  }

  Identities identities() {
    return identities;
  }

  Admission admission() {
    return admission;
  }

  RequestThrottle throttle() {
    return throttle;
  }

  /** What all clients leave unread. */
  UnreadBytes unread() {
    return unread;
  }

  LargeRequests largeRequests() {
    return largeRequests;
  }

  Words words() {
    return words;
  }

  /** What clients can prove by SASL, null when that is nothing. */
  @Nullable SaslLogin sasl() {
    return sasl;
  }

  /** Where changes are told of, null for nowhere. */
  @Nullable AuditLog audit() {
    return audit;
  }

  Clock clock() {
    return clock;
  }

  RefusalLog refusals() {
    return refusals;
  }

  int maxPendingOutputBytes() {
    return MAX_PENDING_OUTPUT_BYTES;
  }

  /** A connection whose handler failed: told with its trace, at a bounded rate. */
  void failed(Throwable cause, SocketAddress remote) {
    refusals.failed(cause, remote);
  }
}
