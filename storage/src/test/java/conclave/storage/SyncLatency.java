package conclave.storage;

import conclave.protocol.LoggedTxn;
import conclave.state.EventSink;
import conclave.state.Notices;
import conclave.state.StateConfig;
import conclave.state.StateMachine;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Comparator;
import java.util.function.IntToLongFunction;
import java.util.stream.Stream;

/**
 * Prints what appending and syncing one transaction takes, beside a bare fdatasync on the same
 * disk. Not a test: run its main, with a directory on the disk to be measured.
 */
final class SyncLatency {
  private static final int ROUNDS = 20_000;

  private SyncLatency() {}

  public static void main(String[] args) throws IOException {
    Path base = Files.createTempDirectory(Path.of(args[0]), "sync-latency");
    try {
      for (int repeat = 0; repeat < 3; repeat++) {
        bare(base.resolve("hole" + repeat), 0);
        bare(base.resolve("written" + repeat), ROUNDS * 200);
        log(base.resolve("log" + repeat), 64L << 20);
        log(base.resolve("unallocated" + repeat), 0);
      }
    } finally {
      try (Stream<Path> files = Files.walk(base)) {
        for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(path);
        }
      }
    }
  }

  private static void bare(Path path, int writtenBefore) throws IOException {
    try (FileChannel channel =
        FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.allocate(1), 64 << 20);
      channel.write(ByteBuffer.allocateDirect(writtenBefore), 0);
      channel.force(true);
      ByteBuffer entry = ByteBuffer.allocateDirect(190);
      measure(
          "fdatasync, " + (writtenBefore == 0 ? "into a hole" : "written before"),
          i -> {
            long start = System.nanoTime();
            try {
              channel.write(entry.clear(), 190L * i);
              channel.force(false);
            } catch (IOException e) {
              throw new AssertionError(e);
            }
            return System.nanoTime() - start;
          });
    }
  }

  private static void log(Path directory, long preallocateBytes) {
    StorageOptions d = StorageOptions.in(directory);
    StorageOptions options =
        new StorageOptions(
            directory,
            directory,
            true,
            true,
            false,
            true,
            preallocateBytes,
            1 << 20,
            d.compression(),
            true,
            true);
    try (Storage storage = Storage.open(options, new RealDisk())) {
      StateMachine state = storage.recover(StateConfig.DEFAULT, Notices.NONE).state();
      TxnLog log = storage.log();
      measure(
          "log, preallocating " + preallocateBytes,
          i -> {
            LoggedTxn txn = Workload.create(state, i + 1, 100);
            long start = System.nanoTime();
            log.append(txn);
            log.sync();
            long nanos = System.nanoTime() - start;
            state.apply(txn, EventSink.NONE);
            return nanos;
          });
    }
  }

  private static void measure(String what, IntToLongFunction round) {
    long[] nanos = new long[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
      nanos[i] = round.applyAsLong(i);
    }
    long sum = Arrays.stream(nanos).sum();
    Arrays.sort(nanos);
    System.out.printf(
        "%-40s mean %6.1f  p50 %6.1f  p90 %6.1f  p99 %7.1f  p99.9 %8.1f  max %9.1f us%n",
        what,
        sum / 1000.0 / ROUNDS,
        nanos[ROUNDS / 2] / 1000.0,
        nanos[ROUNDS * 9 / 10] / 1000.0,
        nanos[ROUNDS * 99 / 100] / 1000.0,
        nanos[ROUNDS * 999 / 1000] / 1000.0,
        nanos[ROUNDS - 1] / 1000.0);
  }
}
