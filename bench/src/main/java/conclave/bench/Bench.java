package conclave.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a scenario works with: one implementation, one round, fresh directories, a place for
 * results.
 */
final class Bench {
  /** Payload of every znode in every scenario. */
  static final int DATA_BYTES = 100;

  private final Implementation implementation;
  private final int round;
  private final Launcher launcher;
  private final Path workDirectory;
  private final Settings settings;
  private final Results results;
  private final PrintStream progress;

  Bench(
      Implementation implementation,
      int round,
      Launcher launcher,
      Path workDirectory,
      Settings settings,
      Results results,
      PrintStream progress) {
    this.implementation = implementation;
    this.round = round;
    this.launcher = launcher;
    this.workDirectory = workDirectory;
    this.settings = settings;
    this.results = results;
    this.progress = progress;
  }

  Settings settings() {
    return settings;
  }

  static byte[] data() {
    byte[] data = new byte[DATA_BYTES];
    Arrays.fill(data, (byte) 'x');
    return data;
  }

  Path freshDirectory() throws IOException {
    return Files.createTempDirectory(
        workDirectory, implementation.title().toLowerCase(Locale.ROOT) + "-");
  }

  /** A server on an empty directory that has answered its first read. */
  ServerProcess startFresh() throws IOException {
    ServerProcess server = start(freshDirectory());
    awaitFirstRead(server, "/");
    return server;
  }

  /** The same for either size. */
  UnderLoad startFresh(Size size) throws IOException {
    return switch (size) {
      case ONE -> startFresh();
      case THREE -> startEnsemble(3);
    };
  }

  /** Members with empty directories, all of which serve. */
  EnsembleProcesses startEnsemble(int members) throws IOException {
    return EnsembleProcesses.start(launcher, implementation, freshDirectory(), members);
  }

  /** A server that has just been executed. */
  ServerProcess start(Path directory) throws IOException {
    return launcher.start(implementation, directory);
  }

  /** Milliseconds from execution to the first read; a server that never answers is stopped. */
  double awaitFirstRead(ServerProcess server, String path) throws IOException {
    try {
      return FirstRead.await(server, path) / 1e6;
    } catch (IOException e) {
      String tail = server.logTail();
      server.close();
      throw new IOException(e.getMessage() + "\n" + tail, e);
    }
  }

  void record(Metric metric, double value) {
    results.add(new Sample(implementation, metric, round, value));
    note("%s %s", metric.title(), metric.unit().show(value));
  }

  void note(String format, Object... arguments) {
    progress.printf(
        Locale.ROOT,
        "  round %d  %-8s  %s%n",
        round,
        implementation.title(),
        String.format(Locale.ROOT, format, arguments));
  }

  static long nanos(Duration duration) {
    return duration.toNanos();
  }

  static void copyTree(Path from, Path to) throws IOException {
    Files.walkFileTree(
        from,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
              throws IOException {
            Files.createDirectories(to.resolve(from.relativize(directory)));
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.copy(file, to.resolve(from.relativize(file)));
            return FileVisitResult.CONTINUE;
          }
        });
  }

  static void deleteTree(Path root) throws IOException {
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failure)
              throws IOException {
            Files.delete(directory);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
