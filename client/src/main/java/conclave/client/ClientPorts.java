package conclave.client;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * All that a client needs of the world: time and chance, its thread, and sockets. The real ones are
 * {@link #open}; tests bring others, with which a client runs inside of a simulation.
 */
interface ClientPorts extends ClientRuntime {
  /** The client's one thread, and its timers. */
  EventLoop loop();

  /** Makes the channels, which run on that thread. */
  ChannelFactory<? extends Channel> channels();

  /** Where logins wait for whoever vouches for the client, one at a time. */
  Executor logins();

  /** The client has come to its end, and so do its threads. */
  void close();

  /** Threads and sockets of this machine. */
  static ClientPorts open() {
    EventLoopGroup group =
        new MultiThreadIoEventLoopGroup(
            1, new DefaultThreadFactory("conclave-client", true), NioIoHandler.newFactory());
    // Its thread is there only while somebody logs in.
    ExecutorService logins =
        new ThreadPoolExecutor(
            0,
            1,
            1,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            new DefaultThreadFactory("conclave-login", true));
    return new OfThisMachine(group, group.next(), logins, new Random());
  }

  /** What a client has in production. */
  record OfThisMachine(EventLoopGroup group, EventLoop loop, ExecutorService logins, Random random)
      implements ClientPorts {
    @Override
    public long nanoTime() {
      return System.nanoTime();
    }

    @Override
    public long currentTimeMs() {
      return System.currentTimeMillis();
    }

    @Override
    public UUID newUuid() {
      return UUID.randomUUID();
    }

    @Override
    public ChannelFactory<? extends Channel> channels() {
      return ClientSocket::new;
    }

    @Override
    public void close() {
      logins.shutdownNow();
      group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }
  }
}
