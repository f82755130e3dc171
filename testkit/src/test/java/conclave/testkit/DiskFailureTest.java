package conclave.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.protocol.Request;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A disk that fails ends the server, before anything that it does not have is acknowledged. */
@Timeout(300)
class DiskFailureTest {
  private static final int STORAGE_FAILED = 10;

  @Test
  void nothingIsAcknowledgedAfterAnErrorAndTheServerEnds() throws Exception {
    FailingDisk disk = new FailingDisk();
    List<Integer> exitCodes = new CopyOnWriteArrayList<>();
    TestServer server = TestServer.start(disk, (code, what, cause) -> exitCodes.add(code));
    int acknowledged = 0;
    try (RawClient client = RawClient.connect(server);
        RawClient late = RawClient.connect(server)) {
      client.ok(ReplyOrderTest.create("/x", new byte[0]));
      for (; acknowledged < 20; acknowledged++) {
        client.ok(new Request.SetData("/x", new byte[acknowledged], -1));
      }
      disk.fail();
      client.send(new Request.SetData("/x", new byte[500], -1));
      Await.until("the server ends", () -> exitCodes.contains(STORAGE_FAILED));
      late.send(new Request.SetData("/x", new byte[501], -1));

      long began = System.nanoTime();
      server.stop();

      assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began)).isLessThan(20_000);
      assertUnanswered(client);
      assertUnanswered(late);
      assertThat(exitCodes).containsOnly(STORAGE_FAILED);
    } finally {
      server.close();
    }
  }

  private static void assertUnanswered(RawClient client) throws IOException {
    assertThat(client.readToEnd()).as("bytes after the disk has failed").isEmpty();
  }
}
