package conclave.server.auth;

import conclave.server.config.ServerConfig.Tls;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelHandler;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.ImmediateExecutor;
import java.net.InetSocketAddress;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;

/**
 * TLS of the ports for clients. Handlers are made on event loops; with {@code client.certReload},
 * changed stores are noticed there, and a store that cannot be loaded any more leaves the former
 * one in use.
 */
public final class ClientTls implements AutoCloseable {

  private final ReloadedContext context;
  private final @Nullable ExecutorService lookups;

  private ClientTls(Tls tls, LongSupplier nowMs) throws TlsException {
    this.context =
        new ReloadedContext(
            tls, () -> TlsContext.build(tls, tls.clientHostnameVerification()), nowMs);
    // The name of a client's address is asked of the network, which no event loop may wait for.
    this.lookups =
        tls.clientHostnameVerification() && tls.allowReverseDnsLookup() ? newLookupThread() : null;
  }

  /**
   * Loads the stores.
   *
   * @throws TlsException when the settings do not make a working context
   */
  public static ClientTls open(Tls tls) throws TlsException {
    return open(tls, () -> System.nanoTime() / 1_000_000);
  }

  static ClientTls open(Tls tls, LongSupplier nowMs) throws TlsException {
    return new ClientTls(tls, nowMs);
  }

  static ExecutorService newLookupThread() {
    return Executors.newSingleThreadExecutor(
        task -> {
          Thread thread = new Thread(task, "tls-lookup");
          thread.setDaemon(true);
          return thread;
        });
  }

  /** The handler for a connection of a TLS port, to be the first of its pipeline. */
  public SslHandler newHandler(ByteBufAllocator allocator, InetSocketAddress remote) {
    Executor tasks = lookups == null ? ImmediateExecutor.INSTANCE : lookups;
    String host =
        remote.getAddress() == null ? remote.getHostString() : remote.getAddress().getHostAddress();
    return context.get().newHandler(allocator, host, remote.getPort(), tasks);
  }

  /**
   * The handler for a connection that may be encrypted or plain ({@code client.portUnification}),
   * to be the first of its pipeline. It goes away when the first byte has come.
   *
   * @param whenTls told on the event loop, before the handshake goes on, when the connection turns
   *     out to be encrypted
   */
  public ChannelHandler newDetector(InetSocketAddress remote, Consumer<SslHandler> whenTls) {
    return new TlsDetector(allocator -> newHandler(allocator, remote), whenTls);
  }

  /**
   * The certificate that the client showed in a handshake that has succeeded; null when it showed
   * none.
   */
  public static @Nullable X509Certificate certificateOf(SslHandler handler) {
    try {
      Certificate[] chain = handler.engine().getSession().getPeerCertificates();
      return chain.length > 0 && chain[0] instanceof X509Certificate certificate
          ? certificate
          : null;
    } catch (SSLPeerUnverifiedException e) {
      return null;
    }
  }

  @Override
  public void close() {
    if (lookups != null) {
      lookups.shutdownNow();
    }
  }
}
