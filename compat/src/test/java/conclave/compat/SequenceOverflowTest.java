package conclave.compat;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.server.DataTree;
import org.apache.zookeeper.server.persistence.FileSnap;
import org.apache.zookeeper.server.persistence.Util;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The counter behind sequence names, at the end of its numbers (ZOOKEEPER-4706). */
@Timeout(300)
final class SequenceOverflowTest extends OneServer {

  SequenceOverflowTest() {
    super(ServerSpec.standard());
  }

  @Test
  void afterTheLastNumberApacheIsStuckAndConclaveGoesOnBelowZero() throws Exception {
    server.kill();
    Path files = server.home().resolve("data/version-2");
    clear(files);
    DataTree tree = new DataTree();
    tree.createNode("/p", new byte[0], ZooDefs.Ids.OPEN_ACL_UNSAFE, 0, 1, 1, 1);
    // What is stored is the number of creations in it so far.
    tree.getNode("/p").stat.setCversion(Integer.MAX_VALUE - 1);
    tree.lastProcessedZxid = 1;
    FileSnap snapshots = new FileSnap(files.toFile());
    File file = new File(files.toFile(), Util.makeSnapshotName(1));
    snapshots.serialize(tree, new ConcurrentHashMap<>(), file, true);
    snapshots.close();
    server.restart();
    Wire wire = session();
    assertThat(create(wire)).isEqualTo("/p/n-2147483646");
    assertThat(create(wire)).isEqualTo("/p/n-2147483647");
    if (target == Target.APACHE) {
      // Its counter takes no step down, so the same number comes again and again.
      assertThat(wire.call(Requests.create("/p/n-", new byte[0], 2)).err()).isEqualTo(-110);
      return;
    }
    assertThat(create(wire)).isEqualTo("/p/n--2147483648");
    assertThat(create(wire)).isEqualTo("/p/n--2147483647");
    assertThat(wire.ok(Requests.exists("/p", false)).stat().numChildren()).isEqualTo(4);
    wire.endSession();
    server.kill();
    server.restart();
    assertThat(create(session())).isEqualTo("/p/n--2147483646");
  }

  private static String create(Wire wire) throws IOException {
    return String.valueOf(wire.ok(Requests.create("/p/n-", new byte[0], 2)).read().string());
  }

  private static void clear(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        if (!path.equals(folder)) {
          Files.delete(path);
        }
      }
    }
  }
}
