package conclave.cli.files;

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
    name = "recover",
    description = {
      "Writes what is whole in a log file into a new one, FILE.fixed; FILE stays as it is.",
      "It ends before the first bad record. With --skip-bad it goes on behind it: then transactions are missing in the middle, and a server that starts with the copy serves a state that never was. Do that only where nothing else is left.",
      "The exit code is 1 when anything was left out."
    },
    footer = {
      "  conclave log recover data/version-2/log.1",
      "  conclave log recover --skip-bad --out /tmp/log.1 data/version-2/log.1"
    })
final class LogRecoverCommand extends FileCommand {
  @Parameters(paramLabel = "FILE", description = "The log file.")
  Path file = Path.of("");

  @Option(names = "--skip-bad", description = "Leave bad records out and go on behind them.")
  boolean skipBad;

  @Option(
      names = {"-o", "--out"},
      paramLabel = "FILE",
      description = "The new file. Default: the old one's name with .fixed behind it.")
  @Nullable Path target;

  private int leftOut;
  private boolean torn;

  @Override
  int run() throws IOException {
    Path to = target == null ? file.resolveSibling(file.getFileName() + ".fixed") : target;
    long copied;
    try (LogFile log = LogFile.open(disk(), file);
        LogCopy copy = LogCopy.create(disk(), to)) {
      copied = copy(log, copy);
    }
    print(
        to
            + " has "
            + Texts.count(copied, "transaction")
            + (leftOut > 0
                ? "; " + Texts.count(leftOut, "bad record") + " left out."
                : torn ? "; half an entry at the end was left out." : ", all that there were."));
    return leftOut == 0 ? ExitCode.DONE : ExitCode.REFUSED;
  }

  private long copy(LogFile log, LogCopy copy) throws IOException {
    long copied = 0;
    for (LogItem item = log.next(); !(item instanceof LogItem.End); item = log.next()) {
      if (item instanceof LogItem.Entry entry) {
        copy.append(entry);
        copied++;
      } else if (item instanceof LogItem.Damage damage) {
        warn(LogVerifyCommand.describe(file, damage));
        torn |= damage.torn();
        leftOut += damage.torn() ? 0 : 1;
        if (!skipBad) {
          if (damage.entriesBehind()) {
            warn("What follows is left out; --skip-bad would take it.");
          }
          return copied;
        }
      }
    }
    return copied;
  }
}
