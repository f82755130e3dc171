package conclave.server.quorum;

import static conclave.server.quorum.Members.vote;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import conclave.protocol.ElectionGreeting;
import conclave.protocol.JuteWriter;
import conclave.protocol.Notification;
import conclave.server.config.ServerConfig.QuorumAddress;
import conclave.server.quorum.QuorumInput.Notified;
import conclave.server.quorum.QuorumInput.PeerLinkDown;
import conclave.server.quorum.QuorumInput.PeerLinkUp;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ElectionPortTest {
  private final RecordingInbox inbox = new RecordingInbox();
  private final List<AutoCloseable> open = new ArrayList<>();

  @AfterEach
  void closeAll() throws Exception {
    for (AutoCloseable each : open) {
      each.close();
    }
  }

  private <T extends AutoCloseable> T opened(T resource) {
    open.add(resource);
    return resource;
  }

  private QuorumNetwork start(Members members, long sid) throws Exception {
    QuorumNetwork network = members.start(sid, inbox);
    open.add(network::stop);
    return network;
  }

  private RawSocket connect(QuorumNetwork to) throws Exception {
    return opened(RawSocket.connect(to.electionAddresses().get(0)));
  }

  private RawSocket accept(ServerSocket from) throws Exception {
    return opened(RawSocket.accept(from));
  }

  private void hears(RawSocket from, long sid, long round) throws Exception {
    from.send(vote(sid, round));
    Notified heard = inbox.await(Notified.class);
    assertThat(heard.sid()).isEqualTo(sid);
    assertThat(heard.notification()).isEqualTo(vote(sid, round));
  }

  // --- who connects to whom

  @Test
  void opensTheConnectionToThoseWithASmallerId() throws Exception {
    ServerSocket one = opened(Members.listen());
    QuorumNetwork two = start(new Members().with(1, 0, one.getLocalPort()).with(2, 0, 0), 2);
    RawSocket peer = accept(one);
    assertThat(peer.readGreeting())
        .isEqualTo(new ElectionGreeting(ElectionGreeting.ONE_ADDRESS, 2, RawSocket.local(0)));
    inbox.expect(new PeerLinkUp(1));
    two.sendNotification(1, vote(2, 1));
    assertThat(peer.readNotification()).isEqualTo(vote(2, 1));
    hears(peer, 1, 3);
  }

  @Test
  void onlyKnocksAtThoseWithALargerId() throws Exception {
    ServerSocket two = opened(Members.listen());
    QuorumNetwork one = start(new Members().with(1, 0, 0).with(2, 0, two.getLocalPort()), 1);
    RawSocket knock = accept(two);
    assertThat(knock.readGreeting().serverId()).isEqualTo(1);
    assertThat(knock.isHungUpOn()).isTrue();
    RawSocket peer = connect(one).greet(2);
    inbox.expect(new PeerLinkUp(2));
    one.sendNotification(2, vote(1, 1));
    assertThat(peer.readNotification()).isEqualTo(vote(1, 1));
    hears(peer, 2, 5);
  }

  @Test
  void connectsBackToWhomKnocks() throws Exception {
    int port = Members.freePort();
    QuorumNetwork two = start(new Members().with(1, 0, port).with(2, 0, 0), 2);
    inbox.expect(new PeerLinkDown(1));
    ServerSocket one = opened(new ServerSocket());
    one.setReuseAddress(true);
    one.bind(new InetSocketAddress("127.0.0.1", port));
    one.setSoTimeout((int) RecordingInbox.PATIENCE_MS);
    RawSocket knock = connect(two).greet(1, port);
    assertThat(knock.isHungUpOn()).isTrue();
    RawSocket peer = accept(one);
    assertThat(peer.readGreeting().serverId()).isEqualTo(2);
    inbox.expect(new PeerLinkUp(1));
  }

  @Test
  void twoOfOursFindEachOther() throws Exception {
    RecordingInbox other = new RecordingInbox();
    int portOfOne = Members.freePort();
    int portOfTwo = Members.freePort();
    Members members = new Members().with(1, 0, portOfOne).with(2, 0, portOfTwo);
    QuorumNetwork one = start(members, 1);
    inbox.expect(new PeerLinkDown(2));
    QuorumNetwork two = members.start(2, other);
    inbox.expect(new PeerLinkUp(2));
    other.expect(new PeerLinkUp(1));
    one.sendNotification(2, vote(1, 1));
    assertThat(other.await(Notified.class).notification()).isEqualTo(vote(1, 1));
    two.stop();
    inbox.expect(new PeerLinkDown(2));
    RecordingInbox again = new RecordingInbox();
    QuorumNetwork twoAgain = members.start(2, again);
    open.add(twoAgain::stop);
    again.expect(new PeerLinkUp(1));
    inbox.expect(new PeerLinkUp(2));
    // The last one said is said again: it may have been lost with the process.
    assertThat(again.await(Notified.class).notification()).isEqualTo(vote(1, 1));
  }

  @Test
  void membersFindEachOtherHoweverOftenTheyStart() throws Exception {
    Members members = new Members();
    for (long sid = 1; sid <= 3; sid++) {
      members.with(sid, 0, Members.freePort());
    }
    Random random = new Random(7);
    Map<Long, QuorumNetwork> running = new HashMap<>();
    Map<Long, RecordingInbox> inboxes = new HashMap<>();
    open.add(() -> running.values().forEach(QuorumNetwork::stop));
    for (long sid = 1; sid <= 3; sid++) {
      inboxes.put(sid, new RecordingInbox());
      running.put(sid, members.start(sid, inboxes.get(sid)));
    }
    for (int round = 1; round <= 20; round++) {
      long restarted = 1L + random.nextInt(3);
      running.get(restarted).stop();
      inboxes.put(restarted, new RecordingInbox());
      running.put(restarted, members.start(restarted, inboxes.get(restarted)));
      for (long from = 1; from <= 3; from++) {
        for (long to = 1; to <= 3; to++) {
          if (from != to) {
            running.get(from).sendNotification(to, vote(from, round));
          }
        }
      }
      for (long to = 1; to <= 3; to++) {
        Set<Long> heardFrom = new HashSet<>();
        while (heardFrom.size() < 2) {
          Notified heard = inboxes.get(to).await(Notified.class);
          heard.credit().giveBack(1);
          if (heard.notification().electionEpoch() == round) {
            heardFrom.add(heard.sid());
          }
        }
      }
    }
  }

  @Test
  void tellsAtOnceThatAPeerIsGoneAndFindsItAgain() throws Exception {
    ServerSocket one = opened(Members.listen());
    QuorumNetwork two = start(new Members().with(1, 0, one.getLocalPort()).with(2, 0, 0), 2);
    RawSocket peer = accept(one);
    inbox.expect(new PeerLinkUp(1));
    two.sendNotification(1, vote(2, 1));
    peer.readGreeting();
    peer.readNotification();
    peer.reset();
    inbox.expect(new PeerLinkDown(1));
    RawSocket again = accept(one);
    again.readGreeting();
    inbox.expect(new PeerLinkUp(1));
    assertThat(again.readNotification()).isEqualTo(vote(2, 1));
    again.close();
    inbox.expect(new PeerLinkDown(1));
  }

  @Test
  void ofWhatHasNotLeftTheNewestDoes() throws Exception {
    int port = Members.freePort();
    QuorumNetwork two = start(new Members().with(1, 0, port).with(2, 0, 0), 2);
    inbox.expect(new PeerLinkDown(1));
    for (int round = 1; round <= 10; round++) {
      two.sendNotification(1, vote(2, round));
    }
    ServerSocket one = opened(new ServerSocket());
    one.setReuseAddress(true);
    one.bind(new InetSocketAddress("127.0.0.1", port));
    one.setSoTimeout((int) RecordingInbox.PATIENCE_MS);
    RawSocket peer = accept(one);
    peer.readGreeting();
    assertThat(peer.readNotification()).isEqualTo(vote(2, 10));
  }

  @Test
  void aHostThatNobodyKnowsHindersNobody() throws Exception {
    ServerSocket one = opened(Members.listen());
    start(
        new Members()
            .with(1, 0, one.getLocalPort())
            .with(2, 0, 0)
            .with(3, new QuorumAddress("nobody.knows.invalid", 2888, 3888)),
        2);
    accept(one);
    List<QuorumInput> both = List.of(inbox.next(), inbox.next());
    assertThat(both).containsExactlyInAnyOrder(new PeerLinkUp(1), new PeerLinkDown(3));
  }

  @Test
  void triesAllAddressesOfAMember() throws Exception {
    ServerSocket one = opened(Members.listen());
    start(
        new Members()
            .with(
                1,
                new QuorumAddress("127.0.0.1", 0, Members.freePort()),
                new QuorumAddress("nobody.knows.invalid", 0, 1),
                new QuorumAddress("localhost", 0, one.getLocalPort()))
            .with(2, 0, 0),
        2);
    assertThat(accept(one).readGreeting().serverId()).isEqualTo(2);
    inbox.expect(new PeerLinkUp(1));
  }

  @Test
  void listensOnAllItsAddresses() throws Exception {
    QuorumNetwork one =
        start(
            new Members()
                .with(1, new QuorumAddress("127.0.0.1", 0, 0), new QuorumAddress("127.0.0.2", 0, 0))
                .with(2, 0, Members.freePort()),
            1);
    assertThat(one.electionAddresses()).hasSize(2);
    opened(RawSocket.connect(one.electionAddresses().get(1))).greet(2);
    inbox.await(PeerLinkUp.class);
  }

  @Test
  void anAddressThatIsTakenIsNamed() throws Exception {
    ServerSocket taken = opened(Members.listen());
    Members members = new Members().with(1, 0, taken.getLocalPort()).with(2, 0, 1);
    assertThatThrownBy(() -> members.start(1, inbox))
        .isInstanceOf(ExecutionException.class)
        .cause()
        .isInstanceOf(BindException.class)
        .hasMessageContaining("127.0.0.1:" + taken.getLocalPort());
  }

  // --- who is let in

  @Test
  void whoIsNotInTheConfigurationIsNotLetIn() throws Exception {
    QuorumNetwork one = start(new Members().with(1, 0, 0).with(2, 0, Members.freePort()), 1);
    inbox.expect(new PeerLinkDown(2));
    assertThat(connect(one).greet(7).send(vote(7, 1)).isHungUpOn()).isTrue();
    assertThat(connect(one).greet(-7).send(vote(7, 1)).isHungUpOn()).isTrue();
    assertThat(connect(one).greet(1).send(vote(1, 1)).isHungUpOn()).isTrue();
    inbox.expectNothingMore();
  }

  @Test
  void whoMayBecomeAMemberIsTalkedTo() throws Exception {
    QuorumNetwork two =
        start(new Members().with(1, 0, Members.freePort()).with(2, 0, 0).strangersToo(), 2);
    inbox.expect(new PeerLinkDown(1));
    RawSocket larger = connect(two).greet(7);
    hears(larger, 7, 1);
    two.sendNotification(7, vote(2, 9));
    assertThat(larger.readNotification()).isEqualTo(vote(2, 9));
    ServerSocket smaller = opened(Members.listen());
    assertThat(connect(two).greet(0, smaller.getLocalPort()).isHungUpOn()).isTrue();
    RawSocket back = accept(smaller);
    assertThat(back.readGreeting().serverId()).isEqualTo(2);
    hears(back, 0, 4);
    inbox.expectNothingMore();
  }

  @Test
  void anObserverWithoutANumberGetsOne() throws Exception {
    QuorumNetwork one = start(new Members().with(1, 0, 0).with(2, 0, Members.freePort()), 1);
    RawSocket first = connect(one).greet(ElectionGreeting.ANONYMOUS).send(vote(0, 1));
    long sid = inbox.await(Notified.class).sid();
    assertThat(sid).isNegative();
    connect(one).greet(ElectionGreeting.ANONYMOUS).send(vote(0, 1));
    assertThat(inbox.await(Notified.class).sid()).isNegative().isNotEqualTo(sid);
    one.sendNotification(sid, vote(1, 2));
    assertThat(first.readNotification()).isEqualTo(vote(1, 2));
  }

  @Test
  void whoComesInAnothersNameDoesNotTakeItsPlace() throws Exception {
    QuorumNetwork one =
        start(new Members().with(1, 0, 0).with(2, 0, Members.freePort()).cnxTimeoutMs(400), 1);
    RawSocket good = connect(one).greet(2);
    inbox.await(PeerLinkUp.class);
    one.sendNotification(2, vote(1, 1));
    assertThat(good.readNotification()).isEqualTo(vote(1, 1));
    RawSocket bad = connect(one).greet(2).send(vote(2, 666));
    // The connection is tried out, and is alive.
    assertThat(good.readNotification()).isEqualTo(vote(1, 1));
    assertThat(bad.isHungUpOn()).isTrue();
    hears(good, 2, 3);
    inbox.expectNothingMore();
  }

  @Test
  void whoHasStartedAnewGetsItsPlace() throws Exception {
    QuorumNetwork one = start(new Members().with(1, 0, 0).with(2, 0, Members.freePort()), 1);
    RawSocket former = connect(one).greet(2);
    inbox.await(PeerLinkUp.class);
    one.sendNotification(2, vote(1, 1));
    former.readNotification();
    RawSocket current = connect(one).greet(2).send(vote(2, 7));
    former.readNotification();
    former.reset();
    inbox.expect(new PeerLinkDown(2));
    inbox.expect(new PeerLinkUp(2));
    assertThat(inbox.next(Notified.class).notification()).isEqualTo(vote(2, 7));
    assertThat(current.readNotification()).isEqualTo(vote(1, 1));
  }

  @Test
  void knockingInAnothersNameEndsNothing() throws Exception {
    ServerSocket one = opened(Members.listen());
    QuorumNetwork two = start(new Members().with(1, 0, one.getLocalPort()).with(2, 0, 0), 2);
    RawSocket good = accept(one);
    good.readGreeting();
    inbox.expect(new PeerLinkUp(1));
    for (int i = 0; i < 20; i++) {
      assertThat(connect(two).greet(1).isHungUpOn()).isTrue();
    }
    hears(good, 1, 3);
    inbox.expectNothingMore();
  }

  // --- what is not spoken here

  static List<byte[]> garbage() {
    JuteWriter longAddress = new JuteWriter();
    longAddress.writeLong(ElectionGreeting.ONE_ADDRESS);
    longAddress.writeLong(2);
    longAddress.writeInt(2049);
    byte[] request =
        "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    request[0] |= (byte) 0x80;
    return List.of(
        RawSocket.greeting(-65537, 2, "127.0.0.1:3888"),
        RawSocket.greeting(-65536, 2, ""),
        RawSocket.greeting(-65536, 2, "no address"),
        longAddress.toByteArray(),
        request);
  }

  @ParameterizedTest
  @MethodSource("garbage")
  void garbageIsHungUpOn(byte[] bytes) throws Exception {
    QuorumNetwork one = start(new Members().with(1, 0, 0).with(2, 0, Members.freePort()), 1);
    inbox.expect(new PeerLinkDown(2));
    assertThat(connect(one).send(bytes).isHungUpOn()).isTrue();
    inbox.expectNothingMore();
  }

  @Test
  void framesOfImpossibleLengthAreHungUpOn() throws Exception {
    QuorumNetwork one = start(new Members().with(1, 0, 0).with(2, 0, Members.freePort()), 1);
    inbox.expect(new PeerLinkDown(2));
    for (int length : new int[] {0, -1, Notification.MAX_BYTES + 1}) {
      JuteWriter frame = new JuteWriter();
      frame.writeInt(length);
      RawSocket peer = connect(one).greet(2);
      inbox.expect(new PeerLinkUp(2));
      peer.send(frame.toByteArray());
      assertThat(peer.isHungUpOn()).isTrue();
      inbox.expect(new PeerLinkDown(2));
    }
  }

  @Test
  void aNotificationThatCannotBeReadIsSkipped() throws Exception {
    QuorumNetwork one = start(new Members().with(1, 0, 0).with(2, 0, Members.freePort()), 1);
    RawSocket peer = connect(one).greet(2);
    JuteWriter frame = new JuteWriter();
    frame.writeBuffer(new byte[] {0, 0, 0, 99, 1, 2, 3});
    peer.send(frame.toByteArray());
    hears(peer, 2, 3);
  }

  @Test
  void halfMessagesAreWaitedFor() throws Exception {
    QuorumNetwork one = start(new Members().with(1, 0, 0).with(2, 0, Members.freePort()), 1);
    inbox.expect(new PeerLinkDown(2));
    RawSocket peer = connect(one);
    for (byte b : RawSocket.greeting(ElectionGreeting.MANY_ADDRESSES, 2, "a:1|[::1]:2")) {
      peer.send(new byte[] {b});
    }
    inbox.expect(new PeerLinkUp(2));
    for (byte b : RawSocket.frame(vote(2, 8))) {
      peer.send(new byte[] {b});
    }
    assertThat(inbox.next(Notified.class).notification()).isEqualTo(vote(2, 8));
  }

  @Test
  void aServerOfOldSaysOnlyItsNumber() throws Exception {
    QuorumNetwork one = start(new Members().with(1, 0, 0).with(2, 0, Members.freePort()), 1);
    JuteWriter sid = new JuteWriter();
    sid.writeLong(2);
    hears(connect(one).send(sid.toByteArray()), 2, 1);
  }

  @Test
  void silentConnectionsKeepNobodyOut() throws Exception {
    QuorumNetwork one = start(new Members().with(1, 0, 0).with(2, 0, Members.freePort()), 1);
    List<RawSocket> silent = new ArrayList<>();
    for (int i = 0; i < 400; i++) {
      silent.add(connect(one));
    }
    hears(connect(one).greet(2), 2, 1);
    // The oldest had to go for the newer ones.
    assertThat(silent.get(0).isHungUpOn()).isTrue();
  }

  @Test
  void whoSaysNothingIsHungUpOn() throws Exception {
    QuorumNetwork one =
        start(new Members().with(1, 0, 0).with(2, 0, Members.freePort()).greetingTimeoutMs(100), 1);
    assertThat(connect(one).isHungUpOn()).isTrue();
    RawSocket half = connect(one).send(new byte[] {-1, -1});
    assertThat(half.isHungUpOn()).isTrue();
    RawSocket peer = connect(one).greet(2);
    inbox.await(PeerLinkUp.class);
    assertThat(connect(one).isHungUpOn()).isTrue();
    // Later than its own deadline was.
    hears(peer, 2, 1);
  }

  @Test
  void aFloodOfVotesWaitsOutside() throws Exception {
    QuorumNetwork one = start(new Members().with(1, 0, 0).with(2, 0, Members.freePort()), 1);
    RawSocket peer = connect(one).greet(2);
    inbox.await(PeerLinkUp.class);
    int votes = 20_000;
    Thread flood = new Thread(() -> sendVotes(peer, votes));
    flood.start();
    for (int round = 0; round < 20; round++) {
      // It is the loop's turn each time, and it could read if it would.
      one.sendNotification(2, vote(1, round));
      peer.readNotification();
    }
    int unread = inbox.size();
    for (int round = 0; round < votes; round++) {
      Notified heard = inbox.next(Notified.class);
      assertThat(heard.notification().electionEpoch()).isEqualTo(round);
      heard.credit().giveBack(1);
    }
    flood.join(TimeUnit.SECONDS.toMillis(20));
    assertThat(unread).isLessThan(110);
  }

  private static void sendVotes(RawSocket peer, int votes) {
    try {
      for (int round = 0; round < votes; round++) {
        peer.send(vote(2, round));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
