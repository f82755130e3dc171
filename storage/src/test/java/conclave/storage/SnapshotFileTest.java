package conclave.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import conclave.protocol.Acl;
import conclave.protocol.LoggedTxn;
import conclave.state.EventSink;
import conclave.state.StateMachine;
import conclave.state.StoredStat;
import conclave.storage.Workload.Node;
import conclave.storage.Workload.Picture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Snapshots that Apache's classes wrote, packed or not, whole and damaged. */
class SnapshotFileTest {
  @TempDir Path dir;
  private Picture picture = new Picture(Map.of(), Map.of(), 0);

  @AfterEach
  void unpacked() {
    Apache.compression(Compression.NONE);
  }

  private Path write(Compression compression) throws IOException {
    Apache.compression(compression);
    StateMachine maker = new StateMachine(Workload.CONFIG);
    Workload workload = new Workload(4);
    try (Apache apache = new Apache(dir, dir)) {
      for (long zxid = 1; zxid <= 100; zxid++) {
        LoggedTxn txn = workload.next(maker, zxid);
        maker.apply(txn, EventSink.NONE);
        apache.append(txn);
        apache.apply(txn);
      }
      apache.commit();
      apache.snapshot();
      picture = apache.picture();
    }
    return dir.resolve("version-2/snapshot.64" + compression.suffix());
  }

  private static final class Seen implements SnapshotFile.Visitor {
    final Map<String, Node> nodes = new TreeMap<>();
    final Map<Long, Integer> sessions = new TreeMap<>();
    long digest;

    @Override
    public void session(long id, int timeoutMs) {
      sessions.put(id, timeoutMs);
    }

    @Override
    public void node(String path, byte @Nullable [] data, List<Acl> acl, StoredStat stat) {
      nodes.put(path.equals("/") ? "" : path, new Node(Arrays.toString(data), acl, stat));
    }

    @Override
    public void digest(long zxid, int version, long value) {
      digest = value;
    }
  }

  @ParameterizedTest
  @EnumSource
  void everythingIsThereAsItWasWritten(Compression compression) throws IOException {
    Path file = write(compression);
    Path renamed = Files.move(file, dir.resolve("a-backup"));
    SnapshotFile snapshot = SnapshotFile.open(new RealDisk(), renamed);
    assertThat(snapshot.compression()).isEqualTo(compression);
    Seen seen = new Seen();
    snapshot.read(seen);
    assertThat(seen.nodes).isEqualTo(picture.nodes());
    assertThat(seen.sessions).isEqualTo(picture.sessions());
    assertThat(seen.digest).isEqualTo(picture.digest());
  }

  @Test
  void damageIsTold() throws IOException {
    Path file = write(Compression.NONE);
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length / 2] ^= 0x10;
    Files.write(file, bytes);
    assertThatThrownBy(() -> SnapshotFile.open(new RealDisk(), file).read(new Seen()))
        .isInstanceOf(DamagedException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining("at offset");
    Files.write(file, Arrays.copyOf(bytes, bytes.length - 20));
    assertThatThrownBy(() -> SnapshotFile.open(new RealDisk(), file).read(new Seen()))
        .isInstanceOf(DamagedException.class);
  }

  @Test
  void whatIsNoSnapshotIsRefused() throws IOException {
    Path other = Files.writeString(dir.resolve("other"), "x");
    assertThatThrownBy(() -> SnapshotFile.open(new RealDisk(), other))
        .isInstanceOf(DamagedException.class)
        .hasMessageContaining("ZKSN");
    assertThatThrownBy(() -> SnapshotFile.open(new RealDisk(), dir.resolve("none")))
        .isInstanceOf(NoSuchFileException.class);
  }
}
