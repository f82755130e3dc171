package conclave.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.protocol.JuteReader;
import conclave.protocol.ReplyHeader;
import conclave.protocol.Request;
import conclave.protocol.Stat;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A server that is stopped loses nothing that it has acknowledged, and leaves nothing running. */
@Timeout(300)
class StopTest {
  private static final int WRITERS = 4;

  @Test
  void whatWasAcknowledgedIsThereAfterAStopUnderLoad() throws Exception {
    ExecutorService pool = Executors.newCachedThreadPool();
    try (TestServer server =
        TestServer.start("nio.numSelectorThreads=2", "snapCount=500", "preAllocSize=64")) {
      Map<String, Integer> versions = new HashMap<>();
      List<Long> allMs = new ArrayList<>();
      for (int round = 0; round < 3; round++) {
        List<Future<Map.Entry<String, Integer>>> writers = new ArrayList<>();
        AtomicInteger answers = new AtomicInteger();
        CountDownLatch begun = new CountDownLatch(WRITERS);
        for (int i = 0; i < WRITERS; i++) {
          String path = "/w" + i;
          writers.add(
              pool.submit(() -> Map.entry(path, writeUntilHungUp(server, path, begun, answers))));
        }
        begun.await();
        Await.until("load", () -> answers.get() > 500);

        long began = System.nanoTime();
        server.stop();
        long tookMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);

        allMs.add(tookMs);
        for (Future<Map.Entry<String, Integer>> writer : writers) {
          Map.Entry<String, Integer> last = writer.get();
          versions.put(last.getKey(), last.getValue());
        }
        server.restart();
        try (RawClient client = RawClient.connect(server)) {
          for (Map.Entry<String, Integer> last : versions.entrySet()) {
            Stat stat = Stat.read(client.ok(new Request.Exists(last.getKey(), false)).body());
            assertThat(stat.version()).as(last.getKey()).isGreaterThanOrEqualTo(last.getValue());
          }
        }
      }
      // A machine that stands still may make one or the other late.
      assertThat(Collections.min(allMs)).as("ms to stop, of %s", allMs).isLessThan(2000);
    } finally {
      pool.shutdownNow();
    }
  }

  /** Pipelines writes and large reads; every byte up to the end must be part of a whole frame. */
  private static int writeUntilHungUp(
      TestServer server, String path, CountDownLatch begun, AtomicInteger answers)
      throws IOException {
    int newest = -1;
    try (RawClient client = RawClient.connect(server)) {
      client.call(ReplyOrderTest.create(path, new byte[0]));
      begun.countDown();
      while (true) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int i = 0; i < 16; i++) {
          bytes.writeBytes(RawClient.frame(1, new Request.SetData(path, new byte[5000], -1)));
          bytes.writeBytes(RawClient.frame(2, new Request.GetData(path, false)));
        }
        try {
          client.sendBytes(bytes.toByteArray());
        } catch (java.net.SocketException e) {
          // Hung up on; what was answered can still be read.
          assertThat(e).isNotNull();
        }
        for (int i = 0; i < 32; i++) {
          JuteReader frame;
          try {
            frame = client.readFrameOrEnd();
          } catch (java.net.SocketException e) {
            // A reset says nothing about what was sent before it.
            return newest;
          }
          if (frame == null) {
            return newest;
          }
          answers.incrementAndGet();
          if (ReplyHeader.read(frame).xid() == 1) {
            newest = Math.max(newest, Stat.read(frame).version());
          }
        }
      }
    }
  }

  @Test
  void theThreadsAreThoseThatAreDocumentedAndGoWithTheServer() throws Exception {
    Set<String> before = conclaveThreads();
    try (TestServer server =
            TestServer.start("nio.numSelectorThreads=2", "snapCount=2", "preAllocSize=64");
        RawClient one = RawClient.connect(server);
        RawClient two = RawClient.connect(server)) {
      for (int i = 0; i < 30; i++) {
        one.call(ReplyOrderTest.create("/t" + i, new byte[0]));
        two.ok(new Request.Exists("/", true));
      }
      Await.until(
          "a snapshot is being taken",
          () -> conclaveThreads().stream().anyMatch("conclave-snapshot"::equals));
      Set<String> running = conclaveThreads();
      running.removeAll(before);
      // A group of event loops has its number in the name, and each loop its own behind it.
      Set<String> kinds =
          running.stream()
              .map(name -> name.replaceAll("^conclave-io-\\d+-\\d+$", "conclave-io-N"))
              .collect(Collectors.toCollection(TreeSet::new));
      assertThat(kinds)
          .containsExactly(
              "conclave-io-N", "conclave-log", "conclave-replica", "conclave-snapshot");
      assertThat(running).hasSize(5);
    }
    Await.until("all threads end", () -> before.containsAll(conclaveThreads()));
  }

  /** All threads but the JVM's and the tests' own that have come while a server ran. */
  private static Set<String> conclaveThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.startsWith("conclave"))
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
