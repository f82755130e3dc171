package conclave.compat;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How to start a server: lines of {@code zoo.cfg} and system properties. Ports and directories are
 * the business of {@link ServerProcess}.
 */
public record ServerSpec(Map<String, String> config, Map<String, String> properties) {

  /**
   * Base64 of SHA-1 of {@code super:secret}; {@code digest super:secret} is then the super user.
   */
  static final String SUPER_DIGEST = "super:lK75jTNcA+U9vtVEw5vB51mj/w4=";

  /** Short ticks and all words allowed, so that tests need not wait for long. */
  public static ServerSpec standard() {
    return new ServerSpec(Map.of(), Map.of())
        .with("tickTime", "500")
        .with("minSessionTimeout", "1000")
        .with("maxSessionTimeout", "120000")
        .with("admin.enableServer", "false")
        .with("4lw.commands.whitelist", "*");
  }

  /**
   * Everything that is off by default turned on: TTL nodes, hard quotas, a super user, quick GC.
   */
  public static ServerSpec full() {
    return standard()
        .with("extendedTypesEnabled", "true")
        .with("enforceQuota", "true")
        .property("znode.container.checkIntervalMs", "200")
        .property("zookeeper.DigestAuthenticationProvider.superDigest", SUPER_DIGEST);
  }

  public ServerSpec with(String key, String value) {
    return new ServerSpec(plus(config, key, value), properties);
  }

  public ServerSpec without(String key) {
    Map<String, String> fewer = new LinkedHashMap<>(config);
    fewer.remove(key);
    return new ServerSpec(fewer, properties);
  }

  public ServerSpec property(String key, String value) {
    return new ServerSpec(config, plus(properties, key, value));
  }

  private static Map<String, String> plus(Map<String, String> map, String key, String value) {
    Map<String, String> more = new LinkedHashMap<>(map);
    more.put(key, value);
    return more;
  }
}
