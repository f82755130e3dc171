package conclave.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.apache.jute.BinaryOutputArchive;
import org.apache.jute.Record;
import org.apache.zookeeper.MultiOperationRecord;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.proto.AddWatchRequest;
import org.apache.zookeeper.proto.AuthPacket;
import org.apache.zookeeper.proto.CheckVersionRequest;
import org.apache.zookeeper.proto.CheckWatchesRequest;
import org.apache.zookeeper.proto.CreateRequest;
import org.apache.zookeeper.proto.CreateTTLRequest;
import org.apache.zookeeper.proto.DeleteRequest;
import org.apache.zookeeper.proto.ExistsRequest;
import org.apache.zookeeper.proto.GetACLRequest;
import org.apache.zookeeper.proto.GetAllChildrenNumberRequest;
import org.apache.zookeeper.proto.GetChildren2Request;
import org.apache.zookeeper.proto.GetChildrenRequest;
import org.apache.zookeeper.proto.GetDataRequest;
import org.apache.zookeeper.proto.GetEphemeralsRequest;
import org.apache.zookeeper.proto.GetSASLRequest;
import org.apache.zookeeper.proto.ReconfigRequest;
import org.apache.zookeeper.proto.RemoveWatchesRequest;
import org.apache.zookeeper.proto.SetACLRequest;
import org.apache.zookeeper.proto.SetDataRequest;
import org.apache.zookeeper.proto.SetWatches;
import org.apache.zookeeper.proto.SetWatches2;
import org.apache.zookeeper.proto.SyncRequest;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class RequestBytesTest {
  private static final byte[] DATA = {1, 0, -1, 66};
  private static final String ODD_PATH = "/a/ü/語/\uD83D\uDE00";
  private static final List<Acl> ACL =
      List.of(new Acl(Acl.ALL, Id.ANYONE), new Acl(Acl.READ, new Id("ip", "10.0.0.0/8")));
  private static final List<org.apache.zookeeper.data.ACL> APACHE_ACL =
      List.of(
          new org.apache.zookeeper.data.ACL(
              31, new org.apache.zookeeper.data.Id("world", "anyone")),
          new org.apache.zookeeper.data.ACL(
              1, new org.apache.zookeeper.data.Id("ip", "10.0.0.0/8")));

  static Stream<Arguments> requests() {
    return Stream.of(
        Arguments.of(
            new Request.Create(OpCode.CREATE, "/a", DATA, ACL, 3, 0),
            new CreateRequest("/a", DATA, APACHE_ACL, 3)),
        Arguments.of(
            new Request.Create(OpCode.CREATE2, "/a", null, ACL, 0, 0),
            new CreateRequest("/a", null, APACHE_ACL, 0)),
        Arguments.of(
            new Request.Create(OpCode.CREATE_TTL, "/a", DATA, List.of(), 5, 77L),
            new CreateTTLRequest("/a", DATA, List.of(), 5, 77L)),
        Arguments.of(new Request.Delete("/a", -1), new DeleteRequest("/a", -1)),
        Arguments.of(new Request.Exists("/a", true), new ExistsRequest("/a", true)),
        Arguments.of(new Request.GetData("/a/b", false), new GetDataRequest("/a/b", false)),
        Arguments.of(new Request.SetData("/a", DATA, 7), new SetDataRequest("/a", DATA, 7)),
        Arguments.of(new Request.GetAcl("/a"), new GetACLRequest("/a")),
        Arguments.of(new Request.SetAcl("/a", ACL, 2), new SetACLRequest("/a", APACHE_ACL, 2)),
        Arguments.of(
            new Request.GetChildren(OpCode.GET_CHILDREN, "/", true),
            new GetChildrenRequest("/", true)),
        Arguments.of(
            new Request.GetChildren(OpCode.GET_CHILDREN2, "/", false),
            new GetChildren2Request("/", false)),
        Arguments.of(new Request.Sync("/ü"), new SyncRequest("/ü")),
        Arguments.of(new Request.Check("/a", 3), new CheckVersionRequest("/a", 3)),
        Arguments.of(
            new Request.Reconfig("j", null, "n", 5), new ReconfigRequest("j", null, "n", 5)),
        Arguments.of(
            new Request.Watches(OpCode.CHECK_WATCHES, "/a", 1), new CheckWatchesRequest("/a", 1)),
        Arguments.of(
            new Request.Watches(OpCode.REMOVE_WATCHES, "/a", 3), new RemoveWatchesRequest("/a", 3)),
        Arguments.of(new Request.Auth(0, "digest", DATA), new AuthPacket(0, "digest", DATA)),
        Arguments.of(
            new Request.SetWatches(
                OpCode.SET_WATCHES,
                9,
                List.of("/a"),
                List.of(),
                List.of("/b", "/c"),
                List.of(),
                List.of()),
            new SetWatches(9, List.of("/a"), List.of(), List.of("/b", "/c"))),
        Arguments.of(
            new Request.SetWatches(
                OpCode.SET_WATCHES2,
                9,
                List.of("/a"),
                List.of("/x"),
                List.of("/b"),
                List.of("/p"),
                List.of("/r", "/")),
            new SetWatches2(
                9, List.of("/a"), List.of("/x"), List.of("/b"), List.of("/p"), List.of("/r", "/"))),
        Arguments.of(new Request.Sasl(DATA), new GetSASLRequest(DATA)),
        Arguments.of(new Request.GetEphemerals("/"), new GetEphemeralsRequest("/")),
        Arguments.of(new Request.GetAllChildrenNumber("/"), new GetAllChildrenNumberRequest("/")),
        Arguments.of(new Request.AddWatch("/a", 1), new AddWatchRequest("/a", 1)),
        Arguments.of(
            new Request.Multi(
                List.of(
                    new Request.Create(OpCode.CREATE, "/m", DATA, ACL, 0, 0),
                    new Request.Delete("/m", 0),
                    new Request.SetData("/n", null, -1),
                    new Request.Check("/c", 4))),
            new MultiOperationRecord(
                List.of(
                    Op.create("/m", DATA, APACHE_ACL, 0),
                    Op.delete("/m", 0),
                    Op.setData("/n", null, -1),
                    Op.check("/c", 4)))),
        Arguments.of(
            new Request.MultiRead(
                List.of(
                    new Request.GetData("/m", false),
                    new Request.GetChildren(OpCode.GET_CHILDREN, "/n", false))),
            new MultiOperationRecord(List.of(Op.getData("/m"), Op.getChildren("/n")))));
  }

  @ParameterizedTest
  @MethodSource("requests")
  void areApachesBytesBothWays(Request ours, Record apaches) {
    byte[] expected = ApacheJute.bytesOf(apaches);

    assertThat(written(ours)).isEqualTo(expected);
    JuteReader in = new JuteReader(expected);
    Request read = Request.read(ours.op(), in);
    assertThat(in.remaining()).isZero();
    assertThat(written(read)).isEqualTo(expected);
    assertThat(read).usingRecursiveComparison().isEqualTo(ours);
  }

  @ParameterizedTest
  @MethodSource("requests")
  void everyTruncationIsRefused(Request ours, Record apaches) {
    byte[] whole = ApacheJute.bytesOf(apaches);
    for (int length = 0; length < whole.length; length++) {
      JuteReader in = new JuteReader(whole, 0, length);
      assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> Request.read(ours.op(), in)))
          .as("%s cut to %s of %s bytes", ours.op(), length, whole.length)
          .isInstanceOf(MalformedRecordException.class);
    }
  }

  /** Apache's writer encodes each UTF-16 unit by itself (ZOOKEEPER-4306); so does ours. */
  @org.junit.jupiter.api.Test
  void stringsAreWrittenUnitByUnit() throws IOException {
    ByteArrayOutputStream apache = new ByteArrayOutputStream();
    BinaryOutputArchive.getArchive(apache).writeString(ODD_PATH, "path");
    JuteWriter ours = new JuteWriter(1);

    ours.writeString(ODD_PATH);

    assertThat(ours.toByteArray()).isEqualTo(apache.toByteArray());
  }

  private static byte[] written(Request request) {
    JuteWriter out = new JuteWriter(1);
    request.write(out);
    return out.toByteArray();
  }
}
