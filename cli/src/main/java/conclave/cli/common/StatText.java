package conclave.cli.common;

import conclave.protocol.Stat;
import java.io.PrintStream;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** A znode's metadata with the names, order and format that scripts know from Apache's zkCli. */
public final class StatText {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("EEE MMM dd HH:mm:ss zzz yyyy", Locale.ROOT);

  private StatText() {}

  public static void print(Stat stat, PrintStream out) {
    out.println("cZxid = 0x" + Long.toHexString(stat.czxid()));
    out.println("ctime = " + time(stat.ctimeMs()));
    out.println("mZxid = 0x" + Long.toHexString(stat.mzxid()));
    out.println("mtime = " + time(stat.mtimeMs()));
    out.println("pZxid = 0x" + Long.toHexString(stat.pzxid()));
    out.println("cversion = " + stat.cversion());
    out.println("dataVersion = " + stat.version());
    out.println("aclVersion = " + stat.aversion());
    out.println("ephemeralOwner = 0x" + Long.toHexString(stat.ephemeralOwner()));
    out.println("dataLength = " + stat.dataLength());
    out.println("numChildren = " + stat.numChildren());
  }

  private static String time(long epochMs) {
    return TIME.format(Instant.ofEpochMilli(epochMs).atZone(ZoneId.systemDefault()));
  }
}
