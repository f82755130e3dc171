package conclave.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import conclave.protocol.Request;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** When snapshots go, when they are given up, and what is said meanwhile. */
@Timeout(300)
class SnapshotKeepingTest {
  private static final String[] MANY_SNAPSHOTS = {
    "snapCount=10", "preAllocSize=64", "autopurge.snapRetainCount=3"
  };

  private static final Predicate<String> GIVEN_UP = line -> line.contains("given up");

  @Test
  void oldOnesAreRemovedOnceAnHourBeginningWithTheStart() throws Exception {
    try (TestServer server = start("autopurge.purgeInterval=1")) {
      takeSnapshots(server, 6);
      assertThat(snapshots(server).size())
          .as("none is due before the hour is over")
          .isGreaterThan(5);
      server.restart();
      Await.until("a purge", () -> snapshots(server).size() == 3);
    }
  }

  @Test
  void theyAllStayWithoutAnInterval() throws Exception {
    try (TestServer server = start()) {
      takeSnapshots(server, 6);
      int before = snapshots(server).size();
      server.restart();
      takeSnapshots(server, before + 1);
      assertThat(snapshots(server).size()).isGreaterThan(before);
    }
  }

  @Test
  void oneUnderWayIsGivenUpWhenTheServerStops() throws Exception {
    FailingDisk disk = new FailingDisk();
    try (TestServer server = TestServer.start(disk, null, "snapCount=100", "preAllocSize=64");
        LogLines log = new LogLines(Level.INFO)) {
      int before = snapshots(server).size();
      try (RawClient client = RawClient.connect(server)) {
        fill(client);
        disk.holdSnapshots();
        fill(client);
        Await.until("a snapshot is being written", disk::isAwaited);
      }
      server.stop();
      disk.goOn();
      Await.until("it is given up", () -> log.messages().stream().anyMatch(GIVEN_UP));
      assertThat(snapshots(server).size()).isLessThanOrEqualTo(before + 2);
      assertThat(log.warnings()).noneMatch(line -> line.getThrowableProxy() != null);
    } finally {
      disk.goOn();
    }
  }

  @Test
  void thatOneTakesLongIsSaidOnceAndNotForEachThatWaits() throws Exception {
    FailingDisk disk = new FailingDisk();
    try (TestServer server = TestServer.start(disk, null, "snapCount=10", "preAllocSize=64");
        RawClient client = RawClient.connect(server);
        LogLines log = new LogLines()) {
      disk.holdSnapshots();
      for (int i = 0; i < 5; i++) {
        fill(client);
      }
      assertThat(disk.isAwaited()).isTrue();
      assertThat(log.messages().stream().filter(line -> line.contains("still being"))).hasSize(1);
    } finally {
      disk.goOn();
    }
  }

  /** So much that a snapshot of it is many writes. */
  private static void fill(RawClient client) throws IOException {
    for (int i = 0; i < 100; i++) {
      client.call(ReplyOrderTest.create("/p" + i, new byte[50_000]));
    }
  }

  private static TestServer start(String... more) {
    return TestServer.start(
        Stream.concat(Stream.of(MANY_SNAPSHOTS), Stream.of(more)).toArray(String[]::new));
  }

  private static void takeSnapshots(TestServer server, int count) throws Exception {
    try (RawClient client = RawClient.connect(server)) {
      Await.until(
          count + " snapshots",
          () -> {
            List<Request> sets = Collections.nCopies(10, new Request.SetData("/", new byte[1], -1));
            client.sendBytes(RawClient.frames(client.nextXid(), sets));
            for (int i = 0; i < sets.size(); i++) {
              client.readReply();
            }
            return snapshots(server).size() >= count;
          });
    }
  }

  private static List<Path> snapshots(TestServer server) throws IOException {
    try (Stream<Path> files = Files.list(server.dataDir().resolve("version-2"))) {
      return files
          .filter(file -> String.valueOf(file.getFileName()).startsWith("snapshot."))
          .toList();
    }
  }
}
