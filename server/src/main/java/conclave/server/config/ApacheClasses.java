package conclave.server.config;

import conclave.server.config.ServerConfig.MetricsProvider;
import java.util.Map;

/** The classes of Apache ZooKeeper that a configuration may name, and what each stands for here. */
final class ApacheClasses {

  private static final String AUTH = "org.apache.zookeeper.server.auth.";

  /** By class, the scheme. */
  static final Map<String, String> AUTH_PROVIDERS =
      Map.of(
          AUTH + "DigestAuthenticationProvider", "digest",
          AUTH + "IPAuthenticationProvider", "ip",
          AUTH + "X509AuthenticationProvider", "x509",
          AUTH + "SASLAuthenticationProvider", "sasl",
          AUTH + "EnsembleAuthenticationProvider", "ensemble");

  static final Map<String, MetricsProvider> METRICS_PROVIDERS =
      Map.of(
          "org.apache.zookeeper.metrics.impl.DefaultMetricsProvider", MetricsProvider.DEFAULT,
          "org.apache.zookeeper.metrics.impl.NullMetricsProvider", MetricsProvider.NONE,
          "org.apache.zookeeper.metrics.prometheus.PrometheusMetricsProvider",
              MetricsProvider.PROMETHEUS);

  /** Both are the same here: the one transport that there is. */
  static final Map<String, String> CONNECTION_FACTORIES =
      Map.of(
          "org.apache.zookeeper.server.NIOServerCnxnFactory", "",
          "org.apache.zookeeper.server.NettyServerCnxnFactory", "");

  static final Map<String, String> AUDIT_LOGGERS =
      Map.of("org.apache.zookeeper.audit.Slf4jAuditLogger", "");

  private ApacheClasses() {}

  static String allowed(Map<String, ?> classes) {
    return "this server loads no classes by name; it knows "
        + classes.keySet().stream().sorted().toList();
  }
}
