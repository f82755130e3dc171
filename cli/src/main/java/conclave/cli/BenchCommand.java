package conclave.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/**
 * Stands in the list of commands for the benchmarks, which {@link Main} calls in their own module.
 */
@Command(name = "bench", description = "Measures Conclave, alone or beside Apache ZooKeeper.")
final class BenchCommand implements Callable<Integer> {
  @Override
  public Integer call() {
    return Main.execute("bench", "--help");
  }
}
