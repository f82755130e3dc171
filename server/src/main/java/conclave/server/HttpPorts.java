package conclave.server;

import conclave.server.admin.FourLetterWords;
import conclave.server.admin.ServerView;
import conclave.server.auth.ClientTls;
import conclave.server.config.ServerConfig;
import conclave.server.http.AdminCommands;
import conclave.server.http.AdminRestore;
import conclave.server.http.AdminSite;
import conclave.server.http.AdminSnapshot;
import conclave.server.http.HttpPort;
import conclave.server.http.PrometheusSite;
import conclave.server.loop.Clock;
import conclave.server.transport.IoLoops;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The ports on which operators ask by HTTP: the AdminServer's and Prometheus's. */
final class HttpPorts implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(HttpPorts.class);

  private @Nullable ClientTls tls;
  private @Nullable HttpPort admin;
  private @Nullable HttpPort metrics;

  /**
   * Opens what the configuration asks for.
   *
   * @throws BindException when a port is taken that somebody asked for by its number
   */
  void open(
      ServerConfig config,
      IoLoops loops,
      ServerView view,
      FourLetterWords words,
      AdminSnapshot.Source snapshots,
      AdminRestore.Target restores)
      throws IOException {
    if (config.metrics().provider() == ServerConfig.MetricsProvider.PROMETHEUS) {
      ServerConfig.Metrics settings = config.metrics();
      metrics =
          HttpPort.open(
              "metrics",
              loops,
              new InetSocketAddress(settings.httpHost(), settings.httpPort()),
              new PrometheusSite(view, settings.exportJvmInfo()),
              30_000,
              null);
      LOG.info("Metrics for Prometheus: port {}, /metrics", metrics.port());
    }
    if (config.adminServer().enabled()) {
      openAdmin(config, loops, view, words, snapshots, restores);
    }
  }

  private void openAdmin(
      ServerConfig config,
      IoLoops loops,
      ServerView view,
      FourLetterWords words,
      AdminSnapshot.Source snapshots,
      AdminRestore.Target restores)
      throws IOException {
    ServerConfig.AdminServer settings = config.adminServer();
    AdminCommands commands = new AdminCommands(view, words, textOf(config.file()));
    AdminSnapshot snapshot =
        new AdminSnapshot(
            settings.snapshotEnabled(),
            settings.rateLimiterIntervalMs(),
            Clock.SYSTEM::monotonicMs,
            snapshots);
    AdminRestore restore =
        new AdminRestore(
            settings.restoreEnabled(),
            settings.rateLimiterIntervalMs(),
            Clock.SYSTEM::monotonicMs,
            restores);
    HttpPort.Encryption encryption = encryption(config);
    try {
      admin =
          HttpPort.open(
              "admin",
              loops,
              new InetSocketAddress(settings.address(), settings.port()),
              new AdminSite(settings.commandUrl(), commands, snapshot, restore),
              settings.idleTimeoutMs(),
              encryption);
      LOG.info("AdminServer: port {}, {}", admin.port(), settings.commandUrl());
    } catch (BindException e) {
      if (settings.portGiven()) {
        throw e;
      }
      LOG.warn(
          "No AdminServer: {}. Give admin.serverPort, or admin.enableServer=false.",
          e.getMessage());
    }
  }

  /** The admin port shows the certificate that the server shows to other servers, as in Apache. */
  private HttpPort.@Nullable Encryption encryption(ServerConfig config) throws IOException {
    ServerConfig.AdminServer settings = config.adminServer();
    if (!settings.portUnification() && !settings.forceHttps()) {
      return null;
    }
    ServerConfig.ClientAuth clientAuth =
        settings.needClientAuth() ? ServerConfig.ClientAuth.NEED : ServerConfig.ClientAuth.NONE;
    ClientTls opened = ClientTls.open(config.ensemble().security().tls().forPeople(clientAuth));
    tls = opened;
    return new HttpPort.Encryption(opened, !settings.forceHttps());
  }

  private static @Nullable String textOf(@Nullable Path file) throws IOException {
    return file == null ? null : Files.readString(file, StandardCharsets.ISO_8859_1);
  }

  /** The AdminServer's port, -1 when there is none. */
  int adminPort() {
    HttpPort port = admin;
    return port == null ? -1 : port.port();
  }

  /** The port for Prometheus, -1 when there is none. */
  int metricsPort() {
    HttpPort port = metrics;
    return port == null ? -1 : port.port();
  }

  @Override
  public void close() {
    if (admin != null) {
      admin.close();
    }
    if (metrics != null) {
      metrics.close();
    }
    if (tls != null) {
      tls.close();
    }
  }
}
