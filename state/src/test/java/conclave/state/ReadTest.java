package conclave.state;

import static conclave.protocol.ErrorCode.BAD_ARGUMENTS;
import static conclave.protocol.ErrorCode.MARSHALLING_ERROR;
import static conclave.protocol.ErrorCode.NO_AUTH;
import static conclave.protocol.ErrorCode.NO_NODE;
import static conclave.protocol.ErrorCode.OK;
import static org.assertj.core.api.Assertions.assertThat;

import conclave.protocol.Acl;
import conclave.protocol.CreateMode;
import conclave.protocol.Id;
import conclave.protocol.OpCode;
import conclave.protocol.Reply;
import conclave.protocol.Reply.OpResult;
import conclave.protocol.Request;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReadTest {
  private static final Id ALICE = new Id("digest", "alice:secret");
  private static final Id BOB = new Id("digest", "bob:hidden");

  private final Harness h = new Harness();

  ReadTest() {
    h.create("/a");
    h.set("/a", "data");
    h.create("/a/x");
    h.create("/a/é");
    h.create("/closed");
    h.run(
        new Request.SetAcl(
            "/closed", List.of(new Acl(Acl.ALL, ALICE), new Acl(Acl.READ, BOB)), -1));
  }

  @Test
  void everyReadOfWhatIsThere() {
    assertThat(h.read(new Request.Exists("/a", false))).isEqualTo(new Reply.OfStat(h.stat("/a")));
    Reply.OfData data = (Reply.OfData) h.read(new Request.GetData("/a", false));
    assertThat(data.data()).isEqualTo(Harness.bytes("data"));
    assertThat(data.stat()).isEqualTo(h.stat("/a"));
    Request children = new Request.GetChildren(OpCode.GET_CHILDREN, "/a", false);
    assertThat(((Reply.OfNames) h.read(children)).names()).containsExactlyInAnyOrder("x", "é");
    Reply.OfNamesAndStat two =
        (Reply.OfNamesAndStat) h.read(new Request.GetChildren(OpCode.GET_CHILDREN2, "/a", false));
    assertThat(two.names()).containsExactlyInAnyOrder("x", "é");
    assertThat(two.stat()).isEqualTo(h.stat("/a"));
    assertThat(h.read(new Request.GetAcl("/a"))).isEqualTo(new Reply.OfAcl(Acl.OPEN, h.stat("/a")));
    assertThat(h.read(new Request.GetAllChildrenNumber("/a"))).isEqualTo(new Reply.OfNumber(2));
    assertThat(h.read(new Request.GetAllChildrenNumber("/a/x"))).isEqualTo(new Reply.OfNumber(0));
    // Apache: all keys of its map but "" and "/".
    assertThat(h.read(new Request.GetAllChildrenNumber("/"))).isEqualTo(new Reply.OfNumber(7));
    assertThat(h.read(new Request.GetData("", false))).isInstanceOf(Reply.OfData.class);
  }

  @Test
  void whatIsMissingOrMalformed() {
    for (String path : new String[] {"/missing", "a", "/a/", "//a", "/a//x", "/a/missing/x"}) {
      assertThat(h.read(new Request.Exists(path, false))).as(path).isEqualTo(NO_NODE);
      assertThat(h.read(new Request.GetData(path, false))).as(path).isEqualTo(NO_NODE);
      assertThat(h.read(new Request.GetChildren(OpCode.GET_CHILDREN, path, false)))
          .isEqualTo(NO_NODE);
      assertThat(h.read(new Request.GetAcl(path))).isEqualTo(NO_NODE);
      assertThat(h.read(new Request.GetAllChildrenNumber(path))).isEqualTo(NO_NODE);
    }
    assertThat(h.read(new Request.Exists("/a\0", false))).isEqualTo(BAD_ARGUMENTS);
    assertThat(h.read(new Request.GetData("/a\0", false))).isEqualTo(NO_NODE);
  }

  @Test
  void whatMayNotBeRead() {
    assertThat(h.read(new Request.Exists("/closed", false))).isEqualTo(NO_AUTH);
    assertThat(h.read(new Request.GetData("/closed", false))).isEqualTo(NO_AUTH);
    assertThat(h.read(new Request.GetChildren(OpCode.GET_CHILDREN, "/closed", false)))
        .isEqualTo(NO_AUTH);
    assertThat(h.read(new Request.GetAcl("/closed"))).isEqualTo(NO_AUTH);
    assertThat(h.read(new Request.GetAllChildrenNumber("/closed"))).isEqualTo(NO_AUTH);
  }

  @Test
  void passwordsAreMaskedForThoseWhoMayNotSetThem() {
    Reply.OfAcl whole =
        (Reply.OfAcl) h.as(Harness.SESSION, ALICE).read(new Request.GetAcl("/closed"));
    assertThat(whole.acl()).containsExactly(new Acl(Acl.ALL, ALICE), new Acl(Acl.READ, BOB));
    Reply.OfAcl masked =
        (Reply.OfAcl) h.as(Harness.SESSION, BOB).read(new Request.GetAcl("/closed"));
    assertThat(masked.acl())
        .containsExactly(
            new Acl(Acl.ALL, new Id("digest", "alice:x")),
            new Acl(Acl.READ, new Id("digest", "bob:x")));
    assertThat(masked.stat()).isEqualTo(h.stat("/closed"));
  }

  @Test
  void ephemeralsOfTheOwnSession() {
    h.create("/a/e1", CreateMode.EPHEMERAL);
    h.create("/e2", CreateMode.EPHEMERAL);
    h.open(0x200);
    h.as(0x200).create("/other", CreateMode.EPHEMERAL);
    h.as(Harness.SESSION);
    for (String all : new String[] {"/", "", " / ", "  "}) {
      assertThat(((Reply.OfNames) h.read(new Request.GetEphemerals(all))).names())
          .containsExactlyInAnyOrder("/a/e1", "/e2");
    }
    assertThat(((Reply.OfNames) h.read(new Request.GetEphemerals("/a"))).names())
        .containsExactly("/a/e1");
    assertThat(((Reply.OfNames) h.as(0x300).read(new Request.GetEphemerals("/"))).names())
        .isEmpty();
  }

  @Test
  void aMultiReadAnswersEachByItself() {
    Reply.OfMulti multi =
        (Reply.OfMulti)
            h.read(
                new Request.MultiRead(
                    List.of(
                        new Request.GetData("/missing", false),
                        new Request.GetChildren(OpCode.GET_CHILDREN, "/closed", false),
                        new Request.GetChildren(OpCode.GET_CHILDREN, "/a/x", false),
                        new Request.GetData("/a/x", false))));
    assertThat(multi.results().get(0)).isEqualTo(OpResult.refused(NO_NODE));
    assertThat(multi.results().get(1)).isEqualTo(OpResult.refused(NO_AUTH));
    assertThat(multi.results().get(2))
        .isEqualTo(new OpResult(OpCode.GET_CHILDREN, OK, new Reply.OfNames(List.of())));
    assertThat(multi.results().get(3).op()).isEqualTo(OpCode.GET_DATA);
    assertThat(h.read(new Request.MultiRead(List.of()))).isEqualTo(new Reply.OfMulti(List.of()));
    assertThat(h.read(new Request.MultiRead(List.of(new Request.Delete("/a", -1)))))
        .isEqualTo(MARSHALLING_ERROR);
  }
}
