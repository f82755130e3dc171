package conclave.compat;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** The lines of the audit log: who did what, and what became of it. */
final class AuditTest extends OneServer {
  private static final Pattern AUDIT_LINE =
      Pattern.compile("(?m) ((?:session|user)=\\S*\\t.*operation=.*)$");

  AuditTest() {
    super(ServerSpec.standard().with("audit.enable", "true"));
  }

  @Test
  void theStartIsTold() {
    assertThat(allLines())
        .anyMatch(
            line ->
                line.equals(
                    "user="
                        + System.getProperty("user.name")
                        + "\toperation=serverStart\tresult=success"));
  }

  @Test
  void changesAreToldWithTheirPathsAndKinds() throws IOException {
    Wire wire = session();
    wire.ok(Requests.create(root + "/a"));
    wire.ok(Requests.create(root + "/e", new byte[0], 1));
    String numbered = wire.ok(Requests.create(root + "/s-", new byte[0], 2)).read().string();
    wire.ok(Requests.create(Requests.CREATE_CONTAINER, root + "/c", new byte[0], Acl.OPEN, 4));
    wire.ok(Requests.setData(root + "/a", new byte[1], -1));
    wire.ok(Requests.setAcl(root + "/a", Acl.OPEN, -1));
    wire.ok(Requests.delete(root + "/a", -1));
    assertThat(linesOf(wire, 7))
        .containsExactly(
            "operation=create\tznode=" + root + "/a\tznode_type=persistent\tresult=success",
            "operation=create\tznode=" + root + "/e\tznode_type=ephemeral\tresult=success",
            "operation=create\tznode="
                + numbered
                + "\tznode_type=persistent_sequential\tresult=success",
            "operation=create\tznode=" + root + "/c\tznode_type=container\tresult=success",
            "operation=setData\tznode=" + root + "/a\tresult=success",
            "operation=setAcl\tznode=" + root + "/a\tacl=world:anyone:cdrwa\tresult=success",
            "operation=delete\tznode=" + root + "/a\tresult=success");
  }

  @Test
  void failuresAreToldToo() throws IOException {
    Wire wire = session();
    wire.call(Requests.create(root));
    wire.call(Requests.setData(root, new byte[1], 7));
    wire.call(Requests.setAcl(root + "/nope", Acl.OPEN, -1));
    wire.call(Requests.delete(root + "/nope", -1));
    wire.call(Requests.create("bad"));
    assertThat(linesOf(wire, 5))
        .containsExactly(
            "operation=create\tznode=" + root + "\tznode_type=persistent\tresult=failure",
            "operation=setData\tznode=" + root + "\tresult=failure",
            "operation=setAcl\tznode=" + root + "/nope\tacl=world:anyone:cdrwa\tresult=failure",
            "operation=delete\tznode=" + root + "/nope\tresult=failure",
            "operation=create\tznode=bad\tznode_type=persistent\tresult=failure");
  }

  @Test
  void aMultiIsALineForEachChangeOrOneForItsFailure() throws IOException {
    Wire wire = session();
    wire.ok(
        Requests.multi(
            Requests.create(root + "/m"),
            Requests.check(root, -1),
            Requests.setData(root + "/m", new byte[1], -1),
            Requests.delete(root + "/m", -1)));
    wire.call(Requests.multi(Requests.create(root + "/n"), Requests.delete(root + "/nope", -1)));
    assertThat(linesOf(wire, 4))
        .containsExactly(
            "operation=create\tznode=" + root + "/m\tznode_type=persistent\tresult=success",
            "operation=setData\tznode=" + root + "/m\tresult=success",
            "operation=delete\tznode=" + root + "/m\tresult=success",
            "operation=multiOperation\tresult=failure");
  }

  @Test
  void readsLeaveNoLine() throws IOException {
    Wire wire = session();
    wire.ok(Requests.getData(root, true));
    wire.ok(Requests.sync(root));
    wire.ok(Requests.setData(root, new byte[0], -1));
    assertThat(linesOf(wire, 1)).singleElement().asString().contains("operation=setData");
  }

  @Test
  void namesOfUsersAreToldAndNoSecrets() throws IOException {
    Wire wire = session();
    wire.ok(Requests.auth("digest", "bob:secret"));
    wire.ok(Requests.setData(root, new byte[0], -1));
    linesOf(wire, 1);
    String line =
        allLines().stream().filter(text -> text.startsWith(sessionOf(wire))).findFirst().orElse("");
    Matcher users = Pattern.compile("\tuser=([^\t]*)\tip=127.0.0.1\t").matcher(line);
    assertThat(users.find()).as(line).isTrue();
    // Apache keeps the ids in a set, in no order.
    assertThat(users.group(1).split(",", -1)).containsExactlyInAnyOrder("bob", "127.0.0.1");
    assertThat(server.log()).doesNotContain("secret");
  }

  @Test
  void whatGoesWithASessionIsTold() throws IOException {
    Wire wire = session();
    wire.ok(Requests.create(root + "/e1", new byte[0], 1));
    wire.ok(Requests.create(root + "/e2", new byte[0], 1));
    wire.endSession();
    Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> gone(wire).size() == 2);
    assertThat(gone(wire))
        .containsExactlyInAnyOrder(
            "znode=" + root + "/e1\tresult=success", "znode=" + root + "/e2\tresult=success");
  }

  private List<String> gone(Wire wire) {
    String start =
        sessionOf(wire)
            + "user="
            + System.getProperty("user.name")
            + "\toperation=ephemeralZNodeDeletionOnSessionCloseOrExpire\t";
    return allLines().stream()
        .filter(line -> line.startsWith(start))
        .map(line -> line.substring(start.length()))
        .toList();
  }

  /** That many lines of one session from the operation on. */
  private List<String> linesOf(Wire wire, int count) {
    Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> of(wire).size() >= count);
    return of(wire);
  }

  private List<String> of(Wire wire) {
    return allLines().stream()
        .filter(line -> line.startsWith(sessionOf(wire)))
        .map(line -> line.substring(line.indexOf("operation=")))
        .toList();
  }

  private static String sessionOf(Wire wire) {
    return "session=0x" + Long.toHexString(wire.session().id()) + "\t";
  }

  private List<String> allLines() {
    return Arrays.stream(server.log().split("\n", -1))
        .map(AUDIT_LINE::matcher)
        .filter(Matcher::find)
        .map(found -> found.group(1))
        .collect(Collectors.toList());
  }
}
