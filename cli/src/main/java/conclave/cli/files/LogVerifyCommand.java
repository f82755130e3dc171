package conclave.cli.files;

import conclave.cli.common.ExitCode;
import conclave.cli.common.Sizes;
import conclave.protocol.MalformedRecordException;
import conclave.storage.LogFile;
import conclave.storage.LogItem;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
    name = "verify",
    description = {
      "Reads log files whole and checks the checksum of every entry, that each is a transaction, that none is missing between two, within files and between them, that a file begins with the zxid in its name, and that only zeros follow the last entry.",
      "What is wrong is told with file and offset, and the exit code is 1. Half an entry at the very end is no damage: a server that was interrupted leaves it, and its next start cuts it off."
    },
    footer = {"  conclave log verify data", "  conclave log verify data/version-2/log.100000001"})
final class LogVerifyCommand extends FileCommand {
  @Parameters(
      arity = "1..*",
      paramLabel = "FILE",
      description = "Log files in their order, or a data directory for all that are in it.")
  List<Path> files = new ArrayList<>();

  private int problems;

  /** The last transaction of the files before; -1 before the first. */
  private long lastZxid = -1;

  @Override
  int run() throws IOException {
    List<Path> all = LogFiles.of(files);
    for (int i = 0; i < all.size(); i++) {
      try (LogFile log = LogFile.open(disk(), all.get(i))) {
        verify(all.get(i), log, i == all.size() - 1);
      }
    }
    if (problems > 0) {
      warn(
          Texts.count(problems, "problem")
              + ". \"conclave log recover FILE\" saves what is whole into a new file.");
    }
    return problems == 0 ? ExitCode.DONE : ExitCode.REFUSED;
  }

  private void verify(Path file, LogFile log, boolean last) throws IOException {
    long entries = 0;
    long firstZxid = -1;
    LogItem item = log.next();
    while (!(item instanceof LogItem.End)) {
      if (item instanceof LogItem.Entry entry) {
        if (entries++ == 0) {
          firstZxid = entry.zxid();
          checkName(file, entry);
        }
        check(file, entry);
        lastZxid = entry.zxid();
      } else if (item instanceof LogItem.Damage damage) {
        if (damage.torn() && last) {
          warn(describe(file, damage));
        } else {
          problem(describe(file, damage));
        }
      }
      item = log.next();
    }
    print(
        file
            + ": "
            + Texts.count(entries, "transaction")
            + (entries == 0 ? "" : " " + Texts.hex(firstZxid) + ".." + Texts.hex(lastZxid))
            + ", "
            + Sizes.text(item.offset())
            + (item instanceof LogItem.End end && end.zeros() > 0
                ? " and " + Sizes.text(end.zeros()) + " of room"
                : ""));
  }

  private void checkName(Path file, LogItem.Entry first) {
    long promised = LogFile.zxidInName(file);
    if (promised >= 0 && promised != first.zxid()) {
      problem(
          file
              + " at offset "
              + first.offset()
              + ": it begins with "
              + Texts.hex(first.zxid())
              + ", but its name says "
              + Texts.hex(promised)
              + ".");
    }
  }

  private void check(Path file, LogItem.Entry entry) {
    if (lastZxid >= 0 && !LogFile.follows(lastZxid, entry.zxid())) {
      problem(
          file
              + " at offset "
              + entry.offset()
              + ": "
              + Texts.hex(entry.zxid())
              + " does not follow "
              + Texts.hex(lastZxid)
              + (entry.zxid() > lastZxid ? "; what was between is missing." : "."));
    }
    try {
      entry.txn();
    } catch (MalformedRecordException e) {
      problem(
          file
              + " at offset "
              + entry.offset()
              + ": the checksum is right, but this is no transaction: "
              + e.getMessage()
              + ".");
    }
  }

  private void problem(String what) {
    problems++;
    warn(what);
  }

  /** In one sentence: where, what, and what follows. */
  static String describe(Path file, LogItem.Damage damage) {
    String where = file + " at offset " + damage.offset() + ": ";
    if (damage.torn()) {
      return where
          + "half an entry, as an interrupted write leaves it; the server's next start cuts it off.";
    }
    return where
        + damage.what()
        + (damage.entriesBehind()
            ? "; whole entries go on at offset " + damage.end() + "."
            : "; no whole entry follows.");
  }
}
