package conclave.state;

import static conclave.protocol.ErrorCode.OK;
import static org.assertj.core.api.Assertions.assertThat;

import conclave.protocol.Acl;
import conclave.protocol.CreateMode;
import conclave.protocol.EphemeralOwner;
import conclave.protocol.Id;
import conclave.protocol.OpCode;
import conclave.protocol.Reply;
import conclave.protocol.Request;
import conclave.protocol.Stat;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What each change does to the metadata of the znode and of its parent. */
class StatTest {
  private final Harness h = new Harness();

  @Test
  void aNewTreeHasFourZnodesOfZeros() {
    StateMachine fresh = new StateMachine(StateConfig.DEFAULT);
    assertThat(fresh.nodeCount()).isEqualTo(4);
    assertThat(fresh.stat("/")).isEqualTo(new Stat(0, 0, 0, 0, 0, -1, 0, 0, 0, 1, 0));
    assertThat(fresh.stat("/zookeeper")).isEqualTo(new Stat(0, 0, 0, 0, 0, -2, 0, 0, 0, 2, 0));
    assertThat(fresh.stat("/zookeeper/quota")).isEqualTo(new Stat(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
    assertThat(fresh.stat("/zookeeper/config"))
        .isEqualTo(new Stat(0, 0, 0, 0, 0, 0, -1, 0, 0, 0, 0));
    assertThat(fresh.acl("/zookeeper/config")).isEqualTo(Acl.READ_ONLY);
    assertThat(fresh.acl("/")).isEqualTo(Acl.OPEN);
    assertThat(fresh.data("/")).isEmpty();
    assertThat(fresh.approximateDataSize())
        .isEqualTo("/zookeeper/zookeeper/quota/zookeeper/config/".length());
  }

  @Test
  void aCreateStampsTheZnodeAndCountsInTheParent() {
    h.create("/a");
    assertThat(h.stat("/a"))
        .isEqualTo(new Stat(h.zxid, h.zxid, h.timeMs, h.timeMs, 0, 0, 0, 0, 0, 0, h.zxid));
    Stat before = h.stat("/a");
    h.create("/a/b");
    Stat after = h.stat("/a");
    assertThat(after)
        .isEqualTo(
            new Stat(
                before.czxid(),
                before.mzxid(),
                before.ctimeMs(),
                before.mtimeMs(),
                0,
                1,
                0,
                0,
                0,
                1,
                h.zxid));
  }

  @Test
  void aDeleteMovesOnlyPzxidAndCversionOfTheParent() {
    h.create("/a");
    h.create("/a/b");
    Stat before = h.stat("/a");
    assertThat(h.delete("/a/b")).isEqualTo(OK);
    Stat after = h.stat("/a");
    assertThat(after.cversion()).isEqualTo(2);
    assertThat(after.numChildren()).isZero();
    assertThat(after.pzxid()).isEqualTo(h.zxid);
    assertThat(after.mzxid()).isEqualTo(before.mzxid());
    assertThat(after.mtimeMs()).isEqualTo(before.mtimeMs());
    assertThat(h.stat("/a/b")).isNull();
  }

  @Test
  void setDataAndSetAclCountSeparately() {
    h.create("/a");
    Stat born = h.stat("/a");
    assertThat(h.set("/a", "12345")).isEqualTo(OK);
    Stat set = h.stat("/a");
    assertThat(set.version()).isEqualTo(1);
    assertThat(set.mzxid()).isEqualTo(h.zxid);
    assertThat(set.mtimeMs()).isEqualTo(h.timeMs);
    assertThat(set.ctimeMs()).isEqualTo(born.ctimeMs());
    assertThat(set.dataLength()).isEqualTo(5);
    assertThat(set.pzxid()).isEqualTo(born.czxid());
    List<Acl> acl = List.of(new Acl(Acl.ALL, new Id("ip", "127.0.0.1")));
    assertThat(h.error(new Request.SetAcl("/a", acl, 0))).isEqualTo(OK);
    Stat guarded = h.stat("/a");
    assertThat(guarded.aversion()).isEqualTo(1);
    assertThat(guarded.mzxid()).isEqualTo(set.mzxid());
    assertThat(guarded.version()).isEqualTo(1);
    assertThat(h.state.acl("/a")).isEqualTo(acl);
    assertThat(h.data("/a")).isEqualTo("12345");
  }

  @Test
  void ownersAreShownOnlyWhenTheyAreSessions() {
    Harness x = new Harness(StateConfig.DEFAULT.withExtendedTypes(true));
    x.create("/e", CreateMode.EPHEMERAL);
    x.run(new Request.Create(OpCode.CREATE_CONTAINER, "/c", null, Acl.OPEN, 4, 0));
    x.run(new Request.Create(OpCode.CREATE_TTL, "/t", null, Acl.OPEN, 5, 500));
    assertThat(x.stat("/e").ephemeralOwner()).isEqualTo(Harness.SESSION);
    assertThat(x.stat("/c").ephemeralOwner()).isZero();
    assertThat(x.stat("/t").ephemeralOwner()).isZero();
    assertThat(x.state.containerCount()).isEqualTo(1);
    assertThat(x.state.ttlCount()).isEqualTo(1);
    assertThat(x.state.ephemeralCount()).isEqualTo(1);
    assertThat(EphemeralOwner.ttlMs(EphemeralOwner.ofTtl(500))).isEqualTo(500);
  }

  @Test
  void nullDataIsNotEmptyData() {
    h.run(new Request.Create(OpCode.CREATE, "/null", null, Acl.OPEN, 0, 0));
    h.run(new Request.Create(OpCode.CREATE, "/empty", new byte[0], Acl.OPEN, 0, 0));
    assertThat(h.data("/null")).isNull();
    assertThat(h.data("/empty")).isEmpty();
    assertThat(((Reply.OfData) h.read(new Request.GetData("/null", false))).data()).isNull();
    assertThat(((Reply.OfData) h.read(new Request.GetData("/empty", false))).data()).isEmpty();
    h.run(new Request.SetData("/empty", null, -1));
    assertThat(h.data("/empty")).isNull();
    assertThat(h.stat("/empty").dataLength()).isZero();
  }

  @Test
  void sequentialNamesCountAllCreatesInTheParent() {
    h.create("/q");
    assertThat(h.create("/q/n-", CreateMode.PERSISTENT_SEQUENTIAL)).isEqualTo("/q/n-0000000000");
    h.create("/q/plain");
    h.delete("/q/plain");
    assertThat(h.create("/q/n-", CreateMode.EPHEMERAL_SEQUENTIAL)).isEqualTo("/q/n-0000000002");
    assertThat(h.create("/q/", CreateMode.PERSISTENT_SEQUENTIAL)).isEqualTo("/q/0000000003");
    assertThat(Preparer.sequence(Integer.MAX_VALUE)).isEqualTo("2147483647");
    for (int i : new int[] {Integer.MIN_VALUE, Integer.MIN_VALUE + 1, -12, 0, 7}) {
      assertThat(Preparer.sequence(i)).isEqualTo(String.format("%010d", i));
    }
  }

  @Test
  void versionsStepOverMinusOne() {
    StateMachine loaded = load(Integer.MAX_VALUE, -2);
    Harness x = new Harness(loaded);
    x.set("/a", "1");
    assertThat(x.stat("/a").version()).isEqualTo(0);
    Harness y = new Harness(load(5, Integer.MAX_VALUE));
    y.set("/a", "1");
    assertThat(y.stat("/a").version()).isEqualTo(Integer.MIN_VALUE);
  }

  @Test
  void theSequenceGoesOnBehindTheOverflow() {
    Harness x = new Harness(load(Integer.MAX_VALUE, 0));
    assertThat(x.create("/a/", CreateMode.PERSISTENT_SEQUENTIAL)).isEqualTo("/a/2147483647");
    assertThat(x.create("/a/", CreateMode.PERSISTENT_SEQUENTIAL)).isEqualTo("/a/-2147483648");
    assertThat(x.create("/a/", CreateMode.PERSISTENT_SEQUENTIAL)).isEqualTo("/a/-2147483647");
  }

  private static StateMachine load(int creates, int version) {
    Restore restore = StateMachine.restore(StateConfig.DEFAULT, Notices.NONE);
    restore.node("", new byte[0], -1, StoredStat.ZERO);
    restore.node("/a", null, -1, new StoredStat(1, 1, 1, 1, version, creates, 0, 0, 1));
    return restore.finish(1);
  }
}
