package conclave.server.quorum;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.protocol.Acl;
import conclave.protocol.Id;
import conclave.protocol.JuteWriter;
import conclave.protocol.LearnerInfo;
import conclave.protocol.LoggedTxn;
import conclave.protocol.OpCode;
import conclave.protocol.QuorumPacket;
import conclave.protocol.QuorumPacketType;
import conclave.protocol.Txn;
import conclave.protocol.TxnHeader;
import conclave.server.quorum.QuorumInput.LeaderClosed;
import conclave.server.quorum.QuorumInput.LeaderConnected;
import conclave.server.quorum.QuorumInput.LeaderPackets;
import conclave.server.quorum.QuorumInput.LeaderSnapshot;
import conclave.server.quorum.QuorumInput.LearnerClosed;
import conclave.server.quorum.QuorumInput.LearnerConnected;
import conclave.server.quorum.QuorumInput.LearnerPackets;
import conclave.server.quorum.QuorumInput.LearnerProgress;
import conclave.server.quorum.QuorumInput.PeerLinkDown;
import conclave.state.EventSink;
import conclave.state.Notices;
import conclave.state.Restore;
import conclave.state.StateMachine;
import conclave.storage.SnapshotStreamDecoder;
import conclave.storage.SnapshotStreamWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.StampedLock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class QuorumPortTest {
  private static final QuorumPacket INFO = info(QuorumPacketType.OBSERVERINFO, 17);

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

  /** Member 2, who hears nothing of member 1's election port. */
  private QuorumNetwork start(Members members) throws Exception {
    QuorumNetwork network = members.with(2, 0, 0).start(2, inbox);
    open.add(network::stop);
    inbox.expect(new PeerLinkDown(1));
    return network;
  }

  private QuorumNetwork leader() throws Exception {
    return start(new Members().with(1, 0, Members.freePort()));
  }

  private RawSocket connect(QuorumNetwork to) throws Exception {
    return opened(RawSocket.connect(to.quorumAddresses().get(0)));
  }

  private static QuorumPacket packet(QuorumPacketType type, long zxid, int length) {
    byte[] data = new byte[length];
    new Random(zxid).nextBytes(data);
    return new QuorumPacket(type, zxid, data);
  }

  private static void assertSame(QuorumPacket actual, QuorumPacket expected) {
    assertThat(RawSocket.bytes(actual)).isEqualTo(RawSocket.bytes(expected));
  }

  private static QuorumPacket info(long sid) {
    return info(QuorumPacketType.FOLLOWERINFO, sid);
  }

  private static QuorumPacket info(QuorumPacketType type, long sid) {
    return new QuorumPacket(
        type, 0x100000000L, new LearnerInfo(sid, LearnerInfo.PROTOCOL_VERSION, 0, 0).toBytes());
  }

  /** One that is no member, of which there may be several. */
  private long learner(RawSocket socket) throws Exception {
    socket.send(INFO);
    long link = inbox.next(LearnerConnected.class).link();
    LearnerPackets first = inbox.next(LearnerPackets.class);
    assertThat(first.link()).isEqualTo(link).isPositive();
    assertThat(first.packets()).hasSize(1);
    assertSame(first.packets().get(0), INFO);
    return link;
  }

  // --- learners

  @Test
  void aLearnerComesInAndBothSpeak() throws Exception {
    QuorumNetwork network = leader();
    RawSocket socket = connect(network);
    long link = learner(socket);
    List<QuorumPacket> packets =
        List.of(
            new QuorumPacket(QuorumPacketType.LEADERINFO, 0x200000000L, new byte[] {0, 1, 0, 0}),
            packet(QuorumPacketType.PROPOSAL, 0x200000001L, 100),
            packet(QuorumPacketType.PROPOSAL, 0x200000002L, 300_000),
            new QuorumPacket(QuorumPacketType.COMMIT, 0x200000001L),
            packet(QuorumPacketType.PROPOSAL, 0x200000003L, 0),
            packet(QuorumPacketType.PROPOSAL, 0x200000004L, 70_000),
            packet(QuorumPacketType.PROPOSAL, 0x200000005L, 10_000),
            new QuorumPacket(
                QuorumPacketType.REQUEST.code(),
                0,
                new byte[20_000],
                List.of(new Id("digest", "me:" + "x".repeat(500)), new Id("ip", "::1"))));
    packets.forEach(each -> network.send(link, each));
    network.flushLinks();
    for (QuorumPacket sent : packets) {
      assertSame(socket.readPacket(), sent);
    }
    QuorumPacket ack = new QuorumPacket(QuorumPacketType.ACK, 0x200000001L);
    socket.send(ack);
    assertSame(inbox.next(LearnerPackets.class).packets().get(0), ack);
    socket.close();
    inbox.expect(new LearnerClosed(link));
  }

  @Test
  void packetsThatCameTogetherAreHandedOverTogether() throws Exception {
    QuorumNetwork network = leader();
    RawSocket socket = connect(network);
    learner(socket);
    int wakes = inbox.wakes();
    JuteWriter many = new JuteWriter();
    for (int i = 0; i < 100; i++) {
      new QuorumPacket(QuorumPacketType.ACK, i).write(many);
    }
    socket.send(many.toByteArray());
    int seen = 0;
    int batches = 0;
    while (seen < 100) {
      for (QuorumPacket each : inbox.next(LearnerPackets.class).packets()) {
        assertThat(each.zxid()).isEqualTo(seen++);
      }
      batches++;
    }
    assertThat(batches).isLessThan(10);
    // The wake-up for the first packet may have been on its way.
    assertThat(inbox.wakes() - wakes).isLessThanOrEqualTo(batches + 1);
  }

  @Test
  void halfPacketsAreWaitedFor() throws Exception {
    QuorumNetwork network = leader();
    RawSocket socket = connect(network);
    for (byte b : RawSocket.bytes(INFO)) {
      socket.send(new byte[] {b});
    }
    inbox.next(LearnerConnected.class);
    assertSame(inbox.next(LearnerPackets.class).packets().get(0), INFO);
    QuorumPacket request = packet(QuorumPacketType.REQUEST, 0, 1000);
    for (byte b : RawSocket.bytes(request)) {
      socket.send(new byte[] {b});
    }
    assertSame(inbox.next(LearnerPackets.class).packets().get(0), request);
  }

  static List<byte[]> garbage() {
    JuteWriter tooLong = new JuteWriter();
    tooLong.writeInt(QuorumPacketType.FOLLOWERINFO.code());
    tooLong.writeLong(0);
    tooLong.writeInt(Integer.MAX_VALUE);
    JuteWriter slow = new JuteWriter();
    slow.writeInt(QuorumPacketType.FOLLOWERINFO.code());
    slow.writeLong(0);
    slow.writeInt(1 << 20);
    slow.writeRaw(new byte[8000], 0, 8000);
    return List.of(
        RawSocket.bytes(new QuorumPacket(QuorumPacketType.ACK, 1)),
        RawSocket.bytes(new QuorumPacket(QuorumPacketType.SNAP, 1)),
        RawSocket.bytes(new QuorumPacket(4711, 1, null, null)),
        RawSocket.bytes(info(17)),
        "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII),
        RawSocket.greeting(-65536, 1, "127.0.0.1:3888"),
        tooLong.toByteArray(),
        slow.toByteArray());
  }

  @ParameterizedTest
  @MethodSource("garbage")
  void garbageIsHungUpOnBeforeAnybodyHearsOfIt(byte[] bytes) throws Exception {
    QuorumNetwork network = leader();
    assertThat(connect(network).send(bytes).isHungUpOn()).isTrue();
    inbox.expectNothingMore();
  }

  @Test
  void garbageOfALearnerEndsItsLinkAlone() throws Exception {
    QuorumNetwork network = leader();
    RawSocket good = connect(network);
    long goodLink = learner(good);
    RawSocket bad = connect(network);
    long link = learner(bad);
    QuorumPacket ack = new QuorumPacket(QuorumPacketType.ACK, 1);
    JuteWriter both = new JuteWriter();
    ack.write(both);
    both.writeInt(3);
    both.writeLong(1);
    both.writeInt(Integer.MAX_VALUE);
    bad.send(both.toByteArray());
    assertThat(bad.isHungUpOn()).isTrue();
    assertSame(inbox.next(LearnerPackets.class).packets().get(0), ack);
    inbox.expect(new LearnerClosed(link));
    RawSocket third = connect(network);
    long thirdLink = learner(third);
    third.send(new QuorumPacket(QuorumPacketType.SNAP, 1));
    inbox.expect(new LearnerClosed(thirdLink));
    network.send(goodLink, ack);
    network.flushLinks();
    assertSame(good.readPacket(), ack);
  }

  @Test
  void silentConnectionsKeepNobodyOut() throws Exception {
    QuorumNetwork network = leader();
    List<RawSocket> silent = new ArrayList<>();
    for (int i = 0; i < 400; i++) {
      silent.add(connect(network));
    }
    learner(connect(network));
    assertThat(silent.get(0).isHungUpOn()).isTrue();
    inbox.expectNothingMore();
  }

  @Test
  void whoSaysNothingIsHungUpOn() throws Exception {
    QuorumNetwork network =
        start(new Members().with(1, 0, Members.freePort()).greetingTimeoutMs(100));
    RawSocket member = connect(network);
    long link = learner(member);
    assertThat(connect(network).isHungUpOn()).isTrue();
    assertThat(connect(network).send(new byte[] {0, 0, 0}).isHungUpOn()).isTrue();
    inbox.expectNothingMore();
    network.send(link, INFO);
    network.flushLinks();
    assertSame(member.readPacket(), INFO);
  }

  @Test
  void whatTheReplicaHangsUpOnItIsNotToldOf() throws Exception {
    QuorumNetwork network = leader();
    RawSocket socket = connect(network);
    long link = learner(socket);
    QuorumPacket last = packet(QuorumPacketType.PROPOSAL, 7, 100);
    network.send(link, last);
    network.close(link, "enough");
    assertSame(socket.readPacket(), last);
    assertThat(socket.isHungUpOn()).isTrue();
    network.send(link, last);
    network.flushLinks();
    learner(connect(network));
    inbox.expectNothingMore();
  }

  private long member(RawSocket socket) throws Exception {
    socket.send(info(1));
    long link = inbox.next(LearnerConnected.class).link();
    assertSame(inbox.next(LearnerPackets.class).packets().get(0), info(1));
    return link;
  }

  @Test
  void whoComesInAnothersNameDoesNotTakeItsPlace() throws Exception {
    QuorumNetwork network = start(new Members().with(1, 0, Members.freePort()).heardWithinMs(1000));
    RawSocket good = connect(network);
    long link = member(good);
    RawSocket bad;
    try (AutoCloseable answering = answering(good)) {
      bad = connect(network).send(info(1)).send(packet(QuorumPacketType.ACK, 1, 0));
      RawSocket worse = connect(network).send(info(1));
      assertThat(bad.isHungUpOn()).isTrue();
      assertThat(worse.isHungUpOn()).isTrue();
    }
    good.send(packet(QuorumPacketType.ACK, 1, 0));
    QuorumPacket heard;
    do {
      LearnerPackets packets = inbox.next(LearnerPackets.class);
      assertThat(packets.link()).isEqualTo(link);
      heard = packets.packets().get(packets.packets().size() - 1);
    } while (heard.is(QuorumPacketType.PING));
    inbox.expectNothingMore();
  }

  /** Sends a packet now and then, as a learner that is well. */
  private static AutoCloseable answering(RawSocket socket) {
    ScheduledExecutorService pings = Executors.newSingleThreadScheduledExecutor();
    pings.scheduleAtFixedRate(
        () -> sendMany(socket, new QuorumPacket(QuorumPacketType.PING, 0), 1),
        0,
        20,
        TimeUnit.MILLISECONDS);
    return () -> {
      pings.shutdown();
      assertThat(pings.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
    };
  }

  @Test
  void whoHasConnectedAnewGetsItsPlaceWhenTheFormerConnectionEnds() throws Exception {
    QuorumNetwork network = start(new Members().with(1, 0, Members.freePort()));
    RawSocket former = connect(network);
    long link = member(former);
    RawSocket current = connect(network).send(info(1));
    QuorumPacket ack = new QuorumPacket(QuorumPacketType.ACK, 1);
    former.send(ack);
    assertThat(inbox.next(LearnerPackets.class).link()).isEqualTo(link);
    former.close();
    inbox.expect(new LearnerClosed(link));
    long next = inbox.next(LearnerConnected.class).link();
    assertThat(next).isNotEqualTo(link);
    assertSame(inbox.next(LearnerPackets.class).packets().get(0), info(1));
    current.send(ack);
    assertSame(inbox.next(LearnerPackets.class).packets().get(0), ack);
  }

  @Test
  void whoHasConnectedAnewGetsItsPlaceWhenTheFormerIsSilent() throws Exception {
    QuorumNetwork network = start(new Members().with(1, 0, Members.freePort()).heardWithinMs(100));
    member(connect(network));
    long next = member(connect(network));
    network.send(next, INFO);
    network.flushLinks();
    // The replica hangs up on the former.
    connect(network).send(info(1));
    assertThat(inbox.next(LearnerConnected.class).link()).isGreaterThan(next);
  }

  @Test
  void oneLargePacketGoesToManyLinks() throws Exception {
    QuorumNetwork network = leader();
    List<RawSocket> sockets = new ArrayList<>();
    List<Long> links = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      sockets.add(connect(network));
      links.add(learner(sockets.get(i)));
    }
    QuorumPacket proposal = packet(QuorumPacketType.PROPOSAL, 1, 100_000);
    QuorumPacket inform = new QuorumPacket(QuorumPacketType.INFORM, 1, proposal.data());
    network.send(links.get(0), proposal);
    network.send(links.get(1), proposal);
    network.send(links.get(2), inform);
    network.flushLinks();
    assertSame(sockets.get(0).readPacket(), proposal);
    assertSame(sockets.get(1).readPacket(), proposal);
    assertSame(sockets.get(2).readPacket(), inform);
  }

  @Test
  void aLearnerThatDoesNotReadIsHungUpOn() throws Exception {
    QuorumNetwork network = leader();
    RawSocket lazy = opened(RawSocket.connectNarrow(network.quorumAddresses().get(0)));
    long lazyLink = learner(lazy);
    RawSocket eager = connect(network);
    long eagerLink = learner(eager);
    Thread reader = new Thread(() -> readAll(eager));
    reader.start();
    QuorumPacket proposal = packet(QuorumPacketType.PROPOSAL, 1, 100_000);
    // 40 MB, and 16 is the limit.
    for (int i = 0; i < 400; i++) {
      network.send(lazyLink, proposal);
      if (i % 10 == 0) {
        network.send(eagerLink, proposal);
      }
      network.flushLinks();
    }
    inbox.expect(new LearnerClosed(lazyLink));
    network.close(eagerLink, "done");
    reader.join(TimeUnit.SECONDS.toMillis(20));
    assertThat(reader.isAlive()).isFalse();
  }

  private static void readAll(RawSocket socket) {
    try {
      socket.in().transferTo(new ByteArrayOutputStream());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void aFloodOfALearnerWaitsOutside() throws Exception {
    QuorumNetwork network = leader();
    RawSocket socket = connect(network);
    long link = learner(socket);
    QuorumPacket request = packet(QuorumPacketType.REQUEST, 0, 100_000);
    int count = 500;
    Thread flood = new Thread(() -> sendMany(socket, request, count));
    flood.start();
    List<LearnerPackets> unread = new ArrayList<>();
    long unreadBytes = 0;
    while (unreadBytes <= 8 << 20) {
      LearnerPackets batch = inbox.next(LearnerPackets.class);
      unread.add(batch);
      unreadBytes += batch.bytes();
    }
    for (int i = 0; i < 20; i++) {
      // It is the loop's turn each time, and it could read if it would.
      network.send(link, INFO);
      network.flushLinks();
      socket.readPacket();
    }
    assertThat(inbox.size()).isLessThan(10);
    int seen = 0;
    for (LearnerPackets batch : unread) {
      batch.credit().giveBack(batch.bytes());
      seen += batch.packets().size();
    }
    while (seen < count) {
      LearnerPackets batch = inbox.next(LearnerPackets.class);
      batch.credit().giveBack(batch.bytes());
      seen += batch.packets().size();
    }
    flood.join(TimeUnit.SECONDS.toMillis(20));
  }

  private static void sendMany(RawSocket socket, QuorumPacket packet, int count) {
    try {
      for (int i = 0; i < count; i++) {
        socket.send(packet);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  // --- to a leader

  @Test
  void goesToALeaderAndBothSpeak() throws Exception {
    ServerSocket listening = opened(Members.listen());
    QuorumNetwork network =
        start(new Members().with(1, listening.getLocalPort(), Members.freePort()));
    network.connect(-5, 1);
    network.send(-5, INFO);
    network.flushLinks();
    RawSocket leader = opened(RawSocket.accept(listening));
    inbox.expect(new LeaderConnected(-5));
    assertSame(leader.readPacket(), INFO);
    QuorumPacket first = packet(QuorumPacketType.DIFF, 1, 0);
    leader.send(first);
    assertSame(inbox.next(LeaderPackets.class).packets().get(0), first);
    leader.reset();
    assertThat(inbox.next(LeaderClosed.class).link()).isEqualTo(-5);
  }

  @Test
  void aLeaderThatDoesNotListenYetIsTriedAgain() throws Exception {
    int port = Members.freePort();
    QuorumNetwork network = start(new Members().with(1, port, Members.freePort()));
    network.connect(-1, 1);
    ServerSocket listening = opened(new ServerSocket());
    listening.setReuseAddress(true);
    listening.bind(new InetSocketAddress("127.0.0.1", port));
    listening.setSoTimeout((int) RecordingInbox.PATIENCE_MS);
    opened(RawSocket.accept(listening));
    inbox.expect(new LeaderConnected(-1));
  }

  @Test
  void aLeaderThatIsNotThereIsGivenUp() throws Exception {
    QuorumNetwork network =
        start(new Members().with(1, Members.freePort(), Members.freePort()).connectLimitMs(50));
    network.connect(-1, 1);
    LeaderClosed closed = inbox.next(LeaderClosed.class);
    assertThat(closed.link()).isEqualTo(-1);
    assertThat(closed.why()).contains("server 1").contains("refused");
    network.connect(-2, 99);
    assertThat(inbox.next(LeaderClosed.class).link()).isEqualTo(-2);
    network.connect(-3, 1);
    network.close(-3, "no more");
    network.connect(-4, 1);
    assertThat(inbox.next(LeaderClosed.class).link()).isEqualTo(-4);
  }

  // --- snapshots

  private static StateMachine tree(int nodes, int dataLength) {
    StateMachine state = new StateMachine(Members.STATE);
    Random random = new Random(1);
    for (int i = 1; i <= nodes; i++) {
      create(state, i, dataLength, random);
    }
    return state;
  }

  private static void create(StateMachine state, int number, int dataLength, Random random) {
    byte[] data = new byte[dataLength];
    random.nextBytes(data);
    state.apply(
        new LoggedTxn(
            new TxnHeader(1, number, number, 1000 + number),
            new Txn.Create(OpCode.CREATE, "/n" + number, data, Acl.OPEN, false, number),
            null),
        EventSink.NONE);
  }

  private static byte[] stream(StateMachine state) {
    SnapshotStreamWriter writer = new SnapshotStreamWriter(state.beginSnapshot());
    JuteWriter out = new JuteWriter();
    while (writer.write(out, 100_000)) {
      // Goes on.
    }
    return out.toByteArray();
  }

  @Test
  void aSnapshotGoesOutAtThePaceAtWhichItIsTaken() throws Exception {
    QuorumNetwork network = leader();
    RawSocket slow = opened(RawSocket.connectNarrow(network.quorumAddresses().get(0)));
    long slowLink = learner(slow);
    RawSocket other = connect(network);
    long otherLink = learner(other);
    StateMachine state = tree(1000, 10_000);
    byte[] expected = stream(tree(1000, 10_000));
    StampedLock lock = new StampedLock();
    SnapshotStreamWriter writer = new SnapshotStreamWriter(state.beginSnapshot());
    CountDownLatch done = new CountDownLatch(1);
    network.sendSnapshot(slowLink, writer, lock.asReadLock(), done::countDown);
    QuorumPacket behind = packet(QuorumPacketType.PROPOSAL, 1001, 100);
    network.send(slowLink, behind);
    network.flushLinks();
    QuorumPacket snap = slow.readPacket();
    assertThat(snap.is(QuorumPacketType.SNAP)).isTrue();
    assertThat(snap.zxid()).isEqualTo(1000);
    // Nothing is read of it now; others are served, and the writer gets at the tree.
    for (int i = 0; i < 50; i++) {
      long stamp = lock.tryWriteLock(60, TimeUnit.SECONDS);
      assertThat(stamp).isNotZero();
      create(state, 1001 + i, 100, new Random(2));
      lock.unlockWrite(stamp);
      network.send(otherLink, INFO);
      network.flushLinks();
      assertSame(other.readPacket(), INFO);
    }
    byte[] actual = slow.in().readNBytes(expected.length);
    assertThat(Arrays.equals(actual, expected)).isTrue();
    slow.packetsAgain();
    assertSame(slow.readPacket(), behind);
    assertThat(done.await(60, TimeUnit.SECONDS)).isTrue();
    assertThat(inbox.await(LearnerProgress.class).link()).isEqualTo(slowLink);
  }

  @Test
  void aSnapshotThatNobodyWantsAnyMoreIsGivenUp() throws Exception {
    QuorumNetwork network = leader();
    RawSocket slow = opened(RawSocket.connectNarrow(network.quorumAddresses().get(0)));
    long link = learner(slow);
    StateMachine state = tree(1000, 10_000);
    StampedLock lock = new StampedLock();
    CountDownLatch done = new CountDownLatch(2);
    network.sendSnapshot(
        link, new SnapshotStreamWriter(state.beginSnapshot()), lock.asReadLock(), done::countDown);
    network.flushLinks();
    slow.readPacket();
    slow.reset();
    inbox.await(LearnerClosed.class);
    // The tree has one image at a time, and the first is given back.
    SnapshotStreamWriter second = new SnapshotStreamWriter(state.beginSnapshot());
    network.sendSnapshot(link, second, lock.asReadLock(), done::countDown);
    network.flushLinks();
    learner(connect(network));
    assertThat(second.write(new JuteWriter(), 100)).isFalse();
    assertThat(done.await(60, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void aSnapshotComesInWithPacketsAroundIt() throws Exception {
    ServerSocket listening = opened(Members.listen());
    QuorumNetwork network =
        start(new Members().with(1, listening.getLocalPort(), Members.freePort()));
    network.connect(-1, 1);
    RawSocket leader = opened(RawSocket.accept(listening));
    inbox.expect(new LeaderConnected(-1));
    StateMachine state = tree(500, 1000);
    QuorumPacket snap = new QuorumPacket(QuorumPacketType.SNAP, 500);
    QuorumPacket behind = packet(QuorumPacketType.NEWLEADER, 0x100000000L, 10);
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.write(RawSocket.bytes(snap));
    all.write(stream(state));
    all.write(RawSocket.bytes(behind));
    leader.send(all.toByteArray());
    assertSame(inbox.next(LeaderPackets.class).packets().get(0), snap);
    LeaderSnapshot snapshot = inbox.await(LeaderSnapshot.class);
    assertThat(snapshot.link()).isEqualTo(-1);
    assertThat(snapshot.state().lastAppliedZxid()).isEqualTo(500);
    assertThat(snapshot.state().digest()).isEqualTo(state.digest());
    assertSame(inbox.next(LeaderPackets.class).packets().get(0), behind);
  }

  @Test
  void aSnapshotOfGarbageEndsTheLink() throws Exception {
    ServerSocket listening = opened(Members.listen());
    QuorumNetwork network =
        start(new Members().with(1, listening.getLocalPort(), Members.freePort()));
    network.connect(-1, 1);
    RawSocket leader = opened(RawSocket.accept(listening));
    inbox.expect(new LeaderConnected(-1));
    leader.send(new QuorumPacket(QuorumPacketType.SNAP, 500));
    leader.send(new byte[] {-1, -1, -1, -1, 0, 0, 0, 0});
    assertThat(inbox.await(LeaderClosed.class).why()).contains("garbage");
    assertThat(leader.isHungUpOn()).isTrue();
  }

  @Test
  void aSnapshotCanBeReadBack() {
    StateMachine state = tree(10, 10);
    byte[] bytes = stream(state);
    SnapshotStreamDecoder decoder =
        new SnapshotStreamDecoder(new Restore(Members.STATE, Notices.NONE), 1 << 20);
    assertThat(decoder.feed(bytes, 0, bytes.length)).isEqualTo(bytes.length);
  }
}
