package conclave.server.quorum;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The one event loop of all connections between servers, with a thread of its own or without; and
 * how sockets on it are set up: epoll's where it loads, the JDK's elsewhere.
 */
final class PeerLoop implements AutoCloseable {
  private static final WriteBufferWaterMark WATER_MARK =
      new WriteBufferWaterMark(256 * 1024, 1024 * 1024);

  private final boolean epoll = Epoll.isAvailable();
  private final EventLoopGroup group;
  private final EventLoop loop;
  private final boolean keepAlive;

  /**
   * @param driven whether somebody else's thread runs it
   */
  PeerLoop(boolean keepAlive, boolean driven) {
    this.keepAlive = keepAlive;
    IoHandlerFactory factory = epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
    group =
        driven
            ? new DrivenLoop(factory)
            : new MultiThreadIoEventLoopGroup(
                1, new DefaultThreadFactory("conclave-peers", false), factory);
    loop = group.next();
  }

  EventLoop eventLoop() {
    return loop;
  }

  /**
   * Has the system end a connection when its other end takes nothing of what is sent for so long.
   *
   * @return whether it can do that
   */
  boolean endWhenNothingIsTaken(Channel channel, int ms) {
    try {
      return epoll && channel.config().setOption(EpollChannelOption.TCP_USER_TIMEOUT, ms);
    } catch (ChannelException e) {
      // It is closed already, which its owner is about to be told.
      return false;
    }
  }

  Bootstrap connector(int timeoutMs) {
    Bootstrap bootstrap =
        new Bootstrap()
            .group(loop)
            .channel(epoll ? EpollSocketChannel.class : NioSocketChannel.class)
            .disableResolver()
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, timeoutMs)
            .option(ChannelOption.TCP_NODELAY, true)
            .option(ChannelOption.SO_KEEPALIVE, keepAlive)
            .option(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
            .handler(
                new ChannelInitializer<>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    // What it needs is added by whoever asked for it, once it is connected.
                  }
                });
    return bootstrap;
  }

  ServerBootstrap acceptor(Consumer<Channel> accepted) {
    Class<? extends ServerChannel> type =
        epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
    ServerBootstrap bootstrap =
        new ServerBootstrap()
            .group(loop, loop)
            .channel(type)
            .option(ChannelOption.SO_REUSEADDR, true)
            .option(ChannelOption.SO_BACKLOG, 1024)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childOption(ChannelOption.SO_KEEPALIVE, keepAlive)
            .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
            .childHandler(
                new ChannelInitializer<>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    accepted.accept(channel);
                  }
                });
    return bootstrap;
  }

  @Override
  public void close() {
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2, TimeUnit.SECONDS);
  }
}
