package conclave.cli.files;

import conclave.cli.common.AclText;
import conclave.cli.common.CommandFailure;
import conclave.cli.common.DataText;
import conclave.cli.common.ExitCode;
import conclave.protocol.LoggedTxn;
import conclave.protocol.MalformedRecordException;
import conclave.protocol.Txn;
import conclave.protocol.TxnDigest;
import conclave.recipes.json.Json;
import conclave.storage.LogFile;
import conclave.storage.LogItem;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "dump",
    description = {
      "Prints transactions, one a line: zxid, time (UTC), session, the request's number in it, type, and what it did.",
      "A place that holds no whole entry is told of on standard error, and the dump goes on behind it; the exit code is 1 then."
    },
    footer = {
      "  conclave log dump data/version-2/log.1",
      "  conclave log dump --session 0x1000000a1b20000 data",
      "  conclave log dump --from 0x100000010 --to 0x100000020 -v data",
      "  conclave log dump --json data | jq 'select(.type == \"delete\")'"
    })
final class LogDumpCommand extends FileCommand {
  @Parameters(
      arity = "1..*",
      paramLabel = "FILE",
      description = "Log files, or a data directory for all that are in it.")
  List<Path> files = new ArrayList<>();

  @Option(names = "-v", description = "Print data whole, not only how it begins.")
  boolean verbose;

  @Option(names = "--json", description = "Print a JSON object a line.")
  boolean json;

  @Option(names = "--from", paramLabel = "ZXID", description = "Only from this zxid on.")
  @Nullable String from;

  @Option(names = "--to", paramLabel = "ZXID", description = "Only up to this zxid.")
  @Nullable String to;

  @Option(
      names = "--since",
      paramLabel = "TIME",
      description = "Only what was made at this time or later, as 2026-11-22T07:30:00Z.")
  @Nullable String since;

  @Option(names = "--until", paramLabel = "TIME", description = "Only what was made before.")
  @Nullable String until;

  @Option(names = "--session", paramLabel = "ID", description = "Only what this session did.")
  @Nullable String session;

  @Option(
      names = "--path",
      paramLabel = "PATH",
      description = "Only changes of this znode and of what is below it.")
  @Nullable String path;

  private boolean damaged;

  @Override
  int run() throws IOException, CommandFailure {
    TxnFilter filter = TxnFilter.of(from, to, since, until, session, path);
    for (Path file : LogFiles.of(files)) {
      try (LogFile log = LogFile.open(disk(), file)) {
        dump(file, log, filter);
      }
    }
    return damaged ? ExitCode.REFUSED : ExitCode.DONE;
  }

  private void dump(Path file, LogFile log, TxnFilter filter) throws IOException {
    while (!nobodyReads()) {
      LogItem item = log.next();
      if (item instanceof LogItem.End) {
        return;
      }
      if (item instanceof LogItem.Entry entry) {
        print(file, entry, filter);
      } else if (item instanceof LogItem.Damage damage) {
        warn(LogVerifyCommand.describe(file, damage));
        damaged |= !damage.torn();
      }
    }
  }

  private void print(Path file, LogItem.Entry entry, TxnFilter filter) {
    LoggedTxn txn;
    try {
      txn = entry.txn();
    } catch (MalformedRecordException e) {
      damaged = true;
      warn(
          file
              + " at offset "
              + entry.offset()
              + ": the checksum is right, but this is no transaction: "
              + e.getMessage()
              + ".");
      return;
    }
    if (filter.accepts(txn)) {
      print(json ? Json.line(object(txn)) : line(txn));
    }
  }

  private String line(LoggedTxn txn) {
    return String.join(
            "  ",
            Texts.hex(txn.zxid()),
            Texts.time(txn.header().timeMs()),
            Texts.hex(txn.header().clientId()),
            "cxid=" + txn.header().cxid(),
            Texts.type(txn.txn()),
            Texts.summary(txn.txn(), verbose))
        .strip();
  }

  private static Map<String, @Nullable Object> object(LoggedTxn txn) {
    Map<String, @Nullable Object> object =
        Json.object(
            "zxid",
            Texts.hex(txn.zxid()),
            "time",
            Texts.time(txn.header().timeMs()),
            "session",
            Texts.hex(txn.header().clientId()),
            "cxid",
            txn.header().cxid());
    putTxn(object, txn.txn());
    TxnDigest digest = txn.digest();
    if (digest != null) {
      object.put("treeDigest", Texts.hex(digest.treeDigest()));
    }
    return object;
  }

  private static void putTxn(Map<String, @Nullable Object> object, Txn txn) {
    object.put("type", Texts.type(txn));
    if (txn instanceof Txn.OfPath named) {
      object.put("path", named.path());
    }
    if (txn instanceof Txn.CreateNode create) {
      DataText.put(object, create.data());
      object.put("acl", AclText.text(create.acl()));
      object.put("ephemeral", txn instanceof Txn.Create node && node.ephemeral());
      if (txn instanceof Txn.CreateTtl ttl) {
        object.put("ttlMs", ttl.ttlMs());
      }
    } else if (txn instanceof Txn.SetData set) {
      DataText.put(object, set.data());
      object.put("version", set.version());
    } else if (txn instanceof Txn.SetAcl set) {
      object.put("acl", AclText.text(set.acl()));
      object.put("version", set.version());
    } else if (txn instanceof Txn.Check check) {
      object.put("version", check.version());
    } else if (txn instanceof Txn.Multi multi) {
      List<Object> ops = new ArrayList<>();
      for (Txn part : multi.txns()) {
        Map<String, @Nullable Object> op = Json.object();
        putTxn(op, part);
        ops.add(op);
      }
      object.put("ops", ops);
    } else if (txn instanceof Txn.CreateSession session) {
      object.put("timeoutMs", session.timeoutMs());
    } else if (txn instanceof Txn.CloseSession close) {
      object.put("paths", close.paths());
    } else if (txn instanceof Txn.Error error) {
      object.put("error", error.error().name());
    }
  }
}
