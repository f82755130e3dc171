package conclave.compat;

import static conclave.compat.Jute.jute;
import static conclave.compat.Requests.END_OF_MULTI;
import static conclave.compat.Requests.check;
import static conclave.compat.Requests.create;
import static conclave.compat.Requests.createTtl;
import static conclave.compat.Requests.delete;
import static conclave.compat.Requests.exists;
import static conclave.compat.Requests.getChildren;
import static conclave.compat.Requests.getData;
import static conclave.compat.Requests.multi;
import static conclave.compat.Requests.multiRead;
import static conclave.compat.Requests.setData;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Transactions of several operations, byte for byte. */
final class MultiTest extends OneServer {
  private static final byte[] NONE = {};

  private Wire wire;

  @BeforeEach
  void connect() throws IOException {
    wire = session();
  }

  @Test
  void successAnswersEveryOperation() throws IOException {
    wire.ok(create(root + "/old"));
    Incoming.Reply reply =
        wire.ok(
            multi(
                create(root + "/a", "1".getBytes(UTF_8), 0),
                create(Requests.CREATE2, root + "/b", NONE, Acl.OPEN, 0),
                create(Requests.CREATE_CONTAINER, root + "/c", NONE, Acl.OPEN, 4),
                createTtl(root + "/d", NONE, 5, 100_000),
                setData(root + "/a", "22".getBytes(UTF_8), 0),
                check(root + "/a", 1),
                delete(root + "/old", 0)));
    Stat a = stat(root + "/a");
    Stat b = stat(root + "/b");
    Stat c = stat(root + "/c");
    Stat d = stat(root + "/d");
    byte[] expected =
        jute()
            .raw(head(1))
            .string(root + "/a")
            .raw(head(15))
            .string(root + "/b")
            .raw(b.bytes())
            .raw(head(15))
            .string(root + "/c")
            .raw(c.bytes())
            .raw(head(15))
            .string(root + "/d")
            .raw(d.bytes())
            .raw(head(5))
            .raw(a.bytes())
            .raw(head(13))
            .raw(head(2))
            .raw(END_OF_MULTI)
            .bytes();
    assertThat(Hex.of(reply.body())).isEqualTo(Hex.of(expected));
    assertThat(List.of(a.czxid(), a.mzxid(), b.czxid(), c.czxid(), d.czxid()))
        .containsOnly(reply.zxid());
    assertThat(stat(root).pzxid()).isEqualTo(reply.zxid());
  }

  @Test
  void failureNamesTheGuiltyOperation() throws IOException {
    long before = wire.ok(create(root + "/x")).zxid();
    Incoming.Reply reply =
        wire.call(
            multi(
                create(root + "/a"),
                setData(root + "/x", NONE, 0),
                delete(root + "/missing", -1),
                create(root + "/b"),
                check(root + "/nor-this", 0)));
    assertThat(reply.err()).isZero();
    assertThat(reply.zxid()).isEqualTo(before + 1);
    assertThat(reply.body()).isEqualTo(errors(0, 0, -101, -2, -2));
    assertThat(wire.call(exists(root + "/a", false)).err()).isEqualTo(-101);
    assertThat(stat(root + "/x").version()).isZero();
  }

  @Test
  void laterOperationsSeeEarlierOnes() throws IOException {
    Incoming.Reply reply =
        wire.ok(
            multi(
                create(root + "/a"),
                create(root + "/a/b"),
                setData(root + "/a/b", NONE, 0),
                check(root + "/a/b", 1),
                delete(root + "/a/b", 1),
                delete(root + "/a", -1),
                create(root + "/a", NONE, 2)));
    assertThat(reply.read().int32()).isEqualTo(1);
    assertThat(wire.ok(getChildren(root, false)).read().strings()).containsExactly("a" + suffix(1));
  }

  @Test
  void failedMultiLeavesNoTrace() throws IOException {
    wire.ok(multi(create(root + "/a"), delete(root + "/none", -1)));
    wire.ok(create(root + "/a"));
    Incoming.Reply sequential = wire.ok(create(root + "/s", NONE, 2));
    assertThat(sequential.read().string()).isEqualTo(root + "/s" + suffix(1));
    wire.ok(multi(setData(root + "/a", NONE, 0), check(root + "/a", 0)));
    wire.ok(setData(root + "/a", NONE, 0));
    wire.ok(multi(delete(root + "/a", -1), check(root + "/a", -1)));
    wire.ok(setData(root + "/a", NONE, 1));
  }

  @Test
  void pipelinedWritesAfterAFailedMultiSeeTheRolledBackState() throws IOException {
    wire.send(multi(create(root + "/a"), create(root + "/a/b"), check(root + "/a", 9)));
    wire.send(create(root + "/a/b"));
    wire.send(create(root + "/a"));
    wire.send(multi(delete(root + "/a", 0), create("bad")));
    wire.send(setData(root + "/a", NONE, 0));
    assertThat(wire.reply().body()).isEqualTo(errors(0, 0, -103));
    assertThat(wire.reply().err()).isEqualTo(-101);
    assertThat(wire.reply().err()).isZero();
    assertThat(wire.reply().body()).isEqualTo(errors(0, -8));
    assertThat(wire.reply().err()).isZero();
  }

  @Test
  void emptyMultiSucceeds() throws IOException {
    Incoming.Reply reply = wire.ok(multi());
    assertThat(reply.body()).isEqualTo(END_OF_MULTI);
    assertThat(wire.ok(multiRead()).body()).isEqualTo(END_OF_MULTI);
  }

  @Test
  void everyErrorAppearsInsideAMulti() throws IOException {
    wire.ok(create(root + "/full"));
    wire.ok(create(root + "/full/x"));
    wire.ok(create(root + "/eph", NONE, 1));
    wire.ok(create(Requests.CREATE, root + "/closed", NONE, Acl.world(0), 0));
    assertThat(wire.ok(multi(create("bad"))).body()).isEqualTo(errors(-8));
    assertThat(wire.ok(multi(create(root + "/full"))).body()).isEqualTo(errors(-110));
    assertThat(wire.ok(multi(create(root + "/eph/x"))).body()).isEqualTo(errors(-108));
    assertThat(wire.ok(multi(create(root + "/closed/x"))).body()).isEqualTo(errors(-102));
    assertThat(wire.ok(multi(delete(root + "/full", -1))).body()).isEqualTo(errors(-111));
    assertThat(wire.ok(multi(delete("/zookeeper", -1))).body()).isEqualTo(errors(-8));
    assertThat(wire.ok(multi(setData(root + "/full", NONE, 4))).body()).isEqualTo(errors(-103));
    assertThat(wire.ok(multi(check(root + "/full", 4))).body()).isEqualTo(errors(-103));
    assertThat(wire.ok(multi(check(root + "/none", 4))).body()).isEqualTo(errors(-101));
    assertThat(wire.ok(multi(check(root + "/closed", 4))).body()).isEqualTo(errors(-102));
    assertThat(wire.ok(multi(create(Requests.CREATE, root + "/y", NONE, List.of(), 0))).body())
        .isEqualTo(errors(-114));
    assertThat(wire.ok(multi(createTtl(root + "/y", NONE, 5, 0))).body()).isEqualTo(errors(-8));
  }

  @Test
  void operationsThatAMultiCannotHold() throws IOException {
    for (Request alien :
        List.of(exists(root, false), getData(root, false), Requests.getAcl(root))) {
      Incoming.Reply reply = session().call(multi(create(root + "/a"), alien));
      assertThat(reply.err()).as("%s", alien).isEqualTo(-5);
    }
    Incoming.Reply reply = session().call(multiRead(create(root + "/a")));
    assertThat(reply.err()).isNotZero();
  }

  @Test
  void aModeThatDoesNotExistSpoilsTheWholeMulti() throws IOException {
    Incoming.Reply reply = wire.call(multi(create(root + "/a"), create(root + "/x", NONE, 9)));
    assertThat(reply.err()).isEqualTo(-5);
    assertThat(reply.body()).isEmpty();
    assertThat(wire.call(exists(root + "/a", false)).err()).isEqualTo(-101);
  }

  @Test
  void multiReadAnswersEachOperationForItself() throws IOException {
    wire.ok(create(root + "/a", "data".getBytes(UTF_8), 0));
    wire.ok(create(Requests.CREATE, root + "/closed", NONE, Acl.world(0), 0));
    Incoming.Reply reply =
        wire.ok(
            multiRead(
                getData(root + "/a", false),
                getData(root + "/none", false),
                getChildren(root + "/a", false),
                getChildren(root + "/closed", false)));
    byte[] expected =
        jute()
            .raw(head(4))
            .buffer("data".getBytes(UTF_8))
            .raw(stat(root + "/a").bytes())
            .raw(error(-101))
            .raw(head(8))
            .int32(0)
            .raw(error(-102))
            .raw(END_OF_MULTI)
            .bytes();
    assertThat(Hex.of(reply.body())).isEqualTo(Hex.of(expected));
  }

  @Test
  void multiOfOneZxidTriggersWatchesOncePerOperation() throws IOException {
    Wire watcher = session();
    watcher.call(exists(root + "/a", true));
    watcher.ok(getChildren(root, true));
    watcher.ok(Requests.addWatch(root, 1));
    long zxid =
        wire.ok(multi(create(root + "/a"), setData(root + "/a", NONE, 0), create(root + "/b")))
            .zxid();
    List<Incoming.Event> events = watcher.events();
    assertThat(events).extracting(Incoming.Event::zxid).containsOnly(zxid);
    assertThat(events)
        .extracting(Incoming.Event::brief)
        .containsExactly("1 " + root + "/a", "4 " + root, "3 " + root + "/a", "1 " + root + "/b");
  }

  private Stat stat(String path) throws IOException {
    return wire.ok(exists(path, false)).stat();
  }

  private static String suffix(int counter) {
    return "%010d".formatted(counter);
  }

  private static byte[] head(int type) {
    return jute().int32(type).bool(false).int32(0).bytes();
  }

  private static byte[] error(int err) {
    return jute().int32(-1).bool(false).int32(err).int32(err).bytes();
  }

  private static byte[] errors(int... errs) {
    Jute all = jute();
    for (int err : errs) {
      all.raw(error(err));
    }
    return all.raw(END_OF_MULTI).bytes();
  }
}
