package conclave.cli.shell;

import static java.nio.charset.StandardCharsets.UTF_8;

import conclave.protocol.Paths;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Limits, or what there is, below a znode, as ZooKeeper keeps both in znodes under {@code
 * /zookeeper/quota}: {@code count=5,bytes=-1=;byteHardLimit=-1;countHardLimit=-1}, where −1 is no
 * limit and the odd equals sign makes old servers pass over what follows it.
 */
record Quota(long count, long bytes, long countHardLimit, long byteHardLimit) {
  static final Quota NONE = new Quota(-1, -1, -1, -1);

  /** The numbers that a new quota's statistics begin with. */
  static final String NO_STATISTICS = "count=0,bytes=0";

  private static final String LIMITS = "zookeeper_limits";
  private static final String STATISTICS = "zookeeper_stats";

  static Quota parse(byte @Nullable [] data) {
    Map<String, Long> numbers = new HashMap<>();
    for (String pair : (data == null ? "" : new String(data, UTF_8)).split("[,;]+", -1)) {
      String[] nameAndValue = pair.split("=", -1);
      if (nameAndValue.length > 1) {
        numbers.put(nameAndValue[0], number(nameAndValue[1]));
      }
    }
    return new Quota(
        numbers.getOrDefault("count", -1L),
        numbers.getOrDefault("bytes", -1L),
        numbers.getOrDefault("countHardLimit", -1L),
        numbers.getOrDefault("byteHardLimit", -1L));
  }

  private static long number(String text) {
    try {
      return text.isEmpty() ? -1 : Long.parseLong(text);
    } catch (NumberFormatException e) {
      return -1;
    }
  }

  byte[] toBytes() {
    return ("count="
            + count
            + ",bytes="
            + bytes
            + "=;byteHardLimit="
            + byteHardLimit
            + ";countHardLimit="
            + countHardLimit)
        .getBytes(UTF_8);
  }

  /** This, and what another one sets. */
  Quota with(Quota other) {
    return new Quota(
        other.count > -1 ? other.count : count,
        other.bytes > -1 ? other.bytes : bytes,
        other.countHardLimit > -1 ? other.countHardLimit : countHardLimit,
        other.byteHardLimit > -1 ? other.byteHardLimit : byteHardLimit);
  }

  /** Where the quota of a znode is, with its znodes. */
  static String place(String path) {
    return path.equals(Paths.ROOT) ? Paths.QUOTA : Paths.QUOTA + path;
  }

  static String limitsOf(String path) {
    return place(path) + "/" + LIMITS;
  }

  static String statisticsOf(String path) {
    return place(path) + "/" + STATISTICS;
  }

  static boolean isLimits(String name) {
    return name.equals(LIMITS);
  }

  /** The znode that a quota is of, from its place. */
  static String pathOf(String place) {
    return place.equals(Paths.QUOTA) ? Paths.ROOT : place.substring(Paths.QUOTA.length());
  }
}
