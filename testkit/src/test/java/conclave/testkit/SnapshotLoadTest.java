package conclave.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.protocol.Acl;
import conclave.protocol.JuteReader;
import conclave.protocol.OpCode;
import conclave.protocol.Request;
import conclave.protocol.Stat;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Snapshots that are taken while everything changes give back the tree as it was. */
@Timeout(300)
class SnapshotLoadTest {

  /** A znode as clients see it. */
  private record Seen(String data, Stat stat, String acl) {}

  @ParameterizedTest
  @ValueSource(strings = {"", "gz"})
  void theTreeIsTheSameAfterARestart(String compression) throws Exception {
    ExecutorService pool = Executors.newCachedThreadPool();
    try (TestServer server =
        TestServer.start(
            "snapCount=300", "preAllocSize=64", "snapshot.compression.method=" + compression)) {
      for (int round = 0; round < 2; round++) {
        List<Future<?>> writers = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
          Random random = new Random(10L * round + i);
          writers.add(
              pool.submit(
                  () -> {
                    change(server, random);
                    return null;
                  }));
        }
        for (Future<?> writer : writers) {
          writer.get();
        }
        Map<String, Seen> before = read(server);

        server.restart();

        assertThat(read(server)).isEqualTo(before);
      }
      assertThat(snapshots(server)).as("snapshots taken").isGreaterThan(2);
    } finally {
      pool.shutdownNow();
    }
  }

  /** Random changes of one small part of the tree, which all writers share. */
  private static void change(TestServer server, Random random) throws IOException {
    try (RawClient client = RawClient.connect(server)) {
      for (int burst = 0; burst < 15; burst++) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        int count = 40;
        for (int i = 0; i < count; i++) {
          bytes.writeBytes(RawClient.frame(client.nextXid(), next(random)));
        }
        client.sendBytes(bytes.toByteArray());
        for (int i = 0; i < count; i++) {
          client.readReply();
        }
      }
      // Its ephemerals go here, in the middle of what the others do.
      client.ok(new Request.CloseSession());
    }
  }

  private static Request next(Random random) {
    String path = "/n" + random.nextInt(20);
    if (random.nextInt(3) > 0) {
      path += "/m" + random.nextInt(20);
    }
    byte[] data = new byte[random.nextInt(60)];
    random.nextBytes(data);
    return switch (random.nextInt(8)) {
      case 0, 1, 2 -> new Request.Create(OpCode.CREATE, path, data, Acl.OPEN, random.nextInt(4), 0);
      case 3 -> new Request.Delete(path, -1);
      case 4 -> new Request.SetAcl(path, random.nextBoolean() ? Acl.OPEN : all(), -1);
      case 5 ->
          new Request.Multi(
              List.of(
                  new Request.SetData(path, data, -1),
                  new Request.Create(OpCode.CREATE, path + "/c", data, Acl.OPEN, 2, 0)));
      default -> new Request.SetData(path, data, random.nextInt(4) == 0 ? 1 : -1);
    };
  }

  private static List<Acl> all() {
    return List.of(
        new Acl(Acl.ALL, conclave.protocol.Id.ANYONE),
        new Acl(Acl.READ, new conclave.protocol.Id("ip", "127.0.0.1")));
  }

  private static Map<String, Seen> read(TestServer server) throws IOException {
    Map<String, Seen> seen = new TreeMap<>();
    try (RawClient client = RawClient.connect(server)) {
      read(client, "/", seen);
    }
    return seen;
  }

  private static void read(RawClient client, String path, Map<String, Seen> seen)
      throws IOException {
    JuteReader data = client.ok(new Request.GetData(path, false)).body();
    String content = Arrays.toString(data.readBuffer());
    Stat stat = Stat.read(data);
    JuteReader acl = client.ok(new Request.GetAcl(path)).body();
    seen.put(path, new Seen(content, stat, Acl.readList(acl).toString()));
    JuteReader children =
        client.ok(new Request.GetChildren(OpCode.GET_CHILDREN, path, false)).body();
    for (String name : children.readVector(JuteReader::readString)) {
      read(client, path.equals("/") ? "/" + name : path + "/" + name, seen);
    }
  }

  private static int snapshots(TestServer server) {
    File[] files =
        server
            .dataDir()
            .resolve("version-2")
            .toFile()
            .listFiles((d, n) -> n.startsWith("snapshot"));
    return files == null ? 0 : files.length;
  }
}
