package conclave.compat;

import static conclave.compat.Requests.auth;
import static conclave.compat.Requests.create;
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
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who may do what. */
final class AclTest extends OneServer {
  private static final byte[] NONE = {};

  private Wire wire;

  @BeforeEach
  void connect() throws IOException {
    wire = session();
  }

  @Test
  void everyPermissionGuardsItsRequests() throws IOException {
    for (int missing : new int[] {Acl.READ, Acl.WRITE, Acl.CREATE, Acl.DELETE, Acl.ADMIN}) {
      String node = root + "/without" + missing;
      closed(node, Acl.world(Acl.ALL & ~missing));
      assertThat(wire.call(getData(node, false)).err()).isEqualTo(missing == Acl.READ ? -102 : 0);
      assertThat(wire.call(getChildren(node, false)).err())
          .isEqualTo(missing == Acl.READ ? -102 : 0);
      assertThat(wire.call(exists(node, false)).err()).isEqualTo(missing == Acl.READ ? -102 : 0);
      assertThat(wire.call(getAcl(node)).err()).isZero();
      assertThat(wire.call(setData(node, NONE, -1)).err())
          .isEqualTo(missing == Acl.WRITE ? -102 : 0);
      assertThat(wire.call(create(node + "/x")).err()).isEqualTo(missing == Acl.CREATE ? -102 : 0);
      if (missing != Acl.CREATE) {
        assertThat(wire.call(delete(node + "/x", -1)).err())
            .isEqualTo(missing == Acl.DELETE ? -102 : 0);
      }
      assertThat(wire.call(setAcl(node, Acl.OPEN, -1)).err())
          .isEqualTo(missing == Acl.ADMIN ? -102 : 0);
    }
  }

  @Test
  void readOrAdminShowsTheAcl() throws IOException {
    closed(root + "/r", Acl.world(Acl.READ));
    closed(root + "/a", Acl.world(Acl.ADMIN));
    closed(root + "/w", Acl.world(Acl.WRITE | Acl.CREATE | Acl.DELETE));
    assertThat(wire.call(getAcl(root + "/r")).err()).isZero();
    assertThat(wire.call(getAcl(root + "/a")).err()).isZero();
    assertThat(wire.call(getAcl(root + "/w")).err()).isEqualTo(-102);
  }

  @Test
  void authIsAnsweredWithoutBodyAndZxid() throws IOException {
    Incoming.Reply reply = wire.call(auth("digest", "alice:pw"));
    assertThat(reply)
        .usingRecursiveComparison()
        .isEqualTo(new Incoming.Reply(Wire.AUTH_XID, 0, 0, NONE));
  }

  @Test
  void unknownSchemeFailsAndCloses() throws IOException {
    Incoming.Reply reply = wire.call(auth("nosuchscheme", "alice:pw"));
    assertThat(reply.err()).isEqualTo(-115);
    assertThat(reply.zxid()).isZero();
    assertThat(wire.closedByServer()).isTrue();
  }

  @Test
  void worldIsNoSchemeToAuthenticateBy() throws IOException {
    assertThat(wire.call(auth("world", "anyone")).err()).isEqualTo(-115);
  }

  @Test
  void digestOwnerAloneMayPass() throws IOException {
    wire.ok(auth("digest", "alice:pw"));
    wire.ok(
        create(
            Requests.CREATE,
            root + "/mine",
            NONE,
            List.of(new Acl(Acl.ALL, "digest", "alice:" + sha1("alice:pw"))),
            0));
    wire.ok(getData(root + "/mine", false));
    Wire other = session();
    assertThat(other.call(getData(root + "/mine", false)).err()).isEqualTo(-102);
    other.ok(auth("digest", "alice:wrong"));
    assertThat(other.call(getData(root + "/mine", false)).err()).isEqualTo(-102);
    other.ok(auth("digest", "alice:pw"));
    assertThat(other.call(getData(root + "/mine", false)).err()).isZero();
  }

  @Test
  void authExpandsToTheCreatorsIdentities() throws IOException {
    wire.ok(auth("digest", "alice:pw"));
    wire.ok(auth("digest", "bob:pw"));
    List<Acl> mine = List.of(new Acl(Acl.ALL, "auth", "whatever"));
    wire.ok(create(Requests.CREATE, root + "/mine", NONE, mine, 0));
    assertThat(wire.ok(getAcl(root + "/mine")).read().acls())
        .containsExactlyInAnyOrder(
            new Acl(Acl.ALL, "digest", "alice:" + sha1("alice:pw")),
            new Acl(Acl.ALL, "digest", "bob:" + sha1("bob:pw")));
  }

  @Test
  void authOfNobodyIsInvalid() throws IOException {
    List<Acl> mine = List.of(new Acl(Acl.ALL, "auth", ""));
    assertThat(wire.call(create(Requests.CREATE, root + "/x", NONE, mine, 0)).err())
        .isEqualTo(-114);
  }

  @Test
  void identitiesStayWithTheConnection() throws IOException {
    wire.ok(auth("digest", "alice:pw"));
    wire.ok(create(Requests.CREATE, root + "/x", NONE, List.of(new Acl(31, "auth", "")), 0));
    Wire again = connection();
    again.shake(Handshake.resume(wire.session()));
    assertThat(again.call(getData(root + "/x", false)).err()).isEqualTo(-102);
  }

  @Test
  void invalidEntriesAreRefused() throws IOException {
    for (Acl bad :
        List.of(
            new Acl(31, "world", "somebody"),
            new Acl(31, "digest", "nocolon"),
            new Acl(31, "digest", "two:colons:here"),
            new Acl(31, "ip", "not an address"),
            new Acl(31, "ip", "127.0.0.300"),
            new Acl(31, "ip", "127.0.0.1/33"),
            new Acl(31, "nosuchscheme", "x"),
            new Acl(31, "", ""))) {
      assertThat(wire.call(create(Requests.CREATE, root + "/x", NONE, List.of(bad), 0)).err())
          .as("%s", bad)
          .isEqualTo(-114);
    }
  }

  @Test
  void addressesAndNetworks() throws IOException {
    addressed("one", "127.0.0.1", true);
    addressed("other", "10.1.2.3", false);
    addressed("net", "127.0.0.0/8", true);
    addressed("exactnet", "127.0.0.1/32", true);
    addressed("othernet", "10.0.0.0/8", false);
    addressed("every", "0.0.0.0/0", true);
  }

  private void addressed(String name, String id, boolean allowed) throws IOException {
    closed(root + "/" + name, List.of(new Acl(Acl.ALL, "ip", id)));
    assertThat(wire.call(getData(root + "/" + name, false)).err())
        .as(id)
        .isEqualTo(allowed ? 0 : -102);
  }

  @Test
  void hashIsMaskedForThoseWithoutAdmin() throws IOException {
    List<Acl> acl =
        List.of(
            new Acl(Acl.ALL, "digest", "alice:" + sha1("alice:pw")),
            new Acl(Acl.READ, "world", "anyone"));
    closed(root + "/x", acl);
    assertThat(wire.ok(getAcl(root + "/x")).read().acls())
        .containsExactly(new Acl(Acl.ALL, "digest", "alice:x"), acl.get(1));
    wire.ok(auth("digest", "alice:pw"));
    assertThat(wire.ok(getAcl(root + "/x")).read().acls()).isEqualTo(acl);
  }

  @Test
  void superUserPassesEverywhere() throws IOException {
    closed(root + "/x", Acl.world(0));
    assertThat(wire.call(getData(root + "/x", false)).err()).isEqualTo(-102);
    wire.ok(auth("digest", "super:secret"));
    wire.ok(getData(root + "/x", false));
    wire.ok(setData(root + "/x", NONE, -1));
    wire.ok(create(root + "/x/y"));
    wire.ok(delete(root + "/x/y", -1));
    wire.ok(setAcl(root + "/x", Acl.OPEN, -1));
  }

  @Test
  void duplicateEntriesAreMerged() throws IOException {
    closed(root + "/x", List.of(Acl.OPEN.get(0), Acl.OPEN.get(0)));
    assertThat(wire.ok(getAcl(root + "/x")).read().acls()).isEqualTo(Acl.OPEN);
  }

  @Test
  void newAclCountsForTheRequestsAfterIt() throws IOException {
    wire.ok(create(root + "/x"));
    wire.ok(setAcl(root + "/x", Acl.world(Acl.READ), -1));
    assertThat(wire.call(setData(root + "/x", NONE, -1)).err()).isEqualTo(-102);
    assertThat(wire.call(setAcl(root + "/x", Acl.OPEN, -1)).err()).isEqualTo(-102);
    wire.ok(getData(root + "/x", false));
  }

  /** Apache's server still judges by the old ACL while the change is under way. */
  @Test
  void newAclCountsForTheRequestsInFlightBehindIt() throws IOException {
    wire.ok(create(root + "/x"));
    wire.send(setAcl(root + "/x", Acl.world(Acl.READ), -1));
    wire.send(setData(root + "/x", NONE, -1));
    assertThat(wire.reply().err()).isZero();
    if (target == Target.CONCLAVE) {
      assertThat(wire.reply().err()).isEqualTo(-102);
    }
  }

  private void closed(String path, List<Acl> acl) throws IOException {
    wire.ok(create(Requests.CREATE, path, NONE, acl, 0));
  }

  private static String sha1(String text) {
    try {
      return Base64.getEncoder()
          .encodeToString(MessageDigest.getInstance("SHA1").digest(text.getBytes(UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
