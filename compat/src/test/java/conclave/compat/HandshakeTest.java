package conclave.compat;

import static conclave.compat.Jute.jute;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Sessions: how they begin, move, are refused and end. */
final class HandshakeTest extends OneServer {
  private static final long PASSWORD_SALT = 0xB3415C00L;

  HandshakeTest() {
    super(ServerSpec.standard());
  }

  @Test
  void newHandshakeIsAnsweredWith37Bytes() throws IOException {
    Wire wire = connection();
    wire.sendFrame(Handshake.fresh().bytes());
    byte[] answer = wire.readFrame();
    assertThat(answer).hasSize(37);
    Session session = Session.read(answer);
    assertThat(session.protocolVersion()).isZero();
    assertThat(session.timeoutMs()).isEqualTo(Handshake.TIMEOUT_MS);
    assertThat(session.id()).isNotZero();
    assertThat(session.tail()).containsExactly(0);
  }

  @Test
  void oldHandshakeIsAnsweredWith36Bytes() throws IOException {
    Wire wire = connection();
    wire.sendFrame(Handshake.fresh().withForm(Handshake.Form.OLD).bytes());
    assertThat(wire.readFrame()).hasSize(36);
    assertThat(wire.call(Requests.exists("/", false)).err()).isZero();
  }

  @Test
  void readOnlyClientsAreServedByAWritableServer() throws IOException {
    Wire wire = connection();
    Session session = wire.shake(Handshake.fresh().withForm(Handshake.Form.NEW_READ_ONLY));
    assertThat(session.tail()).containsExactly(0);
    wire.ok(Requests.create(root + "/a"));
  }

  @Test
  void passwordIsDerivedFromTheSessionId() throws IOException {
    Session session = session().session();
    byte[] expected = new byte[16];
    new Random(session.id() ^ PASSWORD_SALT).nextBytes(expected);
    assertThat(session.password()).isEqualTo(expected);
  }

  @Test
  void sessionIdsGrowByOneAndCarryNoServerIdWhenStandalone() throws IOException {
    long first = session().session().id();
    long second = session().session().id();
    assertThat(second).isEqualTo(first + 1);
    assertThat(first >>> 56).isLessThanOrEqualTo(1);
  }

  @Test
  void timeoutIsClampedFromBelow() throws IOException {
    assertThat(connection().shake(Handshake.fresh().withTimeoutMs(1)).timeoutMs()).isEqualTo(1000);
    assertThat(connection().shake(Handshake.fresh().withTimeoutMs(0)).timeoutMs()).isEqualTo(1000);
    assertThat(connection().shake(Handshake.fresh().withTimeoutMs(-5)).timeoutMs()).isEqualTo(1000);
  }

  @Test
  void timeoutIsClampedFromAbove() throws IOException {
    assertThat(connection().shake(Handshake.fresh().withTimeoutMs(Integer.MAX_VALUE)).timeoutMs())
        .isEqualTo(120_000);
  }

  @Test
  void sessionIsResumedByAnotherConnection() throws IOException {
    Wire first = session();
    first.ok(Requests.create(root + "/e", new byte[0], 1));
    first.close();
    Wire second = connection();
    Session resumed = second.shake(Handshake.resume(first.session()));
    assertThat(resumed.id()).isEqualTo(first.session().id());
    assertThat(resumed.password()).isEqualTo(first.session().password());
    assertThat(resumed.timeoutMs()).isEqualTo(first.session().timeoutMs());
    assertThat(second.ok(Requests.exists(root + "/e", false)).stat().ephemeralOwner())
        .isEqualTo(resumed.id());
  }

  @Test
  void resumingClosesTheSessionsOtherConnection() throws IOException {
    Wire first = session();
    Wire second = connection();
    second.shake(Handshake.resume(first.session()));
    assertThat(first.closedByServer()).isTrue();
    assertThat(second.call(Requests.exists("/", false)).err()).isZero();
  }

  @Test
  void timeoutIsNegotiatedAnewWhenResuming() throws IOException {
    Wire first = session();
    Session resumed = connection().shake(Handshake.resume(first.session()).withTimeoutMs(20_000));
    assertThat(resumed.timeoutMs()).isEqualTo(20_000);
  }

  @Test
  void wrongPasswordIsRefusedAsExpiredAndTheSessionLivesOn() throws IOException {
    Wire first = session();
    Wire second = connection();
    second.sendFrame(Handshake.resume(first.session()).withPassword(new byte[16]).bytes());
    assertThat(second.readFrame()).isEqualTo(expired());
    assertThat(second.closedByServer()).isTrue();
    Wire third = connection();
    assertThat(third.shake(Handshake.resume(first.session())).id()).isEqualTo(first.session().id());
  }

  @Test
  void shortPasswordIsRefusedAsExpired() throws IOException {
    Wire first = session();
    Wire second = connection();
    second.sendFrame(Handshake.resume(first.session()).withPassword(new byte[3]).bytes());
    assertThat(second.readFrame()).isEqualTo(expired());
    assertThat(second.closedByServer()).isTrue();
  }

  @Test
  void unknownSessionIsRefusedAsExpired() throws IOException {
    long id = 0x00ABCDEF12345678L;
    byte[] password = new byte[16];
    new Random(id ^ PASSWORD_SALT).nextBytes(password);
    Wire wire = connection();
    wire.sendFrame(new Handshake(0, 10_000, id, password, Handshake.Form.NEW).bytes());
    assertThat(wire.readFrame()).isEqualTo(expired());
    assertThat(wire.closedByServer()).isTrue();
  }

  @Test
  void closedSessionIsRefusedAsExpired() throws IOException {
    Wire first = session();
    first.endSession();
    Wire second = connection();
    second.sendFrame(Handshake.resume(first.session()).bytes());
    assertThat(second.readFrame()).isEqualTo(expired());
  }

  @Test
  void clientThatHasSeenMoreThanTheServerIsClosedWithoutAWord() throws IOException {
    Wire wire = connection();
    wire.sendFrame(Handshake.fresh().withLastZxidSeen(Long.MAX_VALUE).bytes());
    assertThat(wire.closedByServer()).isTrue();
  }

  @Test
  void clientThatHasSeenWhatTheServerHasIsServed() throws IOException {
    Wire first = session();
    long zxid = first.ok(Requests.create(root + "/a")).zxid();
    Session session = connection().shake(Handshake.fresh().withLastZxidSeen(zxid));
    assertThat(session.id()).isNotZero();
  }

  @Test
  void protocolVersionIsNotLookedAt() throws IOException {
    Wire wire = connection();
    byte[] handshake = Handshake.fresh().bytes();
    ByteBuffer.wrap(handshake).putInt(0, 77);
    wire.sendFrame(handshake);
    assertThat(Session.read(wire.readFrame()).protocolVersion()).isZero();
  }

  @Test
  void truncatedHandshakeIsClosed() throws IOException {
    Wire wire = connection();
    wire.sendFrame(new byte[10]);
    assertThat(wire.closedByServer()).isTrue();
  }

  @Test
  void closingAnswersThenClosesTheConnectionAndRemovesEphemerals() throws IOException {
    Wire wire = session();
    long created = wire.ok(Requests.create(root + "/e", new byte[0], 1)).zxid();
    Incoming.Reply reply = wire.endSession();
    assertThat(reply.err()).isZero();
    assertThat(reply.zxid()).isEqualTo(created + 1);
    assertThat(reply.body()).isEmpty();
    assertThat(wire.closedByServer()).isTrue();
    assertThat(session().call(Requests.exists(root + "/e", false)).err()).isEqualTo(-101);
  }

  @Test
  void sessionWithoutAWordExpiresAndItsEphemeralsGo() throws IOException {
    Wire wire = keep(Wire.session(server, Handshake.fresh().withTimeoutMs(3000)));
    wire.ok(Requests.create(root + "/e", new byte[0], 1));
    Wire watcher = session();
    watcher.ok(Requests.exists(root + "/e", true));
    assertThat(watcher.event().brief()).isEqualTo("2 " + root + "/e");
    assertThat(wire.closedByServer()).isTrue();
    Wire again = connection();
    again.sendFrame(Handshake.resume(wire.session()).bytes());
    assertThat(again.readFrame()).isEqualTo(expired());
  }

  @Test
  void pingsKeepASessionAlive() throws IOException {
    Wire wire = keep(Wire.session(server, Handshake.fresh().withTimeoutMs(1000)));
    Incoming.Reply pong = wire.call(ping());
    assertThat(pong.xid()).isEqualTo(Wire.PING_XID);
    assertThat(pong.err()).isZero();
    assertThat(pong.body()).isEmpty();
    while (!wire.pingFor(Duration.ofMillis(2500))) {
      // This machine stood still for too long: once more.
      wire = keep(Wire.session(server, Handshake.fresh().withTimeoutMs(1000)));
    }
    wire.ok(Requests.exists(root, false));
  }

  @Test
  void pingCarriesTheLastTransactionId() throws IOException {
    Wire wire = session();
    long zxid = wire.ok(Requests.create(root + "/a")).zxid();
    assertThat(wire.call(ping()).zxid()).isEqualTo(zxid);
  }

  @Test
  void aWriteTakesOneTransactionId() throws IOException {
    Wire wire = session();
    long first = wire.ok(Requests.create(root + "/a")).zxid();
    assertThat(wire.ok(Requests.setData(root + "/a", new byte[1], -1)).zxid()).isEqualTo(first + 1);
    assertThat(wire.ok(Requests.getData(root + "/a", false)).zxid()).isEqualTo(first + 1);
  }

  @Test
  void aRefusedWriteTakesATransactionIdToo() throws IOException {
    Wire wire = session();
    long first = wire.ok(Requests.create(root + "/a")).zxid();
    Incoming.Reply refused = wire.call(Requests.create(root + "/a"));
    assertThat(refused.err()).isEqualTo(-110);
    assertThat(refused.zxid()).isEqualTo(first + 1);
    assertThat(wire.ok(Requests.setData(root + "/a", new byte[1], -1)).zxid()).isEqualTo(first + 2);
  }

  @Test
  void requestsOfOneConnectionAreAnsweredInOrder() throws IOException {
    Wire wire = session();
    int count = 300;
    for (int i = 0; i < count; i++) {
      wire.send(
          i % 3 == 0
              ? Requests.create(root + "/n" + i)
              : i % 3 == 1
                  ? Requests.getData(root + "/n" + (i - 1), false)
                  : Requests.getChildren(root, false));
    }
    for (int i = 0; i < count; i++) {
      Incoming.Reply reply = wire.reply();
      assertThat(reply.xid()).isEqualTo(i + 1);
      assertThat(reply.err()).as("a read sees the writes sent before it").isZero();
      if (i % 3 == 2) {
        assertThat(reply.read().int32()).isEqualTo(i / 3 + 1);
      }
    }
  }

  private static Request ping() {
    return new Request(Requests.PING, new byte[0], "ping");
  }

  private static byte[] expired() {
    return jute().int32(0).int32(0).int64(0).buffer(new byte[16]).bool(false).bytes();
  }
}
