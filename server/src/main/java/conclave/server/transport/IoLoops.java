package conclave.server.transport;

import conclave.replica.Serving;
import conclave.server.admin.ConnectionView;
import conclave.server.admin.ServerMetrics;
import conclave.server.loop.Clients;
import conclave.server.loop.Clock;
import conclave.server.loop.Outbox;
import conclave.server.loop.SharedTree;
import conclave.state.WatchTable;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The event loops, each with what its connections share; epoll's where it loads, the JDK's
 * elsewhere.
 */
public final class IoLoops implements Clients, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(IoLoops.class);

  private final MultiThreadIoEventLoopGroup group;
  private final Class<? extends ServerChannel> serverChannel;
  private final Map<EventLoop, LoopContext> contexts = new HashMap<>();
  private volatile Serving serving = Serving.NOBODY;

  /**
   * @param visitable whether the replica's thread may pass on small replies while a loop's waits
   */
  public IoLoops(
      int threads, SharedTree tree, boolean visitable, Clock clock, ServerMetrics metrics) {
    boolean epoll = Epoll.isAvailable();
    Map<Object, LoopContext.Waiting> waitings = new ConcurrentHashMap<>();
    IoHandlerFactory factory =
        epoll ? noted(visitable, clock, waitings) : NioIoHandler.newFactory();
    group =
        new MultiThreadIoEventLoopGroup(
            threads, new DefaultThreadFactory("conclave-io", false), factory);
    serverChannel = epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
    for (EventExecutor executor : group) {
      EventLoop loop = (EventLoop) executor;
      contexts.put(
          loop,
          new LoopContext(
              loop,
              waitings.getOrDefault(loop, LoopContext.Waiting.PLAIN),
              tree,
              clock,
              metrics.newRecorder()));
    }
  }

  /** Epoll's, with what is special about how each loop waits noted in {@code waitings}. */
  private static IoHandlerFactory noted(
      boolean visitable, Clock clock, Map<Object, LoopContext.Waiting> waitings) {
    IoHandlerFactory factory = EpollIoHandler.newFactory();
    return executor -> {
      IoHandler epoll = factory.newHandler(executor);
      VisitableHandler door = visitable ? new VisitableHandler(epoll) : null;
      LingeringHandler lingering = new LingeringHandler(door == null ? epoll : door, clock::nanos);
      waitings.put(executor, new LoopContext.Waiting(door, lingering));
      return lingering;
    };
  }

  /** Whom this server lets in at the moment. */
  public Serving serving() {
    return serving;
  }

  @Override
  public void serve(Serving whom) {
    serving = whom;
    if (whom == Serving.NOBODY) {
      for (LoopContext context : contexts.values()) {
        context.eventLoop().execute(context::hangUp);
      }
    }
  }

  /** The ways from the replica to each event loop. */
  @Override
  public Collection<Outbox> outboxes() {
    List<Outbox> outboxes = new ArrayList<>();
    contexts.values().forEach(context -> outboxes.add(context.outbox()));
    return outboxes;
  }

  /** The watches of each event loop's connections, for the state machine to trigger. */
  public Collection<WatchTable> watchTables() {
    List<WatchTable> tables = new ArrayList<>();
    contexts.values().forEach(context -> tables.add(context.watches()));
    return tables;
  }

  /** Requests that the replica has not answered. */
  public long inFlight() {
    return contexts.values().stream().mapToLong(LoopContext::inFlight).sum();
  }

  /** Every connection with its figures, as of now or a moment ago. */
  public List<ConnectionView> connectionViews() {
    List<ConnectionView> views = new ArrayList<>();
    for (LoopContext context : contexts.values()) {
      context.connections().forEach(connection -> views.add(connection.view()));
    }
    return views;
  }

  /** Starts every connection's figures anew, each on its own event loop. */
  public void resetConnectionStats() {
    for (LoopContext context : contexts.values()) {
      context
          .eventLoop()
          .execute(() -> context.connections().forEach(ClientConnection::resetStats));
    }
  }

  /** Runs something short on an event loop, at once and again and again. */
  public void every(Duration period, Runnable action) {
    group
        .next()
        .scheduleAtFixedRate(action, 0, period.toMillis(), TimeUnit.MILLISECONDS)
        .addListener(
            ended -> {
              if (ended.cause() != null && !ended.isCancelled()) {
                LOG.error(
                    "What runs every {} has failed, and runs no more.", period, ended.cause());
              }
            });
  }

  /** For a port whose connections are on these loops. */
  public ServerBootstrap newBootstrap() {
    return new ServerBootstrap()
        .group(group)
        .channel(serverChannel)
        .option(ChannelOption.SO_REUSEADDR, true);
  }

  /**
   * Starts listening; the channel's address has the port that the system chose when 0 was asked
   * for.
   *
   * @throws BindException when the address can't be had
   */
  public static Channel bind(ServerBootstrap bootstrap, InetSocketAddress address)
      throws BindException {
    ChannelFuture bound = bootstrap.bind(address).awaitUninterruptibly();
    if (!bound.isSuccess()) {
      Throwable cause = bound.cause();
      String reason = cause == null ? "no reason given" : String.valueOf(cause.getMessage());
      // Not every transport says BindException, or which address it was.
      BindException failure = new BindException("can't listen on " + address + ": " + reason);
      failure.initCause(cause);
      throw failure;
    }
    return bound.channel();
  }

  Collection<LoopContext> contexts() {
    return contexts.values();
  }

  LoopContext context(EventLoop loop) {
    LoopContext context = contexts.get(loop);
    if (context == null) {
      throw new IllegalStateException("not one of this server's event loops: " + loop);
    }
    return context;
  }

  @Override
  public void close() {
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2, TimeUnit.SECONDS);
  }
}
