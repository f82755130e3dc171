package conclave.cli.files;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What there is to do with snapshots; the subcommands do it. */
@Command(
    name = "snapshot",
    sortOptions = false,
    usageHelpAutoWidth = true,
    synopsisHeading = "%n@|bold Usage:|@ ",
    synopsisSubcommandLabel = "COMMAND",
    descriptionHeading = "%n",
    description =
        "Looks into snapshots, of Conclave or of Apache ZooKeeper, packed by gzip or snappy or not. No file is changed.",
    optionListHeading = "%n@|bold Options:|@%n",
    commandListHeading = "%n@|bold Commands:|@%n",
    footerHeading = "%n@|bold Examples:|@%n",
    footer = {
      "  conclave snapshot summary data/version-2/snapshot.1f --depth 2",
      "  conclave snapshot compare snapshot.1f snapshot.2c",
      "  conclave snapshot dump -d snapshot.1f | less"
    },
    subcommands = {
      SnapshotDumpCommand.class,
      SnapshotVerifyCommand.class,
      SnapshotCompareCommand.class,
      SnapshotSummaryCommand.class
    })
public final class SnapshotCommand implements Callable<Integer> {
  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  boolean help;

  @Spec @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    if (spec == null) {
      throw new IllegalStateException("run without picocli");
    }
    throw new ParameterException(
        spec.commandLine(), "Which command: dump, verify, compare or summary?");
  }
}
