package conclave.client;

import io.netty.channel.Channel;
import io.netty.handler.ssl.SslHandler;
import java.net.InetSocketAddress;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;

/** Puts encryption in front of whatever a channel does, when the options want it. */
final class Tls {
  private Tls() {}

  static void addTo(Channel channel, InetSocketAddress server, ClientOptions options) {
    TlsOptions tls = options.tls();
    if (tls == null) {
      return;
    }
    // The name that was asked for, not the one that the address would lead back to.
    SSLEngine engine = tls.context().createSSLEngine(server.getHostString(), server.getPort());
    engine.setUseClientMode(true);
    if (tls.verifyHostname()) {
      SSLParameters parameters = engine.getSSLParameters();
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
      engine.setSSLParameters(parameters);
    }
    SslHandler handler = new SslHandler(engine);
    handler.setHandshakeTimeoutMillis(options.connectTimeoutMs());
    channel.pipeline().addLast(handler);
  }
}
