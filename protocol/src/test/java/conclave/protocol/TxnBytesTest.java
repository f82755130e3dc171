package conclave.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.stream.Stream;
import org.apache.jute.Record;
import org.apache.zookeeper.server.persistence.Util;
import org.apache.zookeeper.server.util.SerializeUtils;
import org.apache.zookeeper.txn.CheckVersionTxn;
import org.apache.zookeeper.txn.CloseSessionTxn;
import org.apache.zookeeper.txn.CreateContainerTxn;
import org.apache.zookeeper.txn.CreateSessionTxn;
import org.apache.zookeeper.txn.CreateTTLTxn;
import org.apache.zookeeper.txn.CreateTxn;
import org.apache.zookeeper.txn.DeleteTxn;
import org.apache.zookeeper.txn.ErrorTxn;
import org.apache.zookeeper.txn.MultiTxn;
import org.apache.zookeeper.txn.SetACLTxn;
import org.apache.zookeeper.txn.SetDataTxn;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class TxnBytesTest {
  private static final byte[] DATA = {5, 6, 7};
  private static final List<Acl> ACL = List.of(new Acl(Acl.READ, new Id("digest", "bob:x=")));
  private static final List<org.apache.zookeeper.data.ACL> APACHE_ACL =
      List.of(
          new org.apache.zookeeper.data.ACL(
              1, new org.apache.zookeeper.data.Id("digest", "bob:x=")));

  static Stream<Arguments> txns() {
    return Stream.of(
        Arguments.of(
            new Txn.Create(OpCode.CREATE, "/a", DATA, ACL, true, 4),
            new CreateTxn("/a", DATA, APACHE_ACL, true, 4)),
        Arguments.of(
            new Txn.Create(OpCode.CREATE2, "/a", null, ACL, false, 1),
            new CreateTxn("/a", null, APACHE_ACL, false, 1)),
        Arguments.of(
            new Txn.CreateContainer("/c", DATA, ACL, 9),
            new CreateContainerTxn("/c", DATA, APACHE_ACL, 9)),
        Arguments.of(
            new Txn.CreateTtl("/t", DATA, ACL, 9, 1000),
            new CreateTTLTxn("/t", DATA, APACHE_ACL, 9, 1000)),
        Arguments.of(new Txn.Delete(OpCode.DELETE, "/a"), new DeleteTxn("/a")),
        Arguments.of(new Txn.Delete(OpCode.DELETE_CONTAINER, "/a"), new DeleteTxn("/a")),
        Arguments.of(
            new Txn.SetData(OpCode.SET_DATA, "/a", DATA, 3), new SetDataTxn("/a", DATA, 3)),
        Arguments.of(
            new Txn.SetData(OpCode.RECONFIG, "/a", DATA, 3), new SetDataTxn("/a", DATA, 3)),
        Arguments.of(new Txn.SetAcl("/a", ACL, 3), new SetACLTxn("/a", APACHE_ACL, 3)),
        Arguments.of(new Txn.Check("/a", 3), new CheckVersionTxn("/a", 3)),
        Arguments.of(new Txn.CreateSession(30000), new CreateSessionTxn(30000)),
        Arguments.of(
            new Txn.CloseSession(List.of("/e", "/f")), new CloseSessionTxn(List.of("/e", "/f"))),
        Arguments.of(new Txn.Error(ErrorCode.NO_NODE), new ErrorTxn(-101)),
        Arguments.of(
            new Txn.Multi(
                List.of(
                    new Txn.Delete(OpCode.DELETE, "/d"),
                    new Txn.Create(OpCode.CREATE, "/d", DATA, ACL, false, 2))),
            new MultiTxn(
                List.of(
                    new org.apache.zookeeper.txn.Txn(
                        2, ByteBuffer.wrap(ApacheJute.bytesOf(new DeleteTxn("/d"))).array()),
                    new org.apache.zookeeper.txn.Txn(
                        1, ApacheJute.bytesOf(new CreateTxn("/d", DATA, APACHE_ACL, false, 2)))))));
  }

  @ParameterizedTest
  @MethodSource("txns")
  void entriesAreApachesBytesBothWays(Txn ours, Record apaches) throws Exception {
    TxnHeader header = new TxnHeader(0x10001, 7, 0x200000003L, 1_700_000_000_000L);
    TxnDigest digest = new TxnDigest(2, -5);
    var apacheHeader =
        new org.apache.zookeeper.txn.TxnHeader(
            header.clientId(), header.cxid(), header.zxid(), header.timeMs(), ours.type().code());
    byte[] expected =
        Util.marshallTxnEntry(apacheHeader, apaches, new org.apache.zookeeper.txn.TxnDigest(2, -5));

    assertThat(written(new LoggedTxn(header, ours, digest))).isEqualTo(expected);
    LoggedTxn read = LoggedTxn.read(new JuteReader(expected));
    assertThat(read).usingRecursiveComparison().isEqualTo(new LoggedTxn(header, ours, digest));
  }

  /**
   * A check is never a transaction of its own; inside a multi it is opaque bytes to this reader.
   */
  static Stream<Arguments> ownTxns() {
    return txns().filter(arguments -> !(arguments.get()[0] instanceof Txn.Check));
  }

  @ParameterizedTest
  @MethodSource("ownTxns")
  void apacheReadsOurs(Txn ours, Record apaches) throws Exception {
    byte[] bytes = written(new LoggedTxn(new TxnHeader(1, 2, 3, 4), ours, null));

    var entry = SerializeUtils.deserializeTxn(bytes);

    assertThat(entry.getHeader().getType()).isEqualTo(ours.type().code());
    assertThat(entry.getTxn()).isEqualTo(apaches);
  }

  @Test
  void aClosedSessionMayComeWithoutItsPaths() {
    LoggedTxn bare = new LoggedTxn(new TxnHeader(1, 2, 3, 4), new Txn.CloseSession(null), null);
    LoggedTxn withDigest = new LoggedTxn(bare.header(), bare.txn(), new TxnDigest(2, 99));

    assertThat(LoggedTxn.read(new JuteReader(written(bare)))).isEqualTo(bare);
    assertThat(LoggedTxn.read(new JuteReader(written(withDigest)))).isEqualTo(withDigest);
  }

  private static byte[] written(LoggedTxn txn) {
    JuteWriter out = new JuteWriter(1);
    txn.write(out);
    return out.toByteArray();
  }
}
