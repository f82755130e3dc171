package conclave.cli.files;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What there is to do with transaction logs; the subcommands do it. */
@Command(
    name = "log",
    sortOptions = false,
    usageHelpAutoWidth = true,
    synopsisHeading = "%n@|bold Usage:|@ ",
    synopsisSubcommandLabel = "COMMAND",
    descriptionHeading = "%n",
    description =
        "Looks into transaction logs, of Conclave or of Apache ZooKeeper, while a server runs on them or not. No file is changed.",
    optionListHeading = "%n@|bold Options:|@%n",
    commandListHeading = "%n@|bold Commands:|@%n",
    footerHeading = "%n@|bold Examples:|@%n",
    footer = {
      "  conclave log dump data/version-2/log.1",
      "  conclave log dump --path /config --since 2026-11-22T07:00:00Z data",
      "  conclave log verify data   # every file, and that nothing is missing between them"
    },
    subcommands = {
      LogDumpCommand.class,
      LogVerifyCommand.class,
      LogRecoverCommand.class,
      LogChopCommand.class
    })
public final class LogCommand implements Callable<Integer> {
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
        spec.commandLine(), "Which command: dump, verify, recover or chop?");
  }
}
