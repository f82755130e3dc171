package conclave.storage;

import conclave.protocol.LoggedTxn;
import conclave.state.EventSink;
import conclave.state.Notices;
import conclave.state.StateConfig;
import conclave.state.StateMachine;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;

/**
 * Prints what a start on a million znodes of 100 bytes takes, from a snapshot and from the log. Not
 * a test: run its main, with a directory on the disk to be measured.
 */
final class RestartTime {
  private static final int ZNODES = 1_000_000;

  private RestartTime() {}

  public static void main(String[] args) throws IOException {
    Path base = Files.createTempDirectory(Path.of(args[0]), "restart-time");
    try {
      StorageOptions options = StorageOptions.in(base);
      fill(options);
      for (int i = 0; i < 3; i++) {
        start(options);
      }
      snapshot(options);
      for (int i = 0; i < 5; i++) {
        start(options);
      }
    } finally {
      try (Stream<Path> files = Files.walk(base)) {
        for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(path);
        }
      }
    }
  }

  private static void fill(StorageOptions options) {
    try (Storage storage = Storage.open(options, new RealDisk())) {
      StateMachine state = storage.recover(StateConfig.DEFAULT, Notices.NONE).state();
      long started = System.nanoTime();
      for (long zxid = 1; zxid <= ZNODES; zxid++) {
        LoggedTxn txn = Workload.create(state, zxid, 100);
        storage.log().append(txn);
        state.apply(txn, EventSink.NONE);
      }
      System.out.println("filled in " + ms(started) + " ms");
    }
  }

  private static void snapshot(StorageOptions options) throws IOException {
    try (Storage storage = Storage.open(options, new RealDisk())) {
      StateMachine state = storage.recover(StateConfig.DEFAULT, Notices.NONE).state();
      long started = System.nanoTime();
      Path path = storage.snapshots().write(state.beginSnapshot(), new ReentrantLock());
      System.out.println("snapshot of " + Files.size(path) + " bytes in " + ms(started) + " ms");
    }
  }

  private static void start(StorageOptions options) {
    long started = System.nanoTime();
    try (Storage storage = Storage.open(options, new RealDisk())) {
      Recovered recovered = storage.recover(StateConfig.DEFAULT, Notices.NONE);
      System.out.println(
          "recovered znodes="
              + recovered.state().nodeCount()
              + " replayed="
              + recovered.replayed()
              + " in "
              + ms(started)
              + " ms");
    }
  }

  private static String ms(long startedNanos) {
    long wallMs = (System.nanoTime() - startedNanos) / 1_000_000;
    long cpuMs = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() / 1_000_000;
    return wallMs + " (processor time of the thread so far: " + cpuMs + ")";
  }
}
