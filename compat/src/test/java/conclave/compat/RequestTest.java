package conclave.compat;

import static conclave.compat.Jute.jute;
import static conclave.compat.Requests.check;
import static conclave.compat.Requests.create;
import static conclave.compat.Requests.createTtl;
import static conclave.compat.Requests.delete;
import static conclave.compat.Requests.exists;
import static conclave.compat.Requests.getAcl;
import static conclave.compat.Requests.getChildren;
import static conclave.compat.Requests.getData;
import static conclave.compat.Requests.setAcl;
import static conclave.compat.Requests.setData;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Every request's answer, and which error wins when several things are wrong. */
final class RequestTest extends OneServer {
  private static final byte[] NONE = {};
  private static final List<Acl> NOBODY = List.of(new Acl(0, "world", "anyone"));

  private Wire wire;

  @BeforeEach
  void connect() throws IOException {
    wire = session();
  }

  private final class Expectations {
    private final SoftAssertions softly = new SoftAssertions();

    Expectations answers(int err, Request request) throws IOException {
      Incoming.Reply reply = wire.call(request);
      softly.assertThat(reply.err()).as("%s", request).isEqualTo(err);
      if (err != 0) {
        softly.assertThat(reply.body()).as("%s", request).isEmpty();
      }
      return this;
    }

    void end() {
      softly.assertAll();
    }
  }

  @Test
  void createRefusesMalformedPaths() throws IOException {
    new Expectations()
        .answers(-8, create("noslash"))
        .answers(-101, create("no/slash"))
        .answers(-8, create(""))
        .answers(-5, create(Requests.CREATE, null, NONE, Acl.OPEN, 0))
        .answers(-8, create(root + "/"))
        .answers(-101, create(root + "/../x"))
        .answers(-101, create(root + "/./x"))
        .answers(-8, create(root + "/.."))
        .answers(-8, create(root + "/."))
        .answers(-101, create(root + "//x"))
        .answers(-8, create(root + "/a\u0000b"))
        .answers(-8, create(root + "/a\u0001b"))
        .answers(-8, create(root + "/a\u007fb"))
        .answers(-8, create(root + "/a\uf000b"))
        .answers(-8, create(root + "/a\ufff5b"))
        .answers(0, create(root + "/a b"))
        .answers(0, create(root + "/..a"))
        .answers(0, create(root + "/ä"))
        .answers(-110, create("/"))
        .end();
  }

  @Test
  void createChecksInApachesOrder() throws IOException {
    wire.ok(create(root + "/node"));
    wire.ok(create(root + "/eph", NONE, 1));
    wire.ok(create(Requests.CREATE, root + "/closed", NONE, NOBODY, 0));
    new Expectations()
        .answers(-8, create(root + "/x", NONE, 9))
        .answers(-8, create(root + "/x", NONE, -1))
        .answers(-8, create("bad", NONE, 9))
        .answers(-8, create(root + "/x", NONE, 5))
        .answers(-114, create(Requests.CREATE, root + "/x", NONE, List.of(), 0))
        .answers(-114, create(Requests.CREATE, root + "/x", NONE, null, 0))
        .answers(-114, create(Requests.CREATE, root + "/none/x", NONE, List.of(), 0))
        .answers(-8, create(Requests.CREATE, "bad", NONE, List.of(), 0))
        .answers(-101, create(root + "/none/x"))
        .answers(-110, create(root + "/node"))
        .answers(-108, create(root + "/eph/child"))
        .answers(-108, create(root + "/eph/child", NONE, 2))
        .answers(-102, create(root + "/closed/x"))
        .answers(-102, create(root + "/closed/\u0001"))
        .end();
  }

  @Test
  void createWithEveryOperationCode() throws IOException {
    Incoming.Reply plain = wire.ok(create(root + "/p", "d".getBytes(UTF_8), 0));
    assertThat(plain.body()).isEqualTo(jute().string(root + "/p").bytes());

    Incoming.Reply two = wire.ok(create(Requests.CREATE2, root + "/q", NONE, Acl.OPEN, 0));
    JuteReader reader = two.read();
    assertThat(reader.string()).isEqualTo(root + "/q");
    Stat stat = reader.stat();
    assertThat(reader.remaining()).isZero();
    assertThat(stat.czxid()).isEqualTo(two.zxid());
    assertThat(wire.ok(exists(root + "/q", false)).body()).isEqualTo(stat.bytes());

    Incoming.Reply container =
        wire.ok(create(Requests.CREATE_CONTAINER, root + "/c", NONE, Acl.OPEN, 4));
    reader = container.read();
    assertThat(reader.string()).isEqualTo(root + "/c");
    assertThat(reader.stat().ephemeralOwner()).isZero();

    Incoming.Reply ttl = wire.ok(createTtl(root + "/t", NONE, 5, 100_000));
    reader = ttl.read();
    assertThat(reader.string()).isEqualTo(root + "/t");
    assertThat(reader.stat().ephemeralOwner()).isZero();
  }

  @Test
  void modesThatDoNotBelongToTheirOperationCode() throws IOException {
    new Expectations()
        .answers(-8, create(Requests.CREATE_CONTAINER, root + "/a", NONE, Acl.OPEN, 9))
        .answers(-8, createTtl(root + "/c", NONE, 5, 0))
        .answers(-8, createTtl(root + "/c", NONE, 5, -1))
        .answers(-8, createTtl(root + "/c", NONE, 5, 1L << 40))
        .answers(0, createTtl(root + "/d", NONE, 5, (1L << 40) - 1))
        .answers(-8, create(Requests.CREATE2, root + "/e", NONE, Acl.OPEN, 5))
        .answers(-8, create(Requests.CREATE, root + "/e", NONE, Acl.OPEN, 6))
        .end();
  }

  @Test
  void deleteChecksInApachesOrder() throws IOException {
    wire.ok(create(root + "/full"));
    wire.ok(create(root + "/full/child"));
    wire.ok(create(Requests.CREATE, root + "/closed", NONE, Acl.world(Acl.CREATE), 0));
    wire.ok(create(root + "/closed/x"));
    wire.ok(create(root + "/gone"));
    new Expectations()
        .answers(-8, delete("/", -1))
        .answers(-8, delete("/zookeeper", -1))
        .answers(-8, delete("/zookeeper/quota", -1))
        .answers(-8, delete("/zookeeper/config", -1))
        .answers(-8, delete("bad", -1))
        .answers(-8, delete("", -1))
        .answers(-5, delete(null, -1))
        .answers(-101, delete(root + "/none", -1))
        .answers(-101, delete(root + "/none/x", -1))
        .answers(-102, delete(root + "/closed/x", 7))
        .answers(-102, delete(root + "/closed/none", -1))
        .answers(-103, delete(root + "/full", 7))
        .answers(-111, delete(root + "/full", 0))
        .answers(0, delete(root + "/gone", 0))
        .answers(-101, delete(root + "/gone", 0))
        .answers(-101, delete(root + "/", -1))
        .end();
  }

  @Test
  void setDataChecksInApachesOrder() throws IOException {
    wire.ok(create(root + "/a"));
    wire.ok(create(Requests.CREATE, root + "/closed", NONE, NOBODY, 0));
    new Expectations()
        .answers(-8, setData("bad", NONE, -1))
        .answers(-8, setData("", NONE, -1))
        .answers(-8, setData(null, NONE, -1))
        .answers(-8, setData(root + "/", NONE, -1))
        .answers(-101, setData(root + "/none", NONE, -1))
        .answers(-102, setData(root + "/closed", NONE, 9))
        .answers(-103, setData(root + "/a", NONE, 9))
        .answers(0, setData(root + "/a", NONE, 0))
        .answers(-103, setData(root + "/a", NONE, 0))
        .answers(0, setData(root + "/a", null, 1))
        .answers(-103, setData(root + "/a", null, -2))
        .answers(-102, setData("/zookeeper/config", NONE, -1))
        .end();
  }

  @Test
  void setAclChecksInApachesOrder() throws IOException {
    wire.ok(create(root + "/a"));
    wire.ok(create(Requests.CREATE, root + "/closed", NONE, NOBODY, 0));
    List<Acl> unknown = List.of(new Acl(31, "nosuchscheme", "x"));
    new Expectations()
        .answers(-8, setAcl("bad", Acl.OPEN, -1))
        .answers(-8, setAcl("bad", List.of(), -1))
        .answers(-114, setAcl(root + "/none", List.of(), -1))
        .answers(-114, setAcl(root + "/a", null, -1))
        .answers(-114, setAcl(root + "/a", unknown, -1))
        .answers(-101, setAcl(root + "/none", Acl.OPEN, -1))
        .answers(-102, setAcl(root + "/closed", Acl.OPEN, 9))
        .answers(-103, setAcl(root + "/a", Acl.OPEN, 9))
        .answers(0, setAcl(root + "/a", Acl.OPEN, 0))
        .answers(-103, setAcl(root + "/a", Acl.OPEN, 0))
        .answers(0, setAcl(root + "/a", Acl.OPEN, 1))
        .end();
  }

  @Test
  void readsOfNodesThatAreMissingOrClosed() throws IOException {
    wire.ok(create(Requests.CREATE, root + "/closed", NONE, NOBODY, 0));
    Expectations all = new Expectations();
    for (String missing : List.of(root + "/none", root + "/", "bad", root + "//")) {
      all.answers(-101, exists(missing, false))
          .answers(-101, getData(missing, false))
          .answers(-101, getAcl(missing))
          .answers(-101, getChildren(missing, false))
          .answers(-101, Requests.getChildren2(missing, false))
          .answers(-101, Requests.getAllChildrenNumber(missing));
    }
    all.answers(-102, exists(root + "/closed", false))
        .answers(-102, getData(root + "/closed", false))
        .answers(-102, getAcl(root + "/closed"))
        .answers(-102, getChildren(root + "/closed", false))
        .answers(-102, Requests.getChildren2(root + "/closed", false))
        .answers(-102, Requests.getAllChildrenNumber(root + "/closed"))
        .end();
  }

  @Test
  void syncLooksAtNothing() throws IOException {
    assertThat(wire.ok(Requests.sync(root)).body()).isEqualTo(jute().string(root).bytes());
    assertThat(wire.ok(Requests.sync(root + "/none")).body())
        .isEqualTo(jute().string(root + "/none").bytes());
    assertThat(wire.ok(Requests.sync("bad//")).body()).isEqualTo(jute().string("bad//").bytes());
  }

  @Test
  void nullDataStaysNull() throws IOException {
    wire.ok(create(root + "/null", null, 0));
    JuteReader reader = wire.ok(getData(root + "/null", false)).read();
    assertThat(reader.buffer()).isNull();
    assertThat(reader.stat().dataLength()).isZero();
    wire.ok(setData(root + "/null", NONE, -1));
    assertThat(wire.ok(getData(root + "/null", false)).read().buffer()).isEmpty();
    wire.ok(setData(root + "/null", null, -1));
    assertThat(wire.ok(getData(root + "/null", false)).read().buffer()).isNull();
  }

  @Test
  void dataComesBackByteForByte() throws IOException {
    byte[] data = new byte[100_000];
    for (int i = 0; i < data.length; i++) {
      data[i] = (byte) (i * 31);
    }
    wire.ok(create(root + "/big", data, 0));
    JuteReader reader = wire.ok(getData(root + "/big", false)).read();
    assertThat(reader.buffer()).isEqualTo(data);
    assertThat(reader.stat().dataLength()).isEqualTo(data.length);
    assertThat(reader.remaining()).isZero();
  }

  @Test
  void childrenWithAndWithoutStat() throws IOException {
    wire.ok(create(root + "/b"));
    wire.ok(create(root + "/a"));
    wire.ok(create(root + "/a/deep"));
    JuteReader plain = wire.ok(getChildren(root, false)).read();
    assertThat(plain.strings()).containsExactlyInAnyOrder("a", "b");
    assertThat(plain.remaining()).isZero();
    JuteReader stated = wire.ok(Requests.getChildren2(root, false)).read();
    assertThat(stated.strings()).containsExactlyInAnyOrder("a", "b");
    assertThat(stated.rest()).isEqualTo(wire.ok(exists(root, false)).body());
    assertThat(wire.ok(getChildren(root + "/b", false)).body()).isEqualTo(jute().int32(0).bytes());
  }

  @Test
  void allChildrenNumberCountsTheWholeSubtree() throws IOException {
    wire.ok(create(root + "/a"));
    wire.ok(create(root + "/a/x"));
    wire.ok(create(root + "/a/x/y"));
    wire.ok(create(root + "x"));
    assertThat(wire.ok(Requests.getAllChildrenNumber(root)).body())
        .isEqualTo(jute().int32(3).bytes());
    assertThat(wire.ok(Requests.getAllChildrenNumber(root + "/a/x/y")).body())
        .isEqualTo(jute().int32(0).bytes());
    int all = wire.ok(Requests.getAllChildrenNumber("/")).read().int32();
    wire.ok(create(root + "/b"));
    assertThat(wire.ok(Requests.getAllChildrenNumber("/")).read().int32()).isEqualTo(all + 1);
  }

  @Test
  void ephemeralsOfTheOwnSessionBelowAPrefix() throws IOException {
    Wire other = session();
    other.ok(create(root + "/other", NONE, 1));
    wire.ok(create(root + "/a1", NONE, 1));
    wire.ok(create(root + "/a2", NONE, 1));
    wire.ok(create(root + "/b", NONE, 1));
    assertThat(wire.ok(Requests.getEphemerals(root + "/a")).read().strings())
        .containsExactlyInAnyOrder(root + "/a1", root + "/a2");
    for (String all : new String[] {"/", "", null}) {
      assertThat(wire.ok(Requests.getEphemerals(all)).read().strings())
          .containsExactlyInAnyOrder(root + "/a1", root + "/a2", root + "/b");
    }
    assertThat(wire.ok(Requests.getEphemerals("/none")).body()).isEqualTo(jute().int32(0).bytes());
  }

  @Test
  void treeAtBirth() throws IOException {
    assertThat(wire.ok(getChildren("/zookeeper", false)).read().strings())
        .containsExactlyInAnyOrder("quota", "config");
    Stat quota = wire.ok(exists("/zookeeper/quota", false)).stat();
    assertThat(quota.czxid()).isZero();
    assertThat(quota.ctime()).isZero();
    assertThat(wire.ok(getAcl("/")).read().acls()).isEqualTo(Acl.OPEN);
    assertThat(wire.ok(getAcl("/zookeeper/config")).read().acls()).isEqualTo(Acl.world(Acl.READ));
    JuteReader config = wire.ok(getData("/zookeeper/config", false)).read();
    config.buffer();
    Stat stat = config.stat();
    assertThat(stat.cversion()).isZero();
    assertThat(stat.aversion()).isEqualTo(-1);
  }

  @Test
  void bareCheckIsUnimplementedAndCloses() throws IOException {
    wire.ok(create(root + "/a"));
    assertThat(wire.call(check(root + "/a", 0)).err()).isEqualTo(-6);
    assertThat(wire.closedByServer()).isTrue();
  }

  @Test
  void unknownRequestTypesAreUnimplementedAndClose() throws IOException {
    for (int type : new int[] {10, 23, 99, 108, 1000, -2, -12, Integer.MIN_VALUE}) {
      Wire victim = session();
      Incoming.Reply reply = victim.call(Requests.raw(type, NONE));
      assertThat(reply.err()).as("type %d", type).isEqualTo(-6);
      assertThat(reply.zxid()).as("type %d", type).isEqualTo(-1);
      assertThat(reply.body()).isEmpty();
      assertThat(victim.closedByServer()).as("type %d", type).isTrue();
    }
  }

  @Test
  void truncatedBodiesAreMarshallingErrorsAndTheConnectionStays() throws IOException {
    Expectations all = new Expectations();
    for (int type : new int[] {1, 2, 5, 7, 15, 19, 21}) {
      all.answers(-5, Requests.raw(type, NONE));
      all.answers(-5, Requests.raw(type, new byte[] {0, 0, 0, 9, 'x'}));
    }
    for (int type : new int[] {3, 4, 6, 8, 12, 17, 18, 101, 103, 104, 105, 106}) {
      all.answers(-5, Requests.raw(type, new byte[] {0, 0, 0, 9, 'x'}));
    }
    all.answers(0, exists(root, false)).end();
  }

  @Test
  void reconfigIsRefused() throws IOException {
    assertThat(wire.call(Requests.reconfig(null, null, null, -1)).err()).isEqualTo(-123);
    assertThat(wire.call(Requests.reconfig("server.1=a:1:2", null, null, 5)).err()).isEqualTo(-123);
  }

  /**
   * Apache's server runs the request and answers with a second, headerless handshake. Conclave
   * refuses it like any type that isn't a client's.
   */
  @Test
  void sessionsAreMadeByTheServerAlone() throws IOException {
    Wire victim = session();
    victim.send(Requests.raw(Requests.CREATE_SESSION, jute().int32(9999).bytes()));
    if (target == Target.CONCLAVE) {
      assertThat(victim.reply().err()).isEqualTo(-6);
      assertThat(victim.closedByServer()).isTrue();
    } else {
      assertThat(victim.readFrame()).hasSize(37);
    }
    wire.ok(exists(root, false));
  }

  @Test
  void errorTransactionsAreMadeByTheServerAlone() throws IOException {
    Wire victim = session();
    Incoming.Reply reply = victim.call(Requests.raw(-1, jute().int32(-101).bytes()));
    assertThat(reply.err()).isEqualTo(-6);
    assertThat(victim.closedByServer()).isTrue();
  }

  @Test
  void whoAmIShowsTheConnectionsIdentities() throws IOException {
    JuteReader anonymous = wire.ok(Requests.whoAmI()).read();
    assertThat(anonymous.int32()).isEqualTo(1);
    assertThat(anonymous.string()).isEqualTo("ip");
    assertThat(anonymous.string()).isEqualTo("127.0.0.1");
    assertThat(anonymous.remaining()).isZero();
    wire.ok(Requests.auth("digest", "alice:pw"));
    JuteReader known = wire.ok(Requests.whoAmI()).read();
    assertThat(known.int32()).isEqualTo(2);
    assertThat(
            List.of(known.string() + ":" + known.string(), known.string() + ":" + known.string()))
        .containsExactlyInAnyOrder("ip:127.0.0.1", "digest:alice");
  }

  @Test
  void statChangesAsInApache() throws IOException {
    wire.ok(create(root + "/p", "abc".getBytes(UTF_8), 0));
    Stat born = stat(root + "/p");
    assertThat(born.mzxid()).isEqualTo(born.czxid());
    assertThat(born.pzxid()).isEqualTo(born.czxid());
    assertThat(born.mtime()).isEqualTo(born.ctime());
    assertThat(born.version()).isZero();
    assertThat(born.dataLength()).isEqualTo(3);

    long childZxid = wire.ok(create(root + "/p/a")).zxid();
    Stat parent = stat(root + "/p");
    assertThat(parent.cversion()).isEqualTo(1);
    assertThat(parent.pzxid()).isEqualTo(childZxid);
    assertThat(parent.mzxid()).isEqualTo(born.mzxid());
    assertThat(parent.mtime()).isEqualTo(born.mtime());
    assertThat(parent.numChildren()).isEqualTo(1);

    long deleteZxid = wire.ok(delete(root + "/p/a", -1)).zxid();
    parent = stat(root + "/p");
    assertThat(parent.cversion()).isEqualTo(2);
    assertThat(parent.pzxid()).isEqualTo(deleteZxid);
    assertThat(parent.numChildren()).isZero();

    Incoming.Reply set = wire.ok(setData(root + "/p", NONE, -1));
    Stat changed = set.stat();
    assertThat(changed).isEqualTo(stat(root + "/p"));
    assertThat(changed.version()).isEqualTo(1);
    assertThat(changed.mzxid()).isEqualTo(set.zxid());
    assertThat(changed.mtime()).isGreaterThanOrEqualTo(born.mtime());
    assertThat(changed.cversion()).isEqualTo(2);
    assertThat(changed.pzxid()).isEqualTo(deleteZxid);

    Stat guarded = wire.ok(setAcl(root + "/p", Acl.OPEN, -1)).stat();
    assertThat(guarded)
        .isEqualTo(
            new Stat(
                changed.czxid(),
                changed.mzxid(),
                changed.ctime(),
                changed.mtime(),
                1,
                2,
                1,
                0,
                0,
                0,
                deleteZxid));
  }

  private Stat stat(String path) throws IOException {
    return wire.ok(exists(path, false)).stat();
  }
}
