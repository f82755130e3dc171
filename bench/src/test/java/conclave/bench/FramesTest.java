package conclave.bench;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.protocol.Acl;
import conclave.protocol.ConnectRequest;
import conclave.protocol.JuteReader;
import conclave.protocol.JuteWriter;
import conclave.protocol.OpCode;
import conclave.protocol.Request;
import conclave.protocol.Xid;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The generator's own encoder says the same as the protocol room's. */
final class FramesTest {
  private static final byte[] DATA = {1, 2, 3};

  @Test
  void aConnectionBeginsLikeAClients() {
    JuteWriter expected = new JuteWriter();
    new ConnectRequest(0, 0, 30_000, 0, new byte[16], false).write(expected);

    assertThat(bodyOf(Frames.connect(30_000))).isEqualTo(expected.toByteArray());
  }

  @Test
  void aSessionIsTakenUpAgainLikeAClients() {
    byte[] password = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    JuteWriter expected = new JuteWriter();
    new ConnectRequest(0, 77, 30_000, 0x123, password, false).write(expected);

    assertThat(bodyOf(Frames.connect(30_000, 77, 0x123, password)))
        .isEqualTo(expected.toByteArray());
  }

  @Test
  void requestsAreThoseOfTheProtocol() {
    assertThat(Frames.getData(7, "/a", true)).isEqualTo(frame(7, new Request.GetData("/a", true)));
    assertThat(Frames.setData(8, "/a", DATA))
        .isEqualTo(frame(8, new Request.SetData("/a", DATA, -1)));
    assertThat(Frames.create(9, "/a", DATA, false))
        .isEqualTo(frame(9, new Request.Create(OpCode.CREATE, "/a", DATA, Acl.OPEN, 0, 0)));
    assertThat(Frames.create(9, "/a", DATA, true))
        .isEqualTo(frame(9, new Request.Create(OpCode.CREATE, "/a", DATA, Acl.OPEN, 1, 0)));
    assertThat(Frames.addPersistentWatch(10, "/a"))
        .isEqualTo(frame(10, new Request.AddWatch("/a", Request.AddWatch.PERSISTENT)));
    assertThat(Frames.sync(10, "/a")).isEqualTo(frame(10, new Request.Sync("/a")));
    assertThat(Frames.getChildren(10, "/a"))
        .isEqualTo(frame(10, new Request.GetChildren(OpCode.GET_CHILDREN, "/a", false)));
    assertThat(Frames.closeSession(11)).isEqualTo(frame(11, new Request.CloseSession()));
    assertThat(Frames.ping()).isEqualTo(frame(Xid.PING, new Request.Ping()));
  }

  @Test
  void aMultiHoldsItsSetsInOrder() {
    Request expected =
        new Request.Multi(
            List.of(new Request.SetData("/a", DATA, -1), new Request.SetData("/b", DATA, -1)));

    assertThat(Frames.multiSet(12, List.of("/a", "/b"), DATA)).isEqualTo(frame(12, expected));
  }

  @Test
  void aPatchedXidIsTheOnlyDifference() {
    byte[] frame = Frames.getData(0, "/a", false);
    Frames.patchXid(frame, 99);

    assertThat(frame).isEqualTo(Frames.getData(99, "/a", false));
  }

  @Test
  void creationsAreNumberedUnderTheirParentsInTurn() {
    Requests creates = Requests.creates(List.of("/p", "/q"), DATA);
    for (int i = 0; i < Requests.Creates.CHILDREN_PER_PARENT; i++) {
      assertThat(pathOf(creates.next(0, 1))).isEqualTo(String.format("/p/n%08d", i));
    }

    assertThat(pathOf(creates.next(0, 1))).isEqualTo("/q/n00001000");
  }

  @Test
  void eachConnectionGoesRoundItsOwnZnodes() {
    Requests gets = Requests.gets(List.of(List.of("/a", "/b"), List.of("/c")));

    assertThat(pathOf(gets.next(0, 1))).isEqualTo("/a");
    assertThat(pathOf(gets.next(1, 1))).isEqualTo("/c");
    assertThat(pathOf(gets.next(0, 2))).isEqualTo("/b");
    assertThat(pathOf(gets.next(0, 3))).isEqualTo("/a");
    assertThat(pathOf(gets.next(1, 2))).isEqualTo("/c");
  }

  private static String pathOf(byte[] frame) {
    JuteReader in = new JuteReader(bodyOf(frame));
    in.readInt();
    OpCode op = OpCode.of(in.readInt());
    assertThat(op).isNotNull();
    return ((Request.OfPath) Request.read(op, in)).path();
  }

  private static byte[] bodyOf(byte[] frame) {
    ByteBuffer in = ByteBuffer.wrap(frame);
    assertThat(in.getInt()).isEqualTo(in.remaining());
    byte[] body = new byte[in.remaining()];
    in.get(body);
    return body;
  }

  private static byte[] frame(int xid, Request request) {
    JuteWriter out = new JuteWriter();
    out.writeInt(0);
    out.writeInt(xid);
    out.writeInt(request.op().code());
    request.write(out);
    out.putInt(0, out.length() - 4);
    return out.toByteArray();
  }
}
