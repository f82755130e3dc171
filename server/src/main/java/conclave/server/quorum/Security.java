package conclave.server.quorum;

import conclave.server.auth.QuorumSasl;
import conclave.server.auth.QuorumTls;
import conclave.server.auth.SaslSetupException;
import conclave.server.auth.TlsException;
import conclave.server.config.ServerConfig.QuorumSecurity;
import io.netty.channel.Channel;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import javax.security.sasl.SaslException;
import org.jspecify.annotations.Nullable;

/** Whether and how what servers say to each other is encrypted, and how they prove who they are. */
final class Security implements AutoCloseable {
  private final QuorumSecurity settings;
  private @Nullable QuorumTls tls;
  private @Nullable QuorumSasl sasl;

  /**
   * With {@code sslQuorum} everything is encrypted; with {@code portUnification} what comes in may
   * be either, so that servers can be switched over one by one.
   */
  Security(QuorumSecurity settings) {
    this.settings = settings;
  }

  /** Whether there is something to compute for it, or to ask somebody else. */
  static boolean takesTime(QuorumSecurity settings) {
    return mayEncrypt(settings) || settings.saslEnabled();
  }

  private static boolean mayEncrypt(QuorumSecurity settings) {
    return settings.sslQuorum() || settings.tls().portUnification();
  }

  /**
   * Before the first connection.
   *
   * @throws TlsException when the stores can't be used
   * @throws SaslSetupException when the JAAS configuration can't be used
   */
  void open() throws TlsException, SaslSetupException {
    if (mayEncrypt(settings)) {
      tls = QuorumTls.open(settings.tls());
    }
    if (settings.saslEnabled()) {
      sasl = QuorumSasl.open(settings);
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

  /** Who listens to what somebody who has connected has to prove; null where nobody does. */
  @Nullable SaslAcceptance newAcceptance(Channel channel) {
    return sasl == null ? null : new SaslAcceptance(sasl, channel);
  }

  /**
   * Proves to the other end of a connection that we have opened who we are, where that is asked
   * for.
   *
   * @param done told once: null, or why it has failed; at once when there is nothing to prove
   */
  void prove(Channel channel, int timeoutMs, Consumer<@Nullable String> done) {
    QuorumSasl used = sasl;
    if (used == null || !used.proves()) {
      done.accept(null);
      return;
    }
    try {
      channel.pipeline().addLast(new SaslProof(used.newProof(), done));
      var deadline =
          channel
              .eventLoop()
              .schedule(
                  () -> {
                    if (channel.pipeline().get(SaslProof.class) != null) {
                      channel.close();
                    }
                  },
                  timeoutMs,
                  TimeUnit.MILLISECONDS);
      channel.closeFuture().addListener(closed -> deadline.cancel(false));
    } catch (SaslException e) {
      done.accept("SASL: " + e.getMessage());
    }
  }

  @Override
  public void close() {
    if (tls != null) {
      tls.close();
    }
  }
}
