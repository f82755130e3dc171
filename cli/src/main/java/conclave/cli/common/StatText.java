package conclave.cli.common;

import conclave.protocol.Stat;
import conclave.recipes.json.Json;
import java.io.PrintStream;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A znode's metadata with the names, order and format that scripts know from Apache's zkCli. */
public final class StatText {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("EEE MMM dd HH:mm:ss zzz yyyy", Locale.ROOT);

  private StatText() {}

  public static void print(Stat stat, PrintStream out) {
    lines(stat).forEach(out::println);
  }

  public static List<String> lines(Stat stat) {
    return List.of(
        "cZxid = " + hex(stat.czxid()),
        "ctime = " + time(stat.ctimeMs()),
        "mZxid = " + hex(stat.mzxid()),
        "mtime = " + time(stat.mtimeMs()),
        "pZxid = " + hex(stat.pzxid()),
        "cversion = " + stat.cversion(),
        "dataVersion = " + stat.version(),
        "aclVersion = " + stat.aversion(),
        "ephemeralOwner = " + hex(stat.ephemeralOwner()),
        "dataLength = " + stat.dataLength(),
        "numChildren = " + stat.numChildren());
  }

  /** The same for programs, with the names of ZooKeeper's protocol. */
  public static Map<String, @Nullable Object> object(Stat stat) {
    return Json.object(
        "czxid",
        hex(stat.czxid()),
        "mzxid",
        hex(stat.mzxid()),
        "pzxid",
        hex(stat.pzxid()),
        "ctime",
        Instant.ofEpochMilli(stat.ctimeMs()).toString(),
        "mtime",
        Instant.ofEpochMilli(stat.mtimeMs()).toString(),
        "version",
        stat.version(),
        "cversion",
        stat.cversion(),
        "aversion",
        stat.aversion(),
        "ephemeralOwner",
        hex(stat.ephemeralOwner()),
        "dataLength",
        stat.dataLength(),
        "numChildren",
        stat.numChildren());
  }

  private static String hex(long number) {
    return "0x" + Long.toHexString(number);
  }

  private static String time(long epochMs) {
    return TIME.format(Instant.ofEpochMilli(epochMs).atZone(ZoneId.systemDefault()));
  }
}
