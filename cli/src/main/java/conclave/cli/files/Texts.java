package conclave.cli.files;

import conclave.cli.common.AclText;
import conclave.cli.common.CommandFailure;
import conclave.cli.common.DataText;
import conclave.cli.common.ExitCode;
import conclave.protocol.EphemeralOwner;
import conclave.protocol.Txn;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Transactions and what is in them, in words and numbers on one line. */
final class Texts {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private Texts() {}

  static String time(long epochMs) {
    return TIME.format(Instant.ofEpochMilli(epochMs));
  }

  static String hex(long number) {
    return "0x" + Long.toHexString(number);
  }

  /** A zxid or a session as people have it: hexadecimal, with 0x or without. */
  static long number(String option, String text) throws CommandFailure {
    String digits = text.toLowerCase(Locale.ROOT).startsWith("0x") ? text.substring(2) : text;
    try {
      return Long.parseUnsignedLong(digits, 16);
    } catch (NumberFormatException e) {
      throw new CommandFailure(
          ExitCode.USAGE,
          option + " takes a hexadecimal number as in 0x100000001, not \"" + text + "\".",
          e);
    }
  }

  /** A moment in UTC: a date, a date with a time, with or without a zone. */
  static long epochMs(String option, String text) throws CommandFailure {
    try {
      if (text.indexOf('T') < 0) {
        return LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant().toEpochMilli();
      }
      boolean zoned = text.matches(".*(Z|[+-]\\d\\d:?\\d\\d)$");
      return zoned
          ? DateTimeFormatter.ISO_OFFSET_DATE_TIME.parse(text, Instant::from).toEpochMilli()
          : LocalDateTime.parse(text).toInstant(ZoneOffset.UTC).toEpochMilli();
    } catch (DateTimeParseException e) {
      throw new CommandFailure(
          ExitCode.USAGE,
          option
              + " takes a time as in 2026-11-22T07:30:00Z (without a zone it is UTC), not \""
              + text
              + "\".",
          e);
    }
  }

  /** {@code createSession}, {@code setData}: the words that ZooKeeper's users know. */
  static String type(Txn txn) {
    StringBuilder name = new StringBuilder();
    for (String part : txn.type().name().split("_", -1)) {
      String lower = part.toLowerCase(Locale.ROOT);
      name.append(
          name.isEmpty() ? lower : Character.toUpperCase(lower.charAt(0)) + lower.substring(1));
    }
    return name.toString().replace("setAcl", "setACL").replace("createTtl", "createTTL");
  }

  /** What a transaction does, behind its type. */
  static String summary(Txn txn, boolean wholeData) {
    if (txn instanceof Txn.Create create) {
      return node(create, wholeData) + (create.ephemeral() ? " ephemeral" : "");
    }
    if (txn instanceof Txn.CreateTtl create) {
      return node(create, wholeData) + " ttl=" + create.ttlMs() + "ms";
    }
    if (txn instanceof Txn.CreateNode create) {
      return node(create, wholeData);
    }
    if (txn instanceof Txn.SetData set) {
      return set.path() + " " + data(set.data(), wholeData) + " version=" + set.version();
    }
    if (txn instanceof Txn.SetAcl set) {
      return set.path() + " " + AclText.text(set.acl()) + " version=" + set.version();
    }
    if (txn instanceof Txn.Check check) {
      return check.path() + " version=" + check.version();
    }
    if (txn instanceof Txn.OfPath named) {
      return named.path();
    }
    if (txn instanceof Txn.Multi multi) {
      return multi.txns().size()
          + " ops: "
          + multi.txns().stream()
              .map(part -> (type(part) + " " + summary(part, wholeData)).strip())
              .collect(Collectors.joining("; "));
    }
    if (txn instanceof Txn.CreateSession session) {
      return "timeout=" + session.timeoutMs() + "ms";
    }
    if (txn instanceof Txn.CloseSession close) {
      List<String> paths = close.paths();
      return paths == null || paths.isEmpty() ? "" : "removes " + String.join(" ", paths);
    }
    return txn instanceof Txn.Error error ? error.error().name() : "";
  }

  private static String node(Txn.CreateNode create, boolean wholeData) {
    return create.path() + " " + data(create.data(), wholeData);
  }

  private static String data(byte @org.jspecify.annotations.Nullable [] data, boolean whole) {
    return whole ? DataText.whole(data) : DataText.summary(data);
  }

  /** What kind of znode has that owner; {@code persistent} for none. */
  static String kind(long owner) {
    if (owner == 0) {
      return "persistent";
    }
    if (EphemeralOwner.isContainer(owner)) {
      return "container";
    }
    // A server id of 255 has session ids of the same form; a session is never that young.
    return EphemeralOwner.isTtl(owner, true)
        ? "ttl=" + EphemeralOwner.ttlMs(owner) + "ms"
        : "ephemeral=" + hex(owner);
  }

  /** {@code 1 znode}, {@code 2 znodes}. */
  static String count(long number, String noun) {
    return String.format(Locale.ROOT, "%,d %s%s", number, noun, number == 1 ? "" : "s");
  }
}
