package conclave.compat;

import static conclave.compat.Requests.create;
import static conclave.compat.Requests.createTtl;
import static conclave.compat.Requests.delete;
import static conclave.compat.Requests.exists;
import static conclave.compat.Requests.getChildren;
import static conclave.compat.Requests.getData;
import static conclave.compat.Requests.multi;
import static conclave.compat.Requests.setAcl;
import static conclave.compat.Requests.setData;
import static conclave.compat.Requests.sync;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What clients see of an ensemble, whichever of its servers they are connected to. */
abstract class EnsembleContract extends OneEnsemble {
  private static final byte[] NONE = {};
  private static final int BAD_VERSION = -103;
  private static final int NO_NODE = -101;
  private static final int NO_AUTH = -102;

  @Test
  void everyKindOfWriteThroughEveryServer() throws IOException {
    for (int sid : ensemble.sids()) {
      writeEverything(session(sid), root + "/s" + sid);
      for (int other : ensemble.sids()) {
        Wire reader = synced(other);
        assertThat(reader.ok(getChildren(root + "/s" + sid, false)).read().strings())
            .as("written through %d, read from %d", sid, other)
            .contains("box", "ephemeral", "guarded", "m", "null", "ttl", "seq0000000002")
            .doesNotContain("short", "never");
      }
    }
    EqualServers.check(ensemble);
  }

  private void writeEverything(Wire wire, String base) throws IOException {
    wire.ok(create(base, "ä data".getBytes(UTF_8), 0));
    wire.ok(create(base + "/null", null, 0));
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
    assertThat(wire.call(setData(base + "/guarded", NONE, -1)).err()).isEqualTo(NO_AUTH);
    wire.ok(setAcl(base + "/box", Acl.world(Acl.ALL), 0));
    assertThat(wire.call(setAcl(base + "/box", Acl.world(Acl.READ), 0)).err())
        .isEqualTo(BAD_VERSION);
    wire.ok(setData(base, "changed".getBytes(UTF_8), 0));
    assertThat(wire.call(setData(base, NONE, 0)).err()).isEqualTo(BAD_VERSION);
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
    wire.ok(create(base + "/seq", NONE, 2));
  }

  @Test
  void ownWritesAreReadAtOnce() throws IOException {
    for (int sid : ensemble.sids()) {
      Wire wire = session(sid);
      String path = root + "/own" + sid;
      wire.send(create(path));
      for (int i = 1; i <= 50; i++) {
        wire.send(setData(path, Integer.toString(i).getBytes(UTF_8), i - 1));
        wire.send(getData(path, false));
      }
      assertThat(wire.reply().err()).isZero();
      for (int i = 1; i <= 50; i++) {
        Incoming.Reply written = wire.reply();
        assertThat(written.err()).isZero();
        assertThat(written.stat().version()).isEqualTo(i);
        Incoming.Reply read = wire.reply();
        assertThat(read.read().buffer()).isEqualTo(Integer.toString(i).getBytes(UTF_8));
        assertThat(read.zxid()).isGreaterThanOrEqualTo(written.zxid());
      }
    }
  }

  @Test
  void bigDataGoesThroughEveryServer() throws IOException {
    for (int sid : ensemble.sids()) {
      byte[] data = new byte[1_000_000];
      Arrays.fill(data, (byte) sid);
      session(sid).ok(create(root + "/big" + sid, data, 0));
      for (int other : ensemble.sids()) {
        assertThat(synced(other).ok(getData(root + "/big" + sid, false)).read().buffer())
            .isEqualTo(data);
      }
    }
  }

  @Test
  void identityGoesWithTheRequest() throws IOException {
    for (int sid : ensemble.sids()) {
      String path = root + "/mine" + sid;
      Wire alice = session(sid);
      alice.ok(Requests.auth("digest", "alice:secret" + sid));
      alice.ok(create(Requests.CREATE, path, NONE, List.of(new Acl(Acl.ALL, "auth", "")), 0));
      alice.ok(setData(path, NONE, 0));
      for (int other : ensemble.sids()) {
        Wire mallory = synced(other);
        assertThat(mallory.call(setData(path, NONE, -1)).err()).isEqualTo(NO_AUTH);
        mallory.ok(Requests.auth("digest", "alice:secret" + sid));
        mallory.ok(setData(path, NONE, -1));
      }
    }
  }

  @Test
  void watchesTellOfWritesThroughOtherServers() throws IOException {
    for (int sid : ensemble.sids()) {
      int writer = sid % ensemble.mix().size() + 1;
      String path = root + "/w" + sid;
      Wire watcher = session(sid);
      watcher.ok(create(path));
      watcher.ok(getData(path, true));
      watcher.ok(getChildren(path, true));
      assertThat(watcher.call(exists(path + "/child", true)).err()).isEqualTo(NO_NODE);
      Wire other = synced(writer);
      long created = other.ok(create(path + "/child")).zxid();
      Incoming.Event first = watcher.event();
      assertThat(first.brief()).isEqualTo(Incoming.Event.CREATED + " " + path + "/child");
      assertThat(watcher.event().brief()).isEqualTo(Incoming.Event.CHILDREN_CHANGED + " " + path);
      if (ensemble.mix().kind(sid) != Target.APACHE_3_6
          && ensemble.mix().kind(sid) != Target.APACHE_3_8) {
        assertThat(first.zxid()).isEqualTo(created);
      }
      other.ok(setData(path, NONE, -1));
      assertThat(watcher.event().brief()).isEqualTo(Incoming.Event.DATA_CHANGED + " " + path);
    }
  }

  @Test
  void sequenceNumbersAreUniqueAcrossServers() throws IOException {
    Map<Integer, Wire> wires = new HashMap<>();
    for (int sid : ensemble.sids()) {
      wires.put(sid, session(sid));
    }
    for (int i = 0; i < 30; i++) {
      for (Wire wire : wires.values()) {
        wire.send(create(root + "/n", NONE, 2));
      }
    }
    List<String> names = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      for (Wire wire : wires.values()) {
        names.add(wire.reply().read().string());
      }
    }
    assertThat(names).doesNotHaveDuplicates();
    assertThat(synced(1).ok(getChildren(root, false)).read().strings())
        .hasSize(30 * ensemble.mix().size());
  }

  @Test
  void ephemeralsVanishEverywhereWhenTheSessionIsClosed() throws IOException {
    for (int sid : ensemble.sids()) {
      Wire owner = session(sid);
      owner.ok(create(root + "/e" + sid, NONE, 1));
      for (int other : ensemble.sids()) {
        assertThat(synced(other).ok(exists(root + "/e" + sid, false)).stat().ephemeralOwner())
            .isEqualTo(owner.session().id());
      }
      owner.endSession();
      for (int other : ensemble.sids()) {
        assertThat(synced(other).call(exists(root + "/e" + sid, false)).err()).isEqualTo(NO_NODE);
      }
    }
  }

  @Test
  void ephemeralsVanishEverywhereWhenTheSessionExpires() throws IOException {
    for (int sid : ensemble.sids()) {
      Wire mortal = keep(Wire.session(ensemble.server(sid), Handshake.fresh().withTimeoutMs(3000)));
      mortal.ok(create(root + "/e" + sid, NONE, 1));
      mortal.close();
    }
    for (int sid : ensemble.sids()) {
      for (int other : ensemble.sids()) {
        Wire wire = session(other);
        Ensemble.await(
            "ephemeral of server " + sid + " gone from " + other,
            () -> wire.call(exists(root + "/e" + sid, false)).err() == NO_NODE);
      }
    }
  }

  @Test
  void pingsThroughAnyServerKeepASession() throws Exception {
    List<CompletableFuture<Void>> kept = new ArrayList<>();
    for (int sid : ensemble.sids()) {
      kept.add(
          CompletableFuture.runAsync(
              () -> {
                try {
                  pingsKeepASession(sid);
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              }));
    }
    for (CompletableFuture<Void> one : kept) {
      one.get();
    }
  }

  private void pingsKeepASession(int sid) throws IOException {
    for (int again = 0; true; again++) {
      String path = root + "/kept" + sid + "-" + again;
      try (Wire wire = Wire.session(ensemble.server(sid), Handshake.fresh().withTimeoutMs(1500))) {
        // Once more, if this machine stood still for too long.
        if (wire.pingFor(Duration.ofMillis(100))) {
          wire.ok(create(path, NONE, 1));
          if (wire.pingFor(Duration.ofSeconds(3))) {
            wire.ok(exists(path, false));
            wire.endSession();
            return;
          }
        }
      }
    }
  }

  @Test
  void sessionsMoveBetweenServers() throws IOException {
    for (int from : ensemble.sids()) {
      int to = from % ensemble.mix().size() + 1;
      String path = root + "/moved" + from;
      Wire old = session(from);
      long written = old.ok(create(path, NONE, 1)).zxid();
      Session session = old.session();
      // Servers that are behind what the client has seen refuse it.
      synced(to);
      Wire moved = keep(Wire.open(ensemble.server(to)));
      Session again = moved.shake(Handshake.resume(session).withLastZxidSeen(written));
      assertThat(again.id()).isEqualTo(session.id());
      assertThat(again.password()).isEqualTo(session.password());
      assertThat(moved.ok(setData(path, NONE, -1)).stat().ephemeralOwner()).isEqualTo(session.id());
      // The old connection has lost the session: its writes are refused, and it is closed.
      old.send(setData(path, NONE, -1));
      assertThat(old.closedByServer()).as("moved from %d to %d", from, to).isTrue();
      assertThat(moved.ok(exists(path, false)).stat().version()).isEqualTo(1);
      moved.endSession();
      assertThat(synced(from).call(exists(path, false)).err()).isEqualTo(NO_NODE);
    }
  }

  @Test
  void strangersDontGetASession() throws IOException {
    Wire owner = session(1);
    Handshake stranger = Handshake.resume(owner.session()).withPassword(new byte[16]);
    for (int sid : ensemble.sids()) {
      // On the session's own server any attempt closes its connection, in Apache's too.
      if (sid != 1) {
        assertThat(keep(Wire.open(ensemble.server(sid))).shake(stranger).id()).isZero();
      }
    }
    owner.endSession();
    for (int sid : ensemble.sids()) {
      synced(sid);
      Wire closed = keep(Wire.open(ensemble.server(sid)));
      assertThat(closed.shake(Handshake.resume(owner.session())).id()).isZero();
    }
  }

  @Test
  void serversSayWhoTheyAre() throws IOException {
    int leader = ensemble.leader();
    for (int sid : ensemble.sids()) {
      String expected =
          sid == leader ? "leader" : ensemble.mix().isObserver(sid) ? "observer" : "follower";
      assertThat(ensemble.server(sid).mode()).hasValue(expected);
      assertThat(ensemble.server(sid).word("isro").strip()).isEqualTo("rw");
      assertThat(ensemble.server(sid).word("mntr")).contains("zk_server_state\t" + expected);
    }
    assertThat(ensemble.figure(leader, "zk_synced_followers")).hasValue(2);
    assertThat(ensemble.figure(leader, "zk_synced_observers"))
        .hasValue(ensemble.mix().observers().size());
  }

  /** A session on this server that sees all that was committed before. */
  private Wire synced(int sid) throws IOException {
    Wire wire = session(sid);
    wire.ok(sync(root));
    return wire;
  }
}
