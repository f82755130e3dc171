package conclave.server.http;

import conclave.server.auth.ClientTls;
import conclave.server.transport.IoLoops;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.stream.ChunkedWriteHandler;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A port that shows a {@link Site}. It has a bounded number of connections, and each of them one
 * request at a time, of a bounded size, that has to come within the idle timeout.
 */
public final class HttpPort implements AutoCloseable {
  private static final int MOST_CONNECTIONS = 100;
  private static final int MOST_WAITING = 100;
  private static final int MOST_BODY_BYTES = 64 * 1024;

  /**
   * How connections are encrypted.
   *
   * @param plainToo whether a connection may be plain all the same; its first byte tells
   */
  public record Encryption(ClientTls tls, boolean plainToo) {}

  private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
  private final ThreadPoolExecutor pages;
  private final Site site;
  private final int idleTimeoutMs;
  private final @Nullable Encryption encryption;
  private @Nullable Channel listener;

  private HttpPort(String name, Site site, int idleTimeoutMs, @Nullable Encryption encryption) {
    this.site = site;
    this.idleTimeoutMs = idleTimeoutMs;
    this.encryption = encryption;
    this.pages =
        new ThreadPoolExecutor(
            1,
            1,
            10,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(MOST_WAITING),
            task -> {
              Thread thread = new Thread(task, "conclave-" + name);
              thread.setDaemon(true);
              return thread;
            });
    pages.allowCoreThreadTimeOut(true);
  }

  /**
   * Starts listening.
   *
   * @param name of the thread that makes the pages
   * @param idleTimeoutMs after which a connection on which nothing moves is closed, 0 for never
   * @throws java.net.BindException when the address is taken
   */
  public static HttpPort open(
      String name,
      IoLoops loops,
      InetSocketAddress address,
      Site site,
      int idleTimeoutMs,
      @Nullable Encryption encryption)
      throws IOException {
    HttpPort port = new HttpPort(name, site, idleTimeoutMs, encryption);
    ServerBootstrap bootstrap =
        loops
            .newBootstrap()
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childHandler(
                new ChannelInitializer<>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    port.accept(channel);
                  }
                });
    port.listener = IoLoops.bind(bootstrap, address);
    return port;
  }

  /** The port that was bound. */
  public int port() {
    Channel channel = listener;
    return channel == null ? -1 : ((InetSocketAddress) channel.localAddress()).getPort();
  }

  private void accept(Channel channel) {
    if (connections.size() >= MOST_CONNECTIONS) {
      channel.close();
      return;
    }
    connections.add(channel);
    if (idleTimeoutMs > 0) {
      channel.pipeline().addLast(new IdleStateHandler(0, 0, idleTimeoutMs, TimeUnit.MILLISECONDS));
    }
    if (encryption != null) {
      InetSocketAddress remote = (InetSocketAddress) channel.remoteAddress();
      ClientTls tls = encryption.tls();
      channel
          .pipeline()
          .addLast(
              encryption.plainToo()
                  ? tls.newDetector(remote, handler -> {})
                  : tls.newHandler(channel.alloc(), remote));
    }
    channel
        .pipeline()
        .addLast(new HttpServerCodec())
        .addLast(new UploadHandler(site, pages))
        .addLast(new HttpObjectAggregator(MOST_BODY_BYTES))
        .addLast(new ChunkedWriteHandler())
        .addLast(new HttpConnection(site, pages));
  }

  @Override
  public void close() {
    Channel channel = listener;
    if (channel != null) {
      channel.close().awaitUninterruptibly();
    }
    connections.close().awaitUninterruptibly(1, TimeUnit.SECONDS);
    pages.shutdown();
    try {
      // Connections that ended have left what they took to be removed.
      pages.awaitTermination(1, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    pages.shutdownNow();
  }
}
