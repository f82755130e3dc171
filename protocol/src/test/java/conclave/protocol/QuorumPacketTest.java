package conclave.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class QuorumPacketTest {
  private static final int LIMIT = 1 << 20;
  private static final List<Id> IDS =
      List.of(new Id("ip", "10.0.0.1"), new Id("digest", "somebody:x"), new Id("", ""));
  private static final List<QuorumPacket> PACKETS =
      List.of(
          new QuorumPacket(QuorumPacketType.ACK, 0x100000001L),
          new QuorumPacket(QuorumPacketType.PROPOSAL, 0x100000002L, bytes(300)),
          new QuorumPacket(QuorumPacketType.REQUEST.code(), -1, bytes(7), IDS),
          new QuorumPacket(QuorumPacketType.PING, 3, new byte[0]),
          new QuorumPacket(QuorumPacketType.REQUEST.code(), -1, null, IDS),
          new QuorumPacket(77, Long.MIN_VALUE, bytes(1), List.of()),
          new QuorumPacket(QuorumPacketType.UPTODATE, -1));

  @Test
  void areApachesBytes() {
    for (QuorumPacket packet : PACKETS) {
      assertThat(bytesOf(packet)).as("%s", packet).isEqualTo(ApacheJute.bytesOf(apache(packet)));
    }
  }

  @Test
  void dataThatMustBeThere() {
    assertThat(PACKETS.get(3).requiredData()).isEmpty();
    assertThatThrownBy(() -> PACKETS.get(0).requiredData())
        .isInstanceOf(MalformedRecordException.class)
        .hasMessageContaining("ACK zxid=0x100000001");
  }

  @Test
  void haveApachesNumbers() throws ReflectiveOperationException {
    for (QuorumPacketType type : QuorumPacketType.values()) {
      Class<?> leader = Class.forName("org.apache.zookeeper.server.quorum.Leader");
      java.lang.reflect.Field field = leader.getDeclaredField(type.name());
      field.setAccessible(true);
      assertThat(type.code()).as(type.name()).isEqualTo(field.getInt(null));
      assertThat(QuorumPacketType.of(type.code())).isEqualTo(type);
    }
    assertThat(QuorumPacketType.of(0)).isNull();
    assertThat(QuorumPacketType.of(20)).isNull();
    assertThat(QuorumPacketType.of(-1)).isNull();
  }

  @Test
  void cutAtEveryPlace() {
    byte[] stream = bytesOf(PACKETS);
    for (int first = 0; first <= stream.length; first++) {
      for (int second : new int[] {first, first + 1, first + 5, stream.length}) {
        int cut = Math.min(second, stream.length);
        QuorumPacketDecoder decoder = new QuorumPacketDecoder(LIMIT);
        List<QuorumPacket> read = new ArrayList<>();
        feed(decoder, stream, 0, first, read);
        feed(decoder, stream, first, cut, read);
        feed(decoder, stream, cut, stream.length, read);
        assertThat(bytesOf(read)).as("cut at %s and %s", first, cut).isEqualTo(stream);
      }
    }
  }

  @Test
  void byteByByteAndAtOnce() {
    byte[] stream = bytesOf(PACKETS);
    for (int step : new int[] {1, 2, 3, stream.length}) {
      QuorumPacketDecoder decoder = new QuorumPacketDecoder(LIMIT);
      List<QuorumPacket> read = new ArrayList<>();
      for (int at = 0; at < stream.length; at += step) {
        feed(decoder, stream, at, Math.min(at + step, stream.length), read);
      }
      assertThat(bytesOf(read)).isEqualTo(stream);
      assertThat(read.get(0).authInfo()).isNull();
      assertThat(read.get(2).authInfo()).isEqualTo(IDS);
      assertThat(read.get(3).data()).isEmpty();
      assertThat(read.get(4).data()).isNull();
      assertThat(read.get(5).authInfo()).isEmpty();
      assertThat(read.get(5).type()).isNull();
    }
  }

  @Test
  void dataInManyChunksIsWhole() {
    byte[] stream = bytesOf(new QuorumPacket(QuorumPacketType.PROPOSAL, 1, bytes(900_000)));
    for (int step : new int[] {4096, 65536, 65537, 500_000}) {
      QuorumPacketDecoder decoder = new QuorumPacketDecoder(LIMIT);
      List<QuorumPacket> read = new ArrayList<>();
      // The same array again and again, as a socket's reader has it: what is kept must be a copy.
      byte[] chunk = new byte[step];
      for (int at = 0; at < stream.length; at += step) {
        int length = Math.min(step, stream.length - at);
        System.arraycopy(stream, at, chunk, 0, length);
        feed(decoder, chunk, 0, length, read);
      }
      assertThat(bytesOf(read)).isEqualTo(stream);
    }
  }

  @Test
  void whatIsBehindASnapshotPacketIsNotPackets() {
    byte[] before = bytesOf(new QuorumPacket(QuorumPacketType.SNAP, 5));
    byte[] snapshot = bytes(1000);
    byte[] after = bytesOf(new QuorumPacket(QuorumPacketType.NEWLEADER, 6, bytes(3)));
    JuteWriter stream = new JuteWriter();
    for (byte[] part : List.of(before, snapshot, after)) {
      stream.writeRaw(part, 0, part.length);
    }
    byte[] all = stream.toByteArray();
    for (int step : new int[] {1, 7, before.length, before.length + 400, all.length}) {
      QuorumPacketDecoder decoder = new QuorumPacketDecoder(LIMIT);
      List<QuorumPacket> read = new ArrayList<>();
      JuteWriter raw = new JuteWriter();
      for (int at = 0; at < all.length; at += step) {
        decoder.feed(all, at, Math.min(step, all.length - at));
        drainPackets(decoder, read);
        if (decoder.isRaw()) {
          decoder.drain(
              (bytes, offset, length) -> {
                int wanted = Math.min(length, snapshot.length - raw.length());
                raw.writeRaw(bytes, offset, wanted);
                return wanted;
              });
          if (raw.length() == snapshot.length) {
            decoder.resume();
            drainPackets(decoder, read);
          }
        }
      }
      assertThat(raw.toByteArray()).as("step %s", step).isEqualTo(snapshot);
      assertThat(read).extracting(QuorumPacket::zxid).containsExactly(5L, 6L);
    }
  }

  @Test
  void aRawReaderMayLeaveBytesForLater() {
    QuorumPacketDecoder decoder = new QuorumPacketDecoder(LIMIT);
    JuteWriter out = new JuteWriter();
    new QuorumPacket(QuorumPacketType.SNAP, 5).write(out);
    out.writeInt(0x01020304);
    decoder.feed(out.array(), 0, out.length());
    assertThat(decoder.next()).isNotNull();
    assertThat(decoder.drain((bytes, offset, length) -> 1)).isEqualTo(1);
    decoder.feed(new byte[] {0, 9, 10, 0}, 1, 2);
    byte[] rest = new byte[5];
    decoder.drain(
        (bytes, offset, length) -> {
          System.arraycopy(bytes, offset, rest, 0, length);
          return length;
        });
    assertThat(rest).containsExactly(2, 3, 4, 9, 10);
    assertThat(decoder.drain((bytes, offset, length) -> 1)).isZero();
  }

  @Test
  void sizesThatCannotBeAreRefused() {
    for (int length : new int[] {-2, Integer.MIN_VALUE, 101, Integer.MAX_VALUE}) {
      refused(100, head(length), "length=" + length);
    }
    JuteWriter tooMany = head(-1);
    tooMany.writeInt(100);
    refused(100, tooMany, "identities=100");
    for (int length : new int[] {-2, 97}) {
      JuteWriter tooLong = head(-1);
      tooLong.writeInt(2);
      tooLong.writeString("");
      tooLong.writeInt(length);
      refused(100, tooLong, "identity length=" + length);
    }
  }

  private static void refused(int limit, JuteWriter bytes, String message) {
    bytes.writeLong(0);
    for (int step : new int[] {1, bytes.length()}) {
      QuorumPacketDecoder decoder = new QuorumPacketDecoder(limit);
      assertThatThrownBy(
              () -> {
                for (int at = 0; at < bytes.length(); at += step) {
                  decoder.feed(bytes.array(), at, Math.min(step, bytes.length() - at));
                  while (decoder.next() != null) {}
                }
              })
          .isInstanceOf(MalformedRecordException.class)
          .hasMessageContaining(message);
    }
  }

  /** With a gigabyte of heap, two of these would not fit. */
  @Test
  void dataThatIsOnlyClaimedTakesNoRoom() {
    List<QuorumPacketDecoder> decoders = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      QuorumPacketDecoder decoder = new QuorumPacketDecoder(Integer.MAX_VALUE);
      JuteWriter start = head(Integer.MAX_VALUE - 8);
      start.writeLong(1);
      decoder.feed(start.array(), 0, start.length());
      assertThat(decoder.next()).isNull();
      decoder.feed(new byte[100_000], 0, 100_000);
      assertThat(decoder.next()).isNull();
      decoders.add(decoder);
    }
    assertThat(decoders).hasSize(20);
  }

  @Property(tries = 2000)
  void arbitraryBytesGiveTheSameHoweverTheyAreCut(
      @ForAll byte[] noise,
      @ForAll @IntRange(min = -3, max = 40) int length,
      @ForAll @Size(max = 10) List<@IntRange(min = 0, max = 30) Integer> steps) {
    JuteWriter out = new JuteWriter();
    new QuorumPacket(QuorumPacketType.ACK, 1).write(out);
    JuteWriter head = head(length);
    out.writeRaw(head.array(), 0, head.length());
    out.writeRaw(noise, 0, noise.length);
    byte[] stream = out.toByteArray();
    assertThat(readAll(stream, steps)).isEqualTo(readAll(stream, List.of()));
  }

  private static List<String> readAll(byte[] stream, List<Integer> steps) {
    QuorumPacketDecoder decoder = new QuorumPacketDecoder(64);
    List<String> read = new ArrayList<>();
    try {
      int at = 0;
      for (int step : steps) {
        int to = Math.min(at + step, stream.length);
        readSome(decoder, stream, at, to, read);
        at = to;
      }
      readSome(decoder, stream, at, stream.length, read);
    } catch (MalformedRecordException e) {
      read.add("malformed");
    }
    return read;
  }

  private static void readSome(
      QuorumPacketDecoder decoder, byte[] stream, int from, int to, List<String> read) {
    decoder.feed(stream, from, to - from);
    for (QuorumPacket p = decoder.next(); p != null || decoder.isRaw(); p = decoder.next()) {
      if (p == null) {
        decoder.resume();
      } else {
        read.add(p + Arrays.toString(p.data()) + p.authInfo());
      }
    }
  }

  private static JuteWriter head(int dataLength) {
    JuteWriter out = new JuteWriter();
    out.writeInt(2);
    out.writeLong(9);
    out.writeInt(dataLength);
    return out;
  }

  private static void feed(
      QuorumPacketDecoder decoder, byte[] stream, int from, int to, List<QuorumPacket> read) {
    decoder.feed(stream, from, to - from);
    drainPackets(decoder, read);
  }

  private static void drainPackets(QuorumPacketDecoder decoder, List<QuorumPacket> read) {
    for (QuorumPacket packet = decoder.next(); packet != null; packet = decoder.next()) {
      read.add(packet);
    }
  }

  private static byte[] bytesOf(QuorumPacket packet) {
    return bytesOf(List.of(packet));
  }

  private static byte[] bytesOf(List<QuorumPacket> packets) {
    JuteWriter out = new JuteWriter();
    packets.forEach(packet -> packet.write(out));
    return out.toByteArray();
  }

  private static byte[] bytes(int length) {
    byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      bytes[i] = (byte) (i * 31 + (i >> 8));
    }
    return bytes;
  }

  private static org.apache.zookeeper.server.quorum.QuorumPacket apache(QuorumPacket packet) {
    return new org.apache.zookeeper.server.quorum.QuorumPacket(
        packet.typeCode(), packet.zxid(), packet.data(), apache(packet.authInfo()));
  }

  private static @Nullable List<org.apache.zookeeper.data.Id> apache(@Nullable List<Id> ids) {
    return ids == null
        ? null
        : ids.stream().map(id -> new org.apache.zookeeper.data.Id(id.scheme(), id.id())).toList();
  }
}
