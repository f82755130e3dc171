package conclave.protocol;

import java.util.List;
import java.util.function.Consumer;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Whatever comes in, a record is read or refused; nothing else happens, and nothing grows. */
class ArbitraryBytesTest {
  private static final List<Consumer<JuteReader>> OTHERS =
      List.of(
          ConnectRequest::read,
          ConnectResponse::read,
          ReplyHeader::read,
          WatcherEvent::read,
          LoggedTxn::read,
          Stat::read,
          Acl::readList,
          Notification::read,
          ElectionGreeting::read,
          QuorumAuthPacket::read);

  @Property(tries = 3000)
  void asEveryRecord(@ForAll byte[] bytes) {
    for (OpCode op : OpCode.values()) {
      attempt(bytes, in -> Request.read(op, in));
      attempt(bytes, in -> Reply.read(op, in));
      attempt(bytes, in -> Txn.read(op, in));
    }
    OTHERS.forEach(read -> attempt(bytes, read));
  }

  /** Bytes that are nearly right get further: small lengths and counts, then noise. */
  @Property(tries = 3000)
  void asEveryRecordNearlyRight(
      @ForAll @IntRange(min = -1, max = 9) int first,
      @ForAll @IntRange(min = -12, max = 30) int second,
      @ForAll byte[] noise) {
    JuteWriter out = new JuteWriter();
    out.writeInt(first);
    out.writeInt(second);
    out.writeRaw(noise, 0, noise.length);
    asEveryRecord(out.toByteArray());
  }

  private static void attempt(byte[] bytes, Consumer<JuteReader> read) {
    try {
      read.accept(new JuteReader(bytes));
    } catch (MalformedRecordException e) {
      // A refusal is an answer; anything else fails the property.
    }
  }
}
