package conclave.cli.files;

import conclave.cli.common.CommandFailure;
import conclave.cli.common.ExitCode;
import conclave.cli.common.Progress;
import conclave.storage.Disk;
import conclave.storage.RealDisk;
import conclave.storage.StorageException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** A command that reads files and prints what it finds. */
@Command(
    sortOptions = false,
    usageHelpAutoWidth = true,
    synopsisHeading = "%n@|bold Usage:|@ ",
    descriptionHeading = "%n",
    parameterListHeading = "%n@|bold Arguments:|@%n",
    optionListHeading = "%n@|bold Options:|@%n",
    footerHeading = "%n@|bold Examples:|@%n")
abstract class FileCommand implements Callable<Integer> {
  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      order = 100,
      description = "Show this help.")
  boolean help;

  private final Progress progress = Progress.onTerminal();
  private final Disk disk = new WatchedDisk(new RealDisk(), progress);
  private PrintStream out = System.out;

  /** Does the work and returns the exit code. */
  abstract int run() throws IOException, CommandFailure;

  @Override
  public final Integer call() throws CommandFailure {
    out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    try {
      return run();
    } catch (StorageException e) {
      throw new CommandFailure(ExitCode.REFUSED, sentence(String.valueOf(e.getMessage())), e);
    } catch (IOException e) {
      throw new CommandFailure(ExitCode.NO_CONNECTION, explain(e), e);
    } finally {
      progress.clear();
      out.flush();
    }
  }

  final Disk disk() {
    return disk;
  }

  /** Prints a line on standard output; the bar gives way. */
  final void print(String line) {
    progress.clear();
    out.println(line);
  }

  /** Prints a line on standard error, behind what was printed before. */
  final void warn(String line) {
    progress.clear();
    out.flush();
    System.err.println(line);
  }

  /** Whether nobody reads any more what is printed, as behind {@code | head}. */
  final boolean nobodyReads() {
    return System.out.checkError();
  }

  static String sentence(String message) {
    return message.endsWith(".") ? message : message + ".";
  }

  private static String explain(IOException e) {
    String message = String.valueOf(e.getMessage());
    if (e instanceof NoSuchFileException || e instanceof FileNotFoundException) {
      return message + " does not exist.";
    }
    if (e instanceof AccessDeniedException) {
      return message + " may not be read or written by this user; try as the server's user.";
    }
    if (e instanceof FileAlreadyExistsException) {
      return message + " exists already; move it away or name another with --out.";
    }
    return sentence("A file can't be read or written: " + message);
  }
}
