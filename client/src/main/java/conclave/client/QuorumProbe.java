package conclave.client;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Asks one server, by the four-letter word {@code isro}, whether it has a quorum behind it: a
 * client that reads from a server without one looks for a better server meanwhile, as Apache's
 * does.
 */
final class QuorumProbe extends ChannelInboundHandlerAdapter {
  private final CompletableFuture<Boolean> answer = new CompletableFuture<>();
  private final StringBuilder heard = new StringBuilder();

  private QuorumProbe() {}

  /** Completes on the event loop: true for a server with a quorum; false also for silence. */
  static CompletableFuture<Boolean> ask(
      ClientPorts ports, InetSocketAddress server, ClientOptions options) {
    QuorumProbe probe = new QuorumProbe();
    Channel channel =
        new Bootstrap()
            .group(ports.loop())
            .channelFactory(ports.channels())
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, options.connectTimeoutMs())
            .handler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel fresh) {
                    Tls.addTo(fresh, server, options);
                    fresh.pipeline().addLast(probe);
                  }
                })
            .connect(server)
            .addListener(
                done -> {
                  if (!done.isSuccess()) {
                    probe.answer.complete(false);
                  }
                })
            .channel();
    var giveUp =
        ports
            .loop()
            .schedule(
                () -> probe.answer.complete(false),
                options.connectTimeoutMs(),
                TimeUnit.MILLISECONDS);
    probe.answer.whenComplete(
        (is, failure) -> {
          giveUp.cancel(false);
          channel.close();
        });
    return probe.answer;
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    context.writeAndFlush(Unpooled.copiedBuffer("isro", StandardCharsets.US_ASCII));
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    ByteBuf bytes = (ByteBuf) message;
    try {
      heard.append(bytes.toString(StandardCharsets.US_ASCII));
    } finally {
      bytes.release();
    }
    if (heard.length() >= 2) {
      answer.complete(heard.toString().startsWith("rw"));
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    answer.complete(false);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    answer.complete(false);
  }
}
