package conclave.compat;

import static conclave.compat.Requests.create;
import static conclave.compat.Requests.createTtl;
import static conclave.compat.Requests.delete;
import static conclave.compat.Requests.multi;
import static conclave.compat.Requests.setAcl;
import static conclave.compat.Requests.setData;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * One implementation writes, is killed, and the other one carries on with its files; and back. With
 * the oracle alone it hands over to itself, which proves what the test expects.
 */
@Timeout(300)
final class DiskExchangeTest {
  private static final byte[] NONE = {};
  private static final String ROOT = "/exchange";

  /** Who takes over from whom. */
  record Route(Target first, Target second) {}

  static List<Route> routes() {
    List<Target> targets = Target.selected();
    Target first = targets.get(0);
    Target last = targets.get(targets.size() - 1);
    return first == last
        ? List.of(new Route(first, first))
        : List.of(new Route(first, last), new Route(last, first));
  }

  /** Small files: several logs and snapshots come into being. */
  private static ServerSpec spec() {
    return ServerSpec.full()
        .with("snapCount", "150")
        .with("preAllocSize", "64")
        .property("znode.container.checkIntervalMs", "100000000");
  }

  @ParameterizedTest
  @MethodSource("routes")
  void sameTreeAndSessionsAfterAHandover(Route route) throws IOException {
    try (ServerProcess server = ServerProcess.start(route.first(), spec())) {
      Session session;
      Session closed;
      Map<String, String> before;
      try (Wire wire = superUser(server)) {
        writeEverything(wire, "a");
        try (Wire other = Wire.session(server)) {
          other.ok(create(ROOT + "/gone", NONE, 1));
          closed = other.session();
          other.endSession();
        }
        session = wire.session();
        before = TreeDump.of(wire);
        server.kill();
      }
      server.restartAs(route.second(), spec());
      Map<String, String> between;
      try (Wire wire = resumed(server, session)) {
        assertThat(TreeDump.of(wire)).isEqualTo(before);
        assertThat(expired(server, closed)).isTrue();
        writeEverything(wire, "b");
        between = TreeDump.of(wire);
        server.kill();
      }
      server.restartAs(route.first(), spec());
      try (Wire wire = resumed(server, session)) {
        assertThat(TreeDump.of(wire)).isEqualTo(between);
        writeEverything(wire, "c");
        wire.endSession();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("routes")
  void sequencesAndVersionsGoOn(Route route) throws IOException {
    try (ServerProcess server = ServerProcess.start(route.first(), spec())) {
      long zxid;
      try (Wire wire = superUser(server)) {
        wire.ok(create(ROOT));
        for (int i = 0; i < 5; i++) {
          wire.ok(create(ROOT + "/s", NONE, 2));
        }
        wire.ok(delete(ROOT + "/s0000000004", -1));
        zxid = wire.call(delete(ROOT + "/none", -1)).zxid();
        server.kill();
      }
      server.restartAs(route.second(), spec());
      try (Wire wire = superUser(server)) {
        Incoming.Reply reply = wire.ok(create(ROOT + "/s", NONE, 2));
        assertThat(reply.read().string()).isEqualTo(ROOT + "/s0000000005");
        // One for the new session, one for this.
        assertThat(reply.zxid()).isEqualTo(zxid + 2);
        wire.endSession();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("routes")
  void sessionsOfTheOtherExpire(Route route) throws IOException {
    try (ServerProcess server = ServerProcess.start(route.first(), spec())) {
      try (Wire wire = Wire.session(server, Handshake.fresh().withTimeoutMs(3000))) {
        wire.ok(create("/e", NONE, 1));
        server.kill();
      }
      server.restartAs(route.second(), spec());
      try (Wire wire = superUser(server)) {
        Awaitility.await()
            .atMost(Duration.ofSeconds(60))
            .until(() -> wire.call(Requests.exists("/e", false)).err() == -101);
        wire.endSession();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("routes")
  void ttlAndContainerNodesAreStillCollected(Route route) throws IOException {
    try (ServerProcess server = ServerProcess.start(route.first(), spec())) {
      try (Wire wire = superUser(server)) {
        wire.ok(createTtl("/ttl", NONE, 5, 1000));
        wire.ok(createTtl("/late", NONE, 5, 1_000_000));
        wire.ok(create(Requests.CREATE_CONTAINER, "/box", NONE, Acl.OPEN, 4));
        wire.ok(create("/box/x"));
        wire.ok(delete("/box/x", -1));
        server.kill();
      }
      server.restartAs(route.second(), spec().property("znode.container.checkIntervalMs", "200"));
      try (Wire wire = superUser(server)) {
        for (String path : List.of("/ttl", "/box")) {
          Awaitility.await()
              .atMost(Duration.ofSeconds(60))
              .until(() -> wire.call(Requests.exists(path, false)).err() == -101);
        }
        wire.ok(Requests.exists("/late", false));
        wire.endSession();
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"gz", "snappy"})
  void compressedSnapshotsAreRead(String method) throws IOException {
    for (Route route : routes()) {
      ServerSpec compressing = spec().property("zookeeper.snapshot.compression.method", method);
      try (ServerProcess server = ServerProcess.start(route.first(), compressing)) {
        Map<String, String> before;
        Session session;
        try (Wire wire = superUser(server)) {
          writeEverything(wire, "a");
          session = wire.session();
          before = TreeDump.of(wire);
          server.stop();
        }
        server.restartAs(route.second(), compressing);
        try (Wire wire = resumed(server, session)) {
          assertThat(TreeDump.of(wire)).isEqualTo(before);
          wire.endSession();
        }
      }
    }
  }

  /** Every kind of transaction, and enough of them for a snapshot and a new log or two. */
  private static void writeEverything(Wire wire, String name) throws IOException {
    if (wire.call(Requests.exists(ROOT, false)).err() != 0) {
      wire.ok(create(ROOT, "root".getBytes(UTF_8), 0));
    }
    String base = ROOT + "/" + name;
    wire.ok(create(base, "ä data".getBytes(UTF_8), 0));
    wire.ok(create(base + "/null", null, 0));
    wire.ok(create(base + "/empty", NONE, 0));
    wire.ok(create(base + "/ephemeral", NONE, 1));
    wire.ok(create(base + "/seq", NONE, 2));
    wire.ok(create(base + "/eseq", NONE, 3));
    wire.ok(create(Requests.CREATE_CONTAINER, base + "/box", NONE, Acl.OPEN, 4));
    wire.ok(create(base + "/box/x"));
    wire.ok(createTtl(base + "/ttl", NONE, 5, 123_456_789));
    wire.ok(createTtl(base + "/ttlseq", NONE, 6, (1L << 40) - 1));
    List<Acl> guarded =
        List.of(
            new Acl(Acl.ALL, "digest", "alice:7ZQVQvXMJ0bVWbrHsgGIeSW7Xak="),
            new Acl(Acl.READ, "ip", "127.0.0.1"));
    wire.ok(create(Requests.CREATE2, base + "/guarded", NONE, guarded, 0));
    wire.ok(setAcl(base + "/empty", Acl.world(Acl.READ), 0));
    wire.ok(setData(base, "changed".getBytes(UTF_8), 0));
    wire.ok(create(base + "/short"));
    wire.ok(delete(base + "/short", 0));
    wire.ok(
        multi(
            create(base + "/m"),
            create(base + "/m/ephemeral", NONE, 1),
            setData(base + "/m", "m".getBytes(UTF_8), 0),
            Requests.check(base + "/m", 1),
            create(base + "/m/x"),
            delete(base + "/m/x", -1)));
    wire.ok(multi(create(base + "/never"), delete(base + "/none", -1)));
    wire.ok(multi());
    wire.call(create(base));
    for (int i = 0; i < 400; i++) {
      wire.send(setData(base + "/null", Integer.toString(i).getBytes(UTF_8), -1));
    }
    for (int i = 0; i < 400; i++) {
      assertThat(wire.reply().err()).isZero();
    }
    wire.ok(setData(base + "/null", null, -1));
  }

  private static Wire superUser(ServerProcess server) throws IOException {
    Wire wire = Wire.session(server);
    wire.ok(Requests.auth("digest", "super:secret"));
    return wire;
  }

  private static Wire resumed(ServerProcess server, Session session) throws IOException {
    Wire wire = Wire.open(server);
    assertThat(wire.shake(Handshake.resume(session)).id()).isEqualTo(session.id());
    wire.ok(Requests.auth("digest", "super:secret"));
    return wire;
  }

  private static boolean expired(ServerProcess server, Session session) throws IOException {
    try (Wire wire = Wire.open(server)) {
      return wire.shake(Handshake.resume(session)).id() == 0;
    }
  }
}
