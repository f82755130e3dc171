package conclave.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import conclave.protocol.JuteWriter;
import conclave.protocol.LoggedTxn;
import conclave.protocol.MalformedRecordException;
import conclave.state.EventSink;
import conclave.state.Notices;
import conclave.state.Restore;
import conclave.state.SnapshotImage;
import conclave.state.StateMachine;
import conclave.storage.Workload.Picture;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.apache.jute.BinaryInputArchive;
import org.apache.jute.BinaryOutputArchive;
import org.apache.zookeeper.server.DataTree;
import org.apache.zookeeper.server.util.SerializeUtils;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What stands behind a SNAP packet, between our servers and Apache's. */
class SnapshotStreamTest {
  private static final String EXTENDED_TYPES = "zookeeper.extendedTypesEnabled";
  private static final int MAX_ITEM = 1 << 20;

  @BeforeAll
  static void likeOurConfiguration() {
    System.setProperty(EXTENDED_TYPES, "true");
  }

  @AfterAll
  static void likeBefore() {
    System.clearProperty(EXTENDED_TYPES);
  }

  private static StateMachine state(long seed, int txns) {
    StateMachine state = new StateMachine(Workload.CONFIG);
    Workload workload = new Workload(seed);
    for (long zxid = 1; zxid <= txns; zxid++) {
      state.apply(workload.next(state, zxid), EventSink.NONE);
    }
    return state;
  }

  private static byte[] stream(SnapshotImage image, int pieceBytes) {
    SnapshotStreamWriter writer = new SnapshotStreamWriter(image);
    JuteWriter out = new JuteWriter();
    while (writer.write(out, pieceBytes)) {
      // Goes on.
    }
    return out.toByteArray();
  }

  private static SnapshotStreamDecoder decoder() {
    return new SnapshotStreamDecoder(new Restore(Workload.CONFIG, Notices.NONE), MAX_ITEM);
  }

  private static StateMachine decode(byte[] stream, long zxid) {
    SnapshotStreamDecoder decoder = decoder();
    assertThat(decoder.feed(stream, 0, stream.length)).isEqualTo(stream.length);
    return decoder.finish(zxid);
  }

  /** What an Apache leader sends of a tree. */
  private static byte[] apacheStream(DataTree tree, Map<Long, Integer> sessions)
      throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    BinaryOutputArchive archive = BinaryOutputArchive.getArchive(bytes);
    SerializeUtils.serializeSnapshot(tree, archive, sessions);
    archive.writeString("BenWasHere", "signature");
    return bytes.toByteArray();
  }

  /** Lets an Apache learner take a stream, and compares what it has then. */
  private static void readByApache(byte[] stream, DataTree tree, Map<Long, Integer> sessions)
      throws IOException {
    ByteArrayInputStream bytes = new ByteArrayInputStream(stream);
    BinaryInputArchive archive = BinaryInputArchive.getArchive(bytes);
    SerializeUtils.deserializeSnapshot(tree, archive, sessions);
    assertThat(archive.readString("signature")).isEqualTo("BenWasHere");
    assertThat(bytes.available()).isZero();
  }

  @Test
  void apacheTakesWhatWeSendAndWeTakeWhatItSends() throws IOException {
    for (int seed = 0; seed < 5; seed++) {
      StateMachine state = state(seed, 400);
      Picture picture = Picture.of(state);
      DataTree tree = new DataTree();
      Map<Long, Integer> sessions = new HashMap<>();
      readByApache(stream(state.beginSnapshot(), 1000), tree, sessions);
      assertThat(Apache.picture(tree, sessions)).isEqualTo(picture);
      StateMachine back = decode(apacheStream(tree, sessions), 400);
      assertThat(Picture.of(back)).isEqualTo(picture);
      assertThat(back.lastAppliedZxid()).isEqualTo(400);
      assertThat(back.digestMismatches()).isZero();
    }
  }

  @Test
  void anEmptyTree() throws IOException {
    StateMachine state = new StateMachine(Workload.CONFIG);
    DataTree tree = new DataTree();
    Map<Long, Integer> sessions = new HashMap<>();
    byte[] stream = stream(state.beginSnapshot(), 1000);
    readByApache(stream, tree, sessions);
    assertThat(Apache.picture(tree, sessions)).isEqualTo(Picture.of(state));
    assertThat(Picture.of(decode(stream, 0x500000000L))).isEqualTo(Picture.of(state));
    assertThat(Picture.of(decode(apacheStream(new DataTree(), Map.of()), 0)))
        .isEqualTo(Picture.of(state));
  }

  /** The stream arrives in two pieces, cut anywhere, and the next packet stands right behind it. */
  @Test
  void cutAnywhere() {
    StateMachine state = state(1, 60);
    Picture picture = Picture.of(state);
    byte[] stream = stream(state.beginSnapshot(), 1000);
    byte[] more = Arrays.copyOf(stream, stream.length + 20);
    Arrays.fill(more, stream.length, more.length, (byte) 'B');
    for (int cut = 0; cut <= more.length; cut++) {
      SnapshotStreamDecoder decoder = decoder();
      int first = decoder.feed(more, 0, cut);
      assertThat(first).as("cut=" + cut).isEqualTo(Math.min(cut, stream.length));
      assertThat(decoder.isDone()).isEqualTo(cut >= stream.length);
      int second = decoder.feed(more, cut, more.length - cut);
      assertThat(first + second).as("cut=" + cut).isEqualTo(stream.length);
      assertThat(decoder.isDone()).isTrue();
      assertThat(decoder.bytesTaken()).isEqualTo(stream.length);
      if (cut % 50 == 0) {
        assertThat(Picture.of(decoder.finish(60))).isEqualTo(picture);
      }
    }
  }

  @Test
  void inPiecesOfAnySize() {
    StateMachine state = state(2, 300);
    Picture picture = Picture.of(state);
    byte[] stream = stream(state.beginSnapshot(), 1000);
    Random random = new Random(1);
    for (int most : new int[] {1, 2, 7, 100, 5000}) {
      SnapshotStreamDecoder decoder = decoder();
      for (int at = 0; at < stream.length; ) {
        assertThat(decoder.isDone()).isFalse();
        int count = Math.min(1 + random.nextInt(most), stream.length - at);
        assertThat(decoder.feed(stream, at, count)).isEqualTo(count);
        at += count;
      }
      assertThat(Picture.of(decoder.finish(300))).isEqualTo(picture);
    }
  }

  /** It is asked for in pieces of any size, and meanwhile the writer goes on. */
  @Test
  void whatTheWriterDoesMeanwhileIsNotInIt() {
    for (int pieceBytes : new int[] {1, 100, 3000}) {
      StateMachine state = state(3, 200);
      Picture picture = Picture.of(state);
      Workload workload = new Workload(33);
      SnapshotStreamWriter writer = new SnapshotStreamWriter(state.beginSnapshot());
      assertThat(writer.zxid()).isEqualTo(200);
      JuteWriter out = new JuteWriter();
      SnapshotStreamDecoder decoder = decoder();
      boolean more = true;
      while (more) {
        more = writer.write(out, pieceBytes);
        assertThat(out.length()).isLessThan(pieceBytes + 2600);
        decoder.feed(out.array(), 0, out.length());
        out.reset();
        LoggedTxn txn = workload.next(state, state.lastAppliedZxid() + 1);
        state.apply(txn, EventSink.NONE);
      }
      assertThat(state.lastAppliedZxid()).isGreaterThan(200);
      StateMachine restored = decoder.finish(200);
      assertThat(restored.sessions()).isEqualTo(picture.sessions());
      assertThat(restored.digest()).isEqualTo(picture.digest());
    }
  }

  @Test
  void aLearnerThatIsLostLeavesTheTreeFree() {
    StateMachine state = state(4, 100);
    SnapshotStreamWriter writer = new SnapshotStreamWriter(state.beginSnapshot());
    JuteWriter out = new JuteWriter();
    assertThat(writer.write(out, 100)).isTrue();
    writer.close();
    assertThat(writer.write(out, 100)).isFalse();
    assertThat(Picture.of(decode(stream(state.beginSnapshot(), 100), 100)))
        .isEqualTo(Picture.of(state));
  }

  @Test
  void nonsenseIsRefused() {
    byte[] stream = stream(state(5, 40).beginSnapshot(), 1000);
    Random random = new Random(5);
    int refused = 0;
    for (int i = 0; i < 3000; i++) {
      byte[] damaged = stream.clone();
      int at = i % stream.length;
      damaged[at] ^= (byte) (1 << random.nextInt(8));
      SnapshotStreamDecoder decoder = decoder();
      try {
        for (int from = 0; from < damaged.length; from += 97) {
          decoder.feed(damaged, from, Math.min(97, damaged.length - from));
        }
        if (decoder.isDone()) {
          decoder.finish(40);
        } else {
          assertThatThrownBy(() -> decoder.finish(40)).isInstanceOf(IllegalStateException.class);
        }
      } catch (MalformedRecordException e) {
        refused++;
      }
    }
    assertThat(refused).isGreaterThan(100);
  }

  private static void refused(int... ints) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * ints.length);
    for (int i : ints) {
      bytes.putInt(i);
    }
    assertThatThrownBy(() -> decoder().feed(bytes.array(), 0, bytes.capacity()))
        .as(Arrays.toString(ints))
        .isInstanceOf(MalformedRecordException.class);
  }

  /** Lengths and counts that nobody can mean are refused before anything comes. */
  @Test
  void impossibleLengthsAreRefusedAtOnce() {
    refused(-1);
    refused(0, -1);
    refused(0, 1, 0, 7, -1);
    refused(0, 1, 0, 7, 1 << 21);
    refused(0, 1, 0, 7, 1, 31, -1);
    refused(0, 1, 0, 7, 1, 31, MAX_ITEM + 1);
    refused(0, 1, 0, 7, 1, 31, 0, MAX_ITEM + 1);
    refused(0, 0, -1);
    refused(0, 0, MAX_ITEM + 1);
    refused(0, 0, Integer.MAX_VALUE);
    refused(0, 0, 0, MAX_ITEM + 1);
    refused(0, 0, 0, -2);
    // Neither a root nor anything else: the mark that ends the tree, and then no signature.
    byte[] end = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, '/', 0, 0, 0, 11};
    assertThatThrownBy(() -> decoder().feed(end, 0, end.length))
        .isInstanceOf(MalformedRecordException.class)
        .hasMessageContaining("signature");
  }
}
