package conclave.client;

import conclave.simulator.Guest;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.AbstractChannel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelMetadata;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.DefaultChannelConfig;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A channel whose bytes go through a simulated network, instead of a socket. */
final class GuestChannel extends AbstractChannel {
  private static final ChannelMetadata METADATA = new ChannelMetadata(false);

  private final Guest machine;
  private final GuestLoop loop;
  private final ChannelConfig config = new Config(this);
  private Guest.@Nullable Wire wire;
  private @Nullable SocketAddress remote;
  private boolean open = true;
  private boolean active;

  /** A socket takes options that mean nothing here. */
  private static final class Config extends DefaultChannelConfig {
    Config(GuestChannel channel) {
      super(channel);
    }

    @Override
    public <T> boolean setOption(ChannelOption<T> option, T value) {
      return ChannelOption.TCP_NODELAY.equals(option) || super.setOption(option, value);
    }
  }

  GuestChannel(Guest machine, GuestLoop loop) {
    super(null);
    this.machine = machine;
    this.loop = loop;
  }

  /** What the network has to say, on the loop. */
  private final class OfNetwork implements Guest.Socket {
    private final ChannelPromise connecting;
    private final ScheduledFuture<?> timer;

    OfNetwork(ChannelPromise connecting, ScheduledFuture<?> timer) {
      this.connecting = connecting;
      this.timer = timer;
    }

    @Override
    public void connected() {
      loop.enter(
          () -> {
            timer.cancel(false);
            active = true;
            boolean wanted = connecting.trySuccess();
            pipeline().fireChannelActive();
            if (!wanted) {
              unsafe().close(voidPromise());
            }
          });
    }

    @Override
    public void refused() {
      loop.enter(
          () -> {
            timer.cancel(false);
            connecting.tryFailure(new ConnectException("connection refused"));
            unsafe().close(voidPromise());
          });
    }

    @Override
    public void received(byte[] bytes) {
      loop.enter(
          () -> {
            pipeline().fireChannelRead(Unpooled.wrappedBuffer(bytes));
            pipeline().fireChannelReadComplete();
          });
    }

    @Override
    public void closed() {
      loop.enter(() -> unsafe().close(voidPromise()));
    }
  }

  private final class Connecting extends AbstractUnsafe {
    @Override
    public void connect(SocketAddress to, @Nullable SocketAddress from, ChannelPromise promise) {
      if (!promise.setUncancellable() || !ensureOpen(promise)) {
        return;
      }
      remote = to;
      int withinMs = config.getConnectTimeoutMillis();
      ScheduledFuture<?> timer =
          loop.schedule(
              () -> {
                if (promise.tryFailure(new ConnectTimeoutException("withinMs=" + withinMs))) {
                  close(voidPromise());
                }
              },
              withinMs,
              TimeUnit.MILLISECONDS);
      int member = ((InetSocketAddress) to).getAddress().getAddress()[3] - 1;
      wire = machine.connect(member, new OfNetwork(promise, timer));
    }
  }

  @Override
  protected AbstractUnsafe newUnsafe() {
    return new Connecting();
  }

  @Override
  protected boolean isCompatible(EventLoop other) {
    return other == loop;
  }

  @Override
  protected void doWrite(ChannelOutboundBuffer in) {
    Guest.Wire to = wire;
    for (Object next = in.current(); next != null; next = in.current()) {
      ByteBuf frame = (ByteBuf) next;
      byte[] bytes = new byte[frame.readableBytes()];
      frame.readBytes(bytes);
      if (to != null) {
        to.send(bytes);
      }
      in.remove();
    }
  }

  @Override
  protected void doClose() {
    open = false;
    active = false;
    Guest.Wire current = wire;
    if (current != null) {
      current.close();
    }
  }

  @Override
  protected void doDisconnect() {
    doClose();
  }

  @Override
  protected void doBeginRead() {}

  @Override
  protected void doBind(SocketAddress address) {
    throw new UnsupportedOperationException("a client only");
  }

  @Override
  protected @Nullable SocketAddress localAddress0() {
    return null;
  }

  @Override
  protected @Nullable SocketAddress remoteAddress0() {
    return remote;
  }

  @Override
  public ChannelConfig config() {
    return config;
  }

  @Override
  public boolean isOpen() {
    return open;
  }

  @Override
  public boolean isActive() {
    return active;
  }

  @Override
  public ChannelMetadata metadata() {
    return METADATA;
  }
}
