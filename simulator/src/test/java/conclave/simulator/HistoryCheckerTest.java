package conclave.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import conclave.protocol.Acl;
import conclave.protocol.ErrorCode;
import conclave.protocol.EventType;
import conclave.protocol.LoggedTxn;
import conclave.protocol.OpCode;
import conclave.protocol.Reply;
import conclave.protocol.Request;
import conclave.protocol.Stat;
import conclave.protocol.Txn;
import conclave.protocol.TxnHeader;
import conclave.simulator.HistoryChecker.Call;
import java.util.List;
import java.util.Objects;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** A checker is worth what it refuses: each rule is broken once here. */
class HistoryCheckerTest {
  private static final long ALICE = 0x100;
  private static final long BOB = 0x200;
  private static final long EPOCH = 1L << 32;

  private final CommittedLog log = new CommittedLog();
  private final HistoryChecker checker = new HistoryChecker(log);
  private final HistoryChecker.Session alice = checker.session();
  private final HistoryChecker.Session bob = checker.session();

  HistoryCheckerTest() {
    alice.begun(ALICE);
    bob.begun(BOB);
    decide(1, ALICE, 0, new Txn.CreateSession(4000));
    decide(2, BOB, 0, new Txn.CreateSession(4000));
    decide(3, ALICE, 1, create("/a"));
  }

  private void decide(long counter, long client, int cxid, Txn txn) {
    log.commit(
        new LoggedTxn(new TxnHeader(client, cxid, EPOCH + counter, 1_000), txn, null), counter, 0);
  }

  private static Txn.Create create(String path) {
    return new Txn.Create(OpCode.CREATE, path, new byte[] {1}, Acl.OPEN, false, 1);
  }

  private static Txn.SetData set(String path, int version) {
    return new Txn.SetData(OpCode.SET_DATA, path, new byte[] {2}, version);
  }

  private Stat stat(String path, long counter) {
    TreeModel.Node node = Objects.requireNonNull(log.model().at(path, EPOCH + counter));
    return new Stat(
        node.czxid(),
        node.mzxid(),
        0,
        0,
        node.version(),
        node.cversion(),
        node.aversion(),
        0,
        node.dataLength(),
        node.children(),
        node.pzxid());
  }

  private static void assertBroken(String promise, ThrowingCallable call) {
    assertThatThrownBy(call).isInstanceOf(Violation.class).hasMessageContaining(promise);
  }

  private void write(HistoryChecker.Session session, Call call, long counter) {
    session.answered(call, EPOCH + counter, ErrorCode.OK, new Reply.OfStat(stat("/a", counter)));
  }

  @Test
  void acceptsAHistoryThatIsRight() {
    Call set = alice.calls(new Request.SetData("/a", new byte[] {2}, 0), 2);
    decide(4, ALICE, 2, set("/a", 1));
    write(alice, set, 4);
    Call read = bob.calls(new Request.Exists("/a", true), 1);
    bob.answered(read, EPOCH + 4, ErrorCode.OK, new Reply.OfStat(stat("/a", 4)));
    decide(5, ALICE, 3, set("/a", 2));
    bob.event(EventType.NODE_DATA_CHANGED, "/a", EPOCH + 5);
    Call again = bob.calls(new Request.Exists("/a", false), 2);
    bob.answered(again, EPOCH + 5, ErrorCode.OK, new Reply.OfStat(stat("/a", 5)));
    assertThat(bob.seenZxid()).isEqualTo(EPOCH + 5);
  }

  @Test
  void refusesAnAcknowledgedWriteThatNobodyDecided() {
    Call set = alice.calls(new Request.SetData("/a", null, 0), 2);
    assertBroken("a write that is acknowledged is decided", () -> write(alice, set, 3));
  }

  @Test
  void refusesAWriteBeforeItWasAsked() {
    decide(4, ALICE, 2, set("/a", 1));
    Call late = alice.calls(new Request.SetData("/a", null, 0), 2);
    assertBroken("between its request and its answer", () -> write(alice, late, 4));
  }

  @Test
  void refusesASuccessThatWasARefusal() {
    Call set = alice.calls(new Request.SetData("/a", null, 7), 2);
    decide(4, ALICE, 2, new Txn.Error(ErrorCode.BAD_VERSION));
    assertBroken("answered with what became of it", () -> write(alice, set, 4));
  }

  @Test
  void refusesAReadOfAnotherState() {
    Call read = bob.calls(new Request.Exists("/a", false), 1);
    assertBroken(
        "a read shows the tree",
        () -> bob.answered(read, EPOCH + 3, ErrorCode.NO_NODE, Reply.NOTHING));
  }

  @Test
  void refusesToSeeWhatIsNotDecided() {
    Call read = bob.calls(new Request.Exists("/a", false), 1);
    assertBroken(
        "nobody sees what is not decided",
        () -> bob.answered(read, EPOCH + 4, ErrorCode.OK, new Reply.OfStat(stat("/a", 3))));
  }

  @Test
  void refusesASessionThatGoesBackInTime() {
    Call read = bob.calls(new Request.Exists("/a", false), 1);
    bob.answered(read, EPOCH + 3, ErrorCode.OK, new Reply.OfStat(stat("/a", 3)));
    Call again = bob.calls(new Request.Exists("/a", false), 2);
    assertBroken(
        "never goes back in time",
        () -> bob.answered(again, EPOCH + 2, ErrorCode.NO_NODE, Reply.NOTHING));
  }

  @Test
  void refusesASyncThatMissesWhatWasAnswered() {
    Call set = alice.calls(new Request.SetData("/a", new byte[] {2}, 0), 2);
    decide(4, ALICE, 2, set("/a", 1));
    write(alice, set, 4);
    Call sync = bob.calls(new Request.Sync("/a"), 1);
    assertBroken(
        "a sync has seen all that was answered before it",
        () -> bob.answered(sync, EPOCH + 3, ErrorCode.OK, new Reply.OfPath("/a")));
  }

  @Test
  void refusesDataBeforeItsEvent() {
    Call read = bob.calls(new Request.Exists("/a", true), 1);
    bob.answered(read, EPOCH + 3, ErrorCode.OK, new Reply.OfStat(stat("/a", 3)));
    decide(4, ALICE, 2, set("/a", 1));
    Call again = bob.calls(new Request.Exists("/a", false), 2);
    assertBroken(
        "an event comes before the data",
        () -> bob.answered(again, EPOCH + 4, ErrorCode.OK, new Reply.OfStat(stat("/a", 4))));
  }

  @Test
  void refusesAnEventForNoWatch() {
    Call read = bob.calls(new Request.Exists("/a", true), 1);
    bob.answered(read, EPOCH + 3, ErrorCode.OK, new Reply.OfStat(stat("/a", 3)));
    bob.event(EventType.NODE_DATA_CHANGED, "/a", EPOCH + 4);
    assertBroken(
        "an event comes once", () -> bob.event(EventType.NODE_DATA_CHANGED, "/a", EPOCH + 4));
  }

  private void watchForGood(String path, int mode) {
    Call add = bob.calls(new Request.AddWatch(path, mode), 1);
    bob.answered(add, EPOCH + 3, ErrorCode.OK, Reply.NOTHING);
  }

  private void showsAt(long counter) {
    Call read = bob.calls(new Request.Exists("/a", false), (int) counter);
    bob.answered(read, EPOCH + counter, ErrorCode.OK, new Reply.OfStat(stat("/a", counter)));
  }

  @Test
  void acceptsAWatchThatStaysAndTellsOfEveryChange() {
    watchForGood("/a", Request.AddWatch.PERSISTENT_RECURSIVE);
    decide(4, ALICE, 2, set("/a", 1));
    decide(5, ALICE, 3, create("/a/b"));
    decide(6, ALICE, 4, create("/ab"));
    bob.event(EventType.NODE_DATA_CHANGED, "/a", EPOCH + 4);
    showsAt(4);
    bob.event(EventType.NODE_CREATED, "/a/b", EPOCH + 5);
    showsAt(6);
    bob.reconnected();
    bob.restores();
    Call restore = bob.calls(Objects.requireNonNull(bob.restore()), 7);
    bob.answered(restore, EPOCH + 6, ErrorCode.OK, Reply.NOTHING);
    decide(7, ALICE, 5, set("/a", 2));
    bob.event(EventType.NODE_DATA_CHANGED, "/a", EPOCH + 7);
    showsAt(7);
  }

  @Test
  void refusesAWatchThatStaysAndMissesAChange() {
    watchForGood("/a", Request.AddWatch.PERSISTENT);
    decide(4, ALICE, 2, set("/a", 1));
    decide(5, ALICE, 3, create("/a/b"));
    bob.event(EventType.NODE_DATA_CHANGED, "/a", EPOCH + 4);
    assertBroken("a watch that stays tells of every change before", () -> showsAt(5));
  }

  @Test
  void refusesAWatchThatStaysAndTellsTwice() {
    watchForGood("/a", Request.AddWatch.PERSISTENT);
    decide(4, ALICE, 2, set("/a", 1));
    bob.event(EventType.NODE_DATA_CHANGED, "/a", EPOCH + 4);
    bob.event(EventType.NODE_DATA_CHANGED, "/a", EPOCH + 4);
    assertBroken("a watch that stays tells of every change once", () -> showsAt(4));
  }

  @Test
  void refusesAWriteWithoutALeader() {
    Call set = bob.calls(new Request.SetData("/a", null, -1), 1);
    bob.answeredReadOnly(set, 0, EPOCH + 3, ErrorCode.NOT_READ_ONLY, Reply.NOTHING);
    assertBroken(
        "nothing is written without a leader",
        () -> bob.answeredReadOnly(set, 0, EPOCH + 3, ErrorCode.OK, Reply.NOTHING));
  }

  @Test
  void refusesAnEphemeralOfALocalSession() {
    log.allowLocalSessions();
    decide(4, 0x300, 1, set("/a", 1));
    assertBroken(
        "a session that is over writes nothing",
        () ->
            decide(
                5,
                0x300,
                2,
                new Txn.Create(OpCode.CREATE, "/e", new byte[] {1}, Acl.OPEN, true, 2)));
  }

  @Test
  void refusesAWatchThatWasLostWithTheConnection() {
    Call read = bob.calls(new Request.Exists("/a", true), 1);
    bob.answered(read, EPOCH + 3, ErrorCode.OK, new Reply.OfStat(stat("/a", 3)));
    decide(4, ALICE, 2, set("/a", 1));
    bob.reconnected();
    Request restore = Objects.requireNonNull(bob.restore());
    bob.restores();
    Call again = bob.calls(restore, -8);
    assertBroken(
        "a watch that was set again tells",
        () -> bob.answered(again, EPOCH + 4, ErrorCode.OK, Reply.NOTHING));
  }

  @Test
  void refusesASequenceNumberThatWasGivenOutBefore() {
    Request create = new Request.Create(OpCode.CREATE, "/n-", null, Acl.OPEN, 2, 0);
    Call one = alice.calls(create, 2);
    decide(4, ALICE, 2, create("/n-1"));
    alice.answered(one, EPOCH + 4, ErrorCode.OK, new Reply.OfPath("/n-1"));
    decide(5, BOB, 1, new Txn.Delete(OpCode.DELETE, "/n-1"));
    Call other = alice.calls(create, 3);
    decide(6, ALICE, 3, create("/n-1"));
    assertBroken(
        "a sequence number is given out once",
        () -> alice.answered(other, EPOCH + 6, ErrorCode.OK, new Reply.OfPath("/n-1")));
  }

  @Test
  void theLogRefusesAGap() {
    assertBroken("zxids grow by one", () -> decide(5, ALICE, 2, set("/a", 1)));
  }

  @Test
  void theLogRefusesAWriteOfADeadSession() {
    decide(4, ALICE, 0, new Txn.CloseSession(List.of()));
    assertBroken("a session that is over", () -> decide(5, ALICE, 2, set("/a", 1)));
  }

  @Test
  void theLogRefusesWritesOutOfOrder() {
    decide(4, ALICE, 5, set("/a", 1));
    assertBroken("in the order in which they were sent", () -> decide(5, ALICE, 4, set("/a", 2)));
  }

  @Test
  void theModelTakesEphemeralsAwayWithTheirSession() {
    decide(4, ALICE, 2, new Txn.Create(OpCode.CREATE, "/e", new byte[0], Acl.OPEN, true, 2));
    assertThat(log.model().now("/e")).isNotNull();
    decide(5, ALICE, 0, new Txn.CloseSession(null));
    assertThat(log.model().now("/e")).isNull();
    assertThat(log.model().at("/e", EPOCH + 4)).isNotNull();
  }
}
