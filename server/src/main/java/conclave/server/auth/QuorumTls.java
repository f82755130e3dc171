package conclave.server.auth;

import conclave.server.config.ServerConfig.Tls;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelHandler;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.ImmediateExecutor;
import java.net.InetSocketAddress;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * TLS between servers, each of which is client and server of others: both ends show a certificate
 * of the same kind.
 *
 * <p>With {@code fips-mode}, which is the default, the names in the certificates are not looked at,
 * as in Apache ZooKeeper: there, being trusted is all.
 */
public final class QuorumTls implements AutoCloseable {
  private final ReloadedContext accepting;
  private final ReloadedContext connecting;
  private final @Nullable ExecutorService lookups;

  private QuorumTls(Tls tls, LongSupplier nowMs) throws TlsException {
    boolean names = !tls.fipsMode();
    boolean clientNames = names && tls.clientHostnameVerification();
    this.accepting = new ReloadedContext(tls, () -> TlsContext.build(tls, clientNames), nowMs);
    boolean serverNames = names && tls.hostnameVerification();
    this.connecting =
        new ReloadedContext(tls, () -> TlsContext.buildClient(tls, serverNames), nowMs);
    this.lookups = clientNames && tls.allowReverseDnsLookup() ? ClientTls.newLookupThread() : null;
  }

  /**
   * Loads the stores.
   *
   * @throws TlsException when the settings do not make a working context
   */
  public static QuorumTls open(Tls tls) throws TlsException {
    return new QuorumTls(tls, () -> System.nanoTime() / 1_000_000);
  }

  /** For a connection that has come in, to be the first of its pipeline. */
  public SslHandler newAcceptor(ByteBufAllocator allocator, InetSocketAddress remote) {
    Executor tasks = lookups == null ? ImmediateExecutor.INSTANCE : lookups;
    return accepting
        .get()
        .newHandler(allocator, remote.getAddress().getHostAddress(), remote.getPort(), tasks);
  }

  /** For one that may be encrypted or plain: goes away when the first byte has told. */
  public ChannelHandler newDetector(InetSocketAddress remote) {
    return new TlsDetector(allocator -> newAcceptor(allocator, remote), handler -> {});
  }

  /**
   * For a connection that we open.
   *
   * @param host as the configuration has it, which is what the certificate is to be for
   */
  public SslHandler newConnector(ByteBufAllocator allocator, String host, int port) {
    return connecting.get().newHandler(allocator, host, port);
  }

  @Override
  public void close() {
    if (lookups != null) {
      lookups.shutdownNow();
    }
  }
}
