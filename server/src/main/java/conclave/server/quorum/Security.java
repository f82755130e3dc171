package conclave.server.quorum;

import conclave.server.auth.QuorumTls;
import conclave.server.auth.TlsException;
import conclave.server.config.ServerConfig.QuorumSecurity;
import io.netty.channel.Channel;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** Whether and how what servers say to each other is encrypted. */
final class Security implements AutoCloseable {
  private final QuorumSecurity settings;
  private @Nullable QuorumTls tls;

  /**
   * With {@code sslQuorum} everything is encrypted; with {@code portUnification} what comes in may
   * be either, so that servers can be switched over one by one.
   */
  Security(QuorumSecurity settings) {
    this.settings = settings;
  }

  /**
   * Before the first connection.
   *
   * @throws TlsException when the stores can't be used
   */
  void open() throws TlsException {
    if (settings.sslQuorum() || settings.tls().portUnification()) {
      tls = QuorumTls.open(settings.tls());
    }
  }

  /** Puts what is needed in front of a connection that has come in. */
  void accepted(Channel channel) {
    QuorumTls used = tls;
    if (used != null) {
      boolean plainToo = settings.tls().portUnification() || !settings.sslQuorum();
      InetSocketAddress remote = (InetSocketAddress) channel.remoteAddress();
      channel
          .pipeline()
          .addFirst(
              plainToo ? used.newDetector(remote) : used.newAcceptor(channel.alloc(), remote));
    }
  }

  /**
   * The same for one that we have opened.
   *
   * @return done when it can be used; null when it can at once
   */
  @Nullable Future<Channel> connected(Channel channel, InetSocketAddress address) {
    QuorumTls used = tls;
    if (used == null || !settings.sslQuorum()) {
      return null;
    }
    SslHandler handler =
        used.newConnector(channel.alloc(), address.getHostString(), address.getPort());
    channel.pipeline().addFirst(handler);
    return handler.handshakeFuture();
  }

  @Override
  public void close() {
    if (tls != null) {
      tls.close();
    }
  }
}
