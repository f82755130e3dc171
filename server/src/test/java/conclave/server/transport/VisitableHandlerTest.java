package conclave.server.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class VisitableHandlerTest {
  private static final int ROUNDS = 20_000;

  private final AtomicReference<VisitableHandler> made = new AtomicReference<>();
  private final AtomicInteger reads = new AtomicInteger();

  /** Not atomic: the lock has to do. */
  private long guarded;

  private MultiThreadIoEventLoopGroup group;
  private VisitableHandler door;

  @BeforeEach
  void start() {
    assumeThat(Epoll.isAvailable()).isTrue();
    group =
        new MultiThreadIoEventLoopGroup(
            1,
            executor -> {
              made.set(new VisitableHandler(EpollIoHandler.newFactory().newHandler(executor)));
              return made.get();
            });
    door = made.get();
    // By that it has its thread.
    group.submit(() -> {}).syncUninterruptibly();
  }

  @AfterEach
  void end() {
    if (group != null) {
      group.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    }
  }

  /** Not by Awaitility, which may ask on another thread. */
  private void enter() {
    while (!door.tryEnter()) {
      Thread.onSpinWait();
    }
  }

  @Test
  void nobodyComesInWhileTheLoopRunsSomething() throws InterruptedException {
    CountDownLatch runs = new CountDownLatch(1);
    CountDownLatch mayEnd = new CountDownLatch(1);
    group.execute(
        () -> {
          runs.countDown();
          try {
            mayEnd.await();
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        });
    runs.await();
    assertThat(door.tryEnter()).isFalse();
    mayEnd.countDown();
    enter();
    door.leave();
  }

  @Test
  void whatComesInDuringAVisitWaitsForItsEnd() throws Exception {
    Channel server = listen();
    try (Socket socket = connect(server)) {
      enter();
      socket.getOutputStream().write(1);
      await().until(door::isWaitedFor);
      assertThat(reads).hasValue(0);
      door.leave();
      await().until(() -> reads.get() == 1);
    }
  }

  /** Reads, tasks and timers on the one side, visits on the other one: nothing is lost. */
  @Test
  void oneAtATime() throws Exception {
    Channel server = listen();
    int visits = 0;
    try (Socket socket = connect(server)) {
      for (int i = 0; i < ROUNDS; i++) {
        if (i % 4 == 0) {
          socket.getOutputStream().write(1);
        }
        if (i % 4 == 2) {
          group.schedule(() -> guarded++, i % 100, TimeUnit.MICROSECONDS);
        } else {
          group.execute(() -> guarded++);
        }
        if (door.tryEnter()) {
          guarded++;
          visits++;
          door.leave();
        }
      }
      await().until(() -> reads.get() == ROUNDS / 4);
      int all = ROUNDS + ROUNDS / 4 + visits;
      await().until(() -> group.submit(() -> guarded).get() == all);
    }
    assertThat(visits).isPositive();
  }

  private Channel listen() {
    return new ServerBootstrap()
        .group(group)
        .channel(EpollServerSocketChannel.class)
        .childHandler(
            new ChannelInitializer<Channel>() {
              @Override
              protected void initChannel(Channel channel) {
                channel.pipeline().addLast(new Counting());
              }
            })
        .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
        .syncUninterruptibly()
        .channel();
  }

  private static Socket connect(Channel server) throws IOException {
    InetSocketAddress address = (InetSocketAddress) server.localAddress();
    Socket socket = new Socket(address.getAddress(), address.getPort());
    socket.setTcpNoDelay(true);
    return socket;
  }

  private final class Counting extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext ctx, Object bytes) {
      int count = ((ByteBuf) bytes).readableBytes();
      guarded += count;
      reads.addAndGet(count);
      ReferenceCountUtil.release(bytes);
    }
  }
}
