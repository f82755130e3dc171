package conclave.state;

import static conclave.protocol.ErrorCode.BAD_ARGUMENTS;
import static conclave.protocol.ErrorCode.BAD_VERSION;
import static conclave.protocol.ErrorCode.INVALID_ACL;
import static conclave.protocol.ErrorCode.MARSHALLING_ERROR;
import static conclave.protocol.ErrorCode.NODE_EXISTS;
import static conclave.protocol.ErrorCode.NOT_EMPTY;
import static conclave.protocol.ErrorCode.NO_AUTH;
import static conclave.protocol.ErrorCode.NO_CHILDREN_FOR_EPHEMERALS;
import static conclave.protocol.ErrorCode.NO_NODE;
import static conclave.protocol.ErrorCode.OK;
import static conclave.protocol.ErrorCode.QUOTA_EXCEEDED;
import static conclave.protocol.ErrorCode.RECONFIG_DISABLED;
import static conclave.protocol.ErrorCode.RUNTIME_INCONSISTENCY;
import static conclave.protocol.ErrorCode.SESSION_EXPIRED;
import static conclave.protocol.ErrorCode.UNIMPLEMENTED;
import static org.assertj.core.api.Assertions.assertThat;

import conclave.protocol.Acl;
import conclave.protocol.CreateMode;
import conclave.protocol.EphemeralOwner;
import conclave.protocol.ErrorCode;
import conclave.protocol.Id;
import conclave.protocol.LoggedTxn;
import conclave.protocol.OpCode;
import conclave.protocol.Reply;
import conclave.protocol.Reply.OpResult;
import conclave.protocol.Request;
import conclave.protocol.Txn;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Of several things wrong with a request, which one is told. */
class ChecksTest {
  private static final List<Acl> NOBODY = List.of(new Acl(Acl.ALL, new Id("digest", "x:y")));
  private static final List<Acl> BAD_ACL = List.of(new Acl(Acl.ALL, new Id("nonsense", "x")));

  private final Harness h = new Harness(StateConfig.DEFAULT.withEnforceQuota(true));

  ChecksTest() {
    h.create("/t");
    h.run(new Request.Create(OpCode.CREATE, "/closed", null, Acl.OPEN, 0, 0));
    h.create("/closed/child");
    h.run(new Request.SetAcl("/closed", NOBODY, -1));
    h.create("/e", CreateMode.EPHEMERAL);
    quota("/t", "count=-1,bytes=-1=;byteHardLimit=10;countHardLimit=2");
  }

  private void quota(String path, String limits) {
    h.create("/zookeeper/quota" + path);
    byte[] text = Harness.bytes(limits);
    String node = "/zookeeper/quota" + path;
    h.run(new Request.Create(OpCode.CREATE, node + "/zookeeper_limits", text, Acl.OPEN, 0, 0));
    h.run(new Request.Create(OpCode.CREATE, node + "/zookeeper_stats", text, Acl.OPEN, 0, 0));
  }

  private ErrorCode create(String path, List<Acl> acl, int flags) {
    return h.error(new Request.Create(OpCode.CREATE, path, Harness.bytes("x"), acl, flags, 0));
  }

  @Test
  void create() {
    assertThat(create("nonsense", List.of(), 9)).isEqualTo(BAD_ARGUMENTS);
    assertThat(create("nonsense", List.of(), -1)).isEqualTo(BAD_ARGUMENTS);
    assertThat(create("nonsense", List.of(), 5)).isEqualTo(UNIMPLEMENTED);
    assertThat(create("nonsense", List.of(), 0)).isEqualTo(BAD_ARGUMENTS);
    assertThat(create("/missing/a\0", List.of(), 0)).isEqualTo(BAD_ARGUMENTS);
    assertThat(create("/missing/x", List.of(), 0)).isEqualTo(INVALID_ACL);
    assertThat(create("/missing/x", BAD_ACL, 0)).isEqualTo(INVALID_ACL);
    assertThat(create("/missing/x", Acl.OPEN, 0)).isEqualTo(NO_NODE);
    assertThat(create("/t/../x", Acl.OPEN, 0)).isEqualTo(NO_NODE);
    assertThat(create("a/b", Acl.OPEN, 0)).isEqualTo(NO_NODE);
    assertThat(create("/closed/./", Acl.OPEN, 0)).isEqualTo(NO_NODE);
    assertThat(create("/closed/.", Acl.OPEN, 0)).isEqualTo(NO_AUTH);
    assertThat(create("/closed/child", Acl.OPEN, 0)).isEqualTo(NO_AUTH);
    assertThat(create("/t/.", Acl.OPEN, 0)).isEqualTo(BAD_ARGUMENTS);
    assertThat(create("/t/", Acl.OPEN, 0)).isEqualTo(BAD_ARGUMENTS);
    assertThat(create("/t", Acl.OPEN, 0)).isEqualTo(NODE_EXISTS);
    assertThat(create("/", Acl.OPEN, 0)).isEqualTo(NODE_EXISTS);
    assertThat(create("/e/x", Acl.OPEN, 0)).isEqualTo(NO_CHILDREN_FOR_EPHEMERALS);
    assertThat(create("/t/x", Acl.OPEN, 0)).isEqualTo(OK);
    assertThat(create("/t/y", Acl.OPEN, 0)).isEqualTo(QUOTA_EXCEEDED);
    assertThat(create("/t/", Acl.OPEN, 2)).isEqualTo(QUOTA_EXCEEDED);
  }

  @Test
  void createOfSpecialKinds() {
    Harness x = new Harness(StateConfig.DEFAULT.withExtendedTypes(true));
    for (long ttl : new long[] {0, -1, EphemeralOwner.MAX_TTL_MS + 1}) {
      assertThat(x.error(new Request.Create(OpCode.CREATE_TTL, "/a", null, Acl.OPEN, 5, ttl)))
          .isEqualTo(BAD_ARGUMENTS);
    }
    assertThat(x.error(new Request.Create(OpCode.CREATE, "/a", null, Acl.OPEN, 5, 0)))
        .isEqualTo(BAD_ARGUMENTS);
    assertThat(x.error(new Request.Create(OpCode.CREATE_TTL, "/a", null, Acl.OPEN, 0, 5)))
        .isEqualTo(BAD_ARGUMENTS);
    Outcome plain = x.run(new Request.Create(OpCode.CREATE2, "/plain", null, Acl.OPEN, 4, 0));
    assertThat(plain.reply()).isEqualTo(new Reply.OfPathAndStat("/plain", x.stat("/plain")));
    assertThat(x.state.containerCount()).isZero();
    Outcome made = x.run(new Request.Create(OpCode.CREATE_CONTAINER, "/box", null, Acl.OPEN, 4, 0));
    assertThat(made.reply()).isEqualTo(new Reply.OfPathAndStat("/box", x.stat("/box")));
    Outcome ttl = x.run(new Request.Create(OpCode.CREATE_TTL, "/ttl", null, Acl.OPEN, 6, 9));
    assertThat(ttl.reply())
        .isEqualTo(new Reply.OfPathAndStat("/ttl0000000002", x.stat("/ttl0000000002")));
    assertThat(x.state.digestMismatches()).isZero();
  }

  @Test
  void delete() {
    for (String path :
        new String[] {
          "", "t", "/", "/t\0", "/zookeeper", "/zookeeper/quota", "/zookeeper/config"
        }) {
      assertThat(h.error(new Request.Delete(path, 7))).as(path).isEqualTo(BAD_ARGUMENTS);
    }
    assertThat(h.error(new Request.Delete("/missing/x", 7))).isEqualTo(NO_NODE);
    assertThat(h.error(new Request.Delete("/closed/missing", 7))).isEqualTo(NO_AUTH);
    assertThat(h.error(new Request.Delete("/t/missing", 7))).isEqualTo(NO_NODE);
    assertThat(h.error(new Request.Delete("/closed", 7))).isEqualTo(BAD_VERSION);
    assertThat(h.error(new Request.Delete("/closed", 0))).isEqualTo(NOT_EMPTY);
    assertThat(h.error(new Request.Delete("/closed", -1))).isEqualTo(NOT_EMPTY);
    assertThat(h.error(new Request.Delete("/t/", -1))).isEqualTo(NO_NODE);
    assertThat(h.error(new Request.Delete("/t", 0))).isEqualTo(OK);
  }

  @Test
  void setData() {
    assertThat(h.set("t", "")).isEqualTo(BAD_ARGUMENTS);
    assertThat(h.set("/t/", "")).isEqualTo(BAD_ARGUMENTS);
    assertThat(h.set("/missing", "")).isEqualTo(NO_NODE);
    assertThat(h.error(new Request.SetData("/closed", null, 7))).isEqualTo(NO_AUTH);
    assertThat(h.set("/zookeeper/config", "")).isEqualTo(NO_AUTH);
    byte[] long11 = new byte[11];
    assertThat(h.error(new Request.SetData("/t", long11, 7))).isEqualTo(QUOTA_EXCEEDED);
    assertThat(h.error(new Request.SetData("/t", new byte[10], 7))).isEqualTo(BAD_VERSION);
    assertThat(h.error(new Request.SetData("/t", new byte[10], 0))).isEqualTo(OK);
    assertThat(h.error(new Request.SetData("/t", new byte[10], 1))).isEqualTo(OK);
  }

  @Test
  void setAcl() {
    assertThat(h.error(new Request.SetAcl("/t/", List.of(), 7))).isEqualTo(BAD_ARGUMENTS);
    assertThat(h.error(new Request.SetAcl("/missing", List.of(), 7))).isEqualTo(INVALID_ACL);
    assertThat(h.error(new Request.SetAcl("/missing", Acl.OPEN, 7))).isEqualTo(NO_NODE);
    assertThat(h.error(new Request.SetAcl("/closed", Acl.OPEN, 7))).isEqualTo(NO_AUTH);
    assertThat(h.error(new Request.SetAcl("/t", Acl.OPEN, 7))).isEqualTo(BAD_VERSION);
    assertThat(h.error(new Request.SetAcl("/t", Acl.OPEN, 0))).isEqualTo(OK);
  }

  @Test
  void checkOnlyInAMulti() {
    assertThat(h.error(new Request.Check("/t", -1))).isEqualTo(UNIMPLEMENTED);
    assertThat(inMulti(new Request.Check("/t/", 7))).isEqualTo(BAD_ARGUMENTS);
    assertThat(inMulti(new Request.Check("/missing", 7))).isEqualTo(NO_NODE);
    assertThat(inMulti(new Request.Check("/closed", 7))).isEqualTo(NO_AUTH);
    assertThat(inMulti(new Request.Check("/t", 7))).isEqualTo(BAD_VERSION);
    assertThat(inMulti(new Request.Check("/t", 0))).isEqualTo(OK);
  }

  private ErrorCode inMulti(Request op) {
    Outcome outcome = h.run(new Request.Multi(List.of(op)));
    assertThat(outcome.error()).isEqualTo(OK);
    return ((Reply.OfMulti) outcome.reply()).results().get(0).error();
  }

  @Test
  void whatIsRefusedTakesItsPlaceInTheOrder() {
    LoggedTxn txn = h.prepare(new Request.Delete("/missing", -1));
    assertThat(txn.txn()).isEqualTo(new Txn.Error(NO_NODE));
    assertThat(txn.digest()).isNull();
    assertThat(h.apply(txn)).isEqualTo(new Outcome(NO_NODE, Reply.NOTHING));
    assertThat(h.state.lastAppliedZxid()).isEqualTo(txn.zxid());
  }

  @Test
  void aMultiThatFailsLeavesNothingBehind() {
    long digest = h.state.digest();
    LoggedTxn failed =
        h.prepare(
            new Request.Multi(
                List.of(
                    Harness.creation("/new", 0),
                    new Request.SetData("/new", null, 0),
                    new Request.Delete("/missing", -1),
                    Harness.creation("/other", 0))));
    // Prepared while the multi is in flight: it must not see any of it.
    LoggedTxn next = h.prepare(Harness.creation("/new", 2));
    assertThat(failed.digest()).isNotNull();
    assertThat(failed.digest().treeDigest()).isEqualTo(digest);
    assertThat(h.apply(failed))
        .isEqualTo(
            new Outcome(
                OK,
                new Reply.OfMulti(
                    List.of(
                        OpResult.refused(OK),
                        OpResult.refused(OK),
                        OpResult.refused(NO_NODE),
                        OpResult.refused(RUNTIME_INCONSISTENCY)))));
    assertThat(h.state.digest()).isEqualTo(digest);
    assertThat(((Reply.OfPath) h.apply(next).reply()).path()).isEqualTo("/new0000000003");
  }

  @Test
  void aMultiThatAFailedOneOfApacheLeftInTheLogIsRefused() {
    Txn.Multi mixed =
        new Txn.Multi(
            List.of(
                new Txn.Create(OpCode.CREATE, "/x", null, Acl.OPEN, false, 9),
                new Txn.Error(BAD_VERSION),
                new Txn.Error(RUNTIME_INCONSISTENCY)));
    LoggedTxn txn = h.prepare(new Request.Multi(List.of()));
    Outcome outcome = h.apply(new LoggedTxn(txn.header(), mixed, null));
    assertThat(((Reply.OfMulti) outcome.reply()).results())
        .containsExactly(
            OpResult.refused(OK),
            OpResult.refused(BAD_VERSION),
            OpResult.refused(RUNTIME_INCONSISTENCY));
    assertThat(h.stat("/x")).isNull();
  }

  @Test
  void aMultiSharesOneZxidAndSeesItself() {
    Outcome outcome =
        h.run(
            new Request.Multi(
                List.of(
                    new Request.Create(OpCode.CREATE2, "/m", null, Acl.OPEN, 0, 0),
                    new Request.Create(OpCode.CREATE_CONTAINER, "/m/c", null, Acl.OPEN, 4, 0),
                    new Request.SetData("/m", Harness.bytes("1"), 0),
                    new Request.Check("/m", 1),
                    new Request.Delete("/m/c", -1))));
    List<OpResult> results = ((Reply.OfMulti) outcome.reply()).results();
    assertThat(results)
        .extracting(OpResult::op)
        .containsExactly(
            OpCode.CREATE2, OpCode.CREATE2, OpCode.SET_DATA, OpCode.CHECK, OpCode.DELETE);
    assertThat(h.stat("/m").czxid()).isEqualTo(h.zxid);
    assertThat(h.stat("/m").pzxid()).isEqualTo(h.zxid);
    assertThat(h.stat("/m").cversion()).isEqualTo(2);
    assertThat(h.run(new Request.Multi(List.of())))
        .isEqualTo(new Outcome(OK, new Reply.OfMulti(List.of())));
    assertThat(h.error(new Request.Multi(List.of(new Request.GetData("/m", false)))))
        .isEqualTo(MARSHALLING_ERROR);
  }

  @Test
  void sessionsThatAreGone() {
    h.as(0x999, Harness.NOBODY.get(0));
    assertThat(create("/s", Acl.OPEN, 0)).isEqualTo(SESSION_EXPIRED);
    assertThat(create("/s", Acl.OPEN, 9)).isEqualTo(BAD_ARGUMENTS);
    assertThat(h.delete("/")).isEqualTo(SESSION_EXPIRED);
    assertThat(h.set("/t", "")).isEqualTo(SESSION_EXPIRED);
    h.open(0x999);
    assertThat(create("/s", Acl.OPEN, 1)).isEqualTo(OK);
    LoggedTxn pending = h.prepare(Harness.creation("/s2", 1));
    LoggedTxn close = h.prepare(new Request.CloseSession());
    LoggedTxn late = h.prepare(Harness.creation("/s3", 1));
    assertThat(((Txn.CloseSession) close.txn()).paths()).containsExactlyInAnyOrder("/s", "/s2");
    h.apply(pending);
    h.apply(close);
    assertThat(h.apply(late).error()).isEqualTo(SESSION_EXPIRED);
    assertThat(h.state.ephemerals()).containsOnlyKeys(Harness.SESSION);
    assertThat(h.state.sessionTimeoutMs(0x999)).isNull();
    assertThat(h.state.digestMismatches()).isZero();
  }

  @Test
  void reconfig() {
    Request reconfig = new Request.Reconfig(null, null, null, -1);
    assertThat(h.error(reconfig)).isEqualTo(RECONFIG_DISABLED);
    Harness enabled = new Harness(StateConfig.DEFAULT.withReconfig(true));
    assertThat(enabled.error(reconfig)).isEqualTo(UNIMPLEMENTED);
    enabled.as(0x999);
    assertThat(enabled.error(reconfig)).isEqualTo(SESSION_EXPIRED);
  }

  @Test
  void skipAclAndTheSuperUserPassEveryCheck() {
    h.as(Harness.SESSION, new Id("super", ""));
    assertThat(h.set("/closed", "1")).isEqualTo(OK);
    assertThat(h.set("/zookeeper/config", "1")).isEqualTo(OK);
    Harness open = new Harness(StateConfig.DEFAULT.withSkipAcl(true));
    open.create("/a");
    open.run(new Request.SetAcl("/a", NOBODY, -1));
    assertThat(open.set("/a", "1")).isEqualTo(OK);
    assertThat(open.read(new Request.GetData("/a", false))).isInstanceOf(Reply.OfData.class);
  }

  @Test
  void anAclInFlightGuardsAlready() {
    LoggedTxn set = h.prepare(new Request.SetAcl("/t", NOBODY, -1));
    LoggedTxn write = h.prepare(new Request.SetData("/t", null, -1));
    h.apply(set);
    assertThat(h.apply(write).error()).isEqualTo(NO_AUTH);
  }

  @Test
  void whatWasPreparedAndDiscardedIsForgotten() {
    h.prepare(Harness.creation("/new", 0));
    h.prepare(new Request.CloseSession());
    h.state.discardPrepared();
    h.zxid = h.state.lastAppliedZxid();
    assertThat(create("/new", Acl.OPEN, 0)).isEqualTo(OK);
    assertThat(h.state.digestMismatches()).isZero();
  }
}
