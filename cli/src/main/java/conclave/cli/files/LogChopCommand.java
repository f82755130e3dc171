package conclave.cli.files;

import conclave.cli.common.CommandFailure;
import conclave.cli.common.ExitCode;
import conclave.storage.LogCopy;
import conclave.storage.LogFile;
import conclave.storage.LogItem;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "chop",
    description = {
      "Writes a log file's transactions up to one of them into a new file, FILE.chopped-ZXID; FILE stays as it is.",
      "So a server can be taken back to an earlier moment: with the copy in the place of the file, and without the log files and snapshots behind it."
    },
    footer = {"  conclave log chop --zxid 0x100000020 data/version-2/log.100000001"})
final class LogChopCommand extends FileCommand {
  @Parameters(paramLabel = "FILE", description = "The log file.")
  Path file = Path.of("");

  @Option(
      names = "--zxid",
      required = true,
      paramLabel = "ZXID",
      description = "The last transaction that the new file has; it must be in the old one.")
  String last = "";

  @Option(
      names = {"-o", "--out"},
      paramLabel = "FILE",
      description = "The new file. Default: the old one's name with .chopped-ZXID behind it.")
  @Nullable Path target;

  @Override
  int run() throws IOException, CommandFailure {
    long zxid = Texts.number("--zxid", last);
    long count = countUpTo(zxid);
    Path to =
        target == null
            ? file.resolveSibling(file.getFileName() + ".chopped-" + Long.toHexString(zxid))
            : target;
    try (LogFile log = LogFile.open(disk(), file);
        LogCopy copy = LogCopy.create(disk(), to)) {
      for (long i = 0; i < count; i++) {
        if (log.next() instanceof LogItem.Entry entry) {
          copy.append(entry);
        } else {
          throw new IOException(file + " changed while it was read");
        }
      }
    }
    print(to + " has " + Texts.count(count, "transaction") + " up to " + Texts.hex(zxid) + ".");
    return ExitCode.DONE;
  }

  /** How many entries there are up to that one, all of them whole. */
  private long countUpTo(long zxid) throws IOException, CommandFailure {
    long count = 0;
    long seen = -1;
    try (LogFile log = LogFile.open(disk(), file)) {
      LogItem item = log.next();
      while (item instanceof LogItem.Entry entry && seen < zxid) {
        count++;
        seen = entry.zxid();
        if (seen == zxid) {
          return count;
        }
        item = log.next();
      }
      if (item instanceof LogItem.Damage damage) {
        throw new CommandFailure(ExitCode.REFUSED, LogVerifyCommand.describe(file, damage));
      }
    }
    throw new CommandFailure(
        ExitCode.REFUSED,
        file
            + " has no transaction "
            + Texts.hex(zxid)
            + "; \"conclave log dump\" shows which it has.");
  }
}
