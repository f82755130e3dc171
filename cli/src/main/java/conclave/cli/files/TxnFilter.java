package conclave.cli.files;

import conclave.cli.common.CommandFailure;
import conclave.cli.common.ExitCode;
import conclave.protocol.LoggedTxn;
import conclave.protocol.Paths;
import conclave.protocol.Txn;
import org.jspecify.annotations.Nullable;

/**
 * Which transactions are wanted.
 *
 * @param untilMs exclusive, as {@code toZxid} is not
 * @param session null for any
 * @param path null for any; a znode, with all below it
 */
record TxnFilter(
    long fromZxid,
    long toZxid,
    long sinceMs,
    long untilMs,
    @Nullable Long session,
    @Nullable String path) {

  static TxnFilter of(
      @Nullable String from,
      @Nullable String to,
      @Nullable String since,
      @Nullable String until,
      @Nullable String session,
      @Nullable String path)
      throws CommandFailure {
    String problem = path == null ? null : Paths.problem(path);
    if (problem != null) {
      throw new CommandFailure(ExitCode.USAGE, "--path \"" + path + "\": " + problem + ".");
    }
    return new TxnFilter(
        from == null ? 0 : Texts.number("--from", from),
        to == null ? Long.MAX_VALUE : Texts.number("--to", to),
        since == null ? Long.MIN_VALUE : Texts.epochMs("--since", since),
        until == null ? Long.MAX_VALUE : Texts.epochMs("--until", until),
        session == null ? null : Texts.number("--session", session),
        path);
  }

  boolean accepts(LoggedTxn txn) {
    long timeMs = txn.header().timeMs();
    return txn.zxid() >= fromZxid
        && txn.zxid() <= toZxid
        && timeMs >= sinceMs
        && timeMs < untilMs
        && (session == null || session == txn.header().clientId())
        && (path == null || touches(txn.txn(), path));
  }

  private static boolean touches(Txn txn, String path) {
    if (txn instanceof Txn.OfPath named) {
      return isAtOrBelow(named.path(), path);
    }
    if (txn instanceof Txn.Multi multi) {
      return multi.txns().stream().anyMatch(part -> touches(part, path));
    }
    return txn instanceof Txn.CloseSession close
        && close.paths() != null
        && close.paths().stream().anyMatch(each -> isAtOrBelow(each, path));
  }

  static boolean isAtOrBelow(String path, String top) {
    return path.equals(top)
        || top.equals(Paths.ROOT)
        || path.startsWith(top) && path.charAt(top.length()) == '/';
  }
}
