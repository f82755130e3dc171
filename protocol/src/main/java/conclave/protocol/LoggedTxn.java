package conclave.protocol;

import org.jspecify.annotations.Nullable;

/**
 * A transaction with its header and, where the maker computed it, the digest of the tree after it:
 * the content of a log entry and of a PROPOSAL.
 *
 * <pre>
 * clientId long, cxid int, zxid long, time long, type int   the header
 * the record, by type
 * version int, treeDigest long                              the digest, if there
 * </pre>
 */
public record LoggedTxn(TxnHeader header, Txn txn, @Nullable TxnDigest digest) {

  public long zxid() {
    return header.zxid();
  }

  public void write(JuteWriter out) {
    out.writeLong(header.clientId());
    out.writeInt(header.cxid());
    out.writeLong(header.zxid());
    out.writeLong(header.timeMs());
    out.writeInt(txn.type().code());
    txn.write(out);
    if (digest != null) {
      out.writeInt(digest.version());
      out.writeLong(digest.treeDigest());
    }
  }

  /** Reads a transaction that fills the reader. */
  public static LoggedTxn read(JuteReader in) {
    long clientId = in.readLong();
    int cxid = in.readInt();
    TxnHeader header = new TxnHeader(clientId, cxid, in.readLong(), in.readLong());
    int code = in.readInt();
    OpCode type = OpCode.of(code);
    if (type == null) {
      throw new MalformedRecordException("transaction type=" + code);
    }
    Txn txn = Txn.read(type, in);
    TxnDigest digest =
        in.remaining() >= TxnDigest.LENGTH ? new TxnDigest(in.readInt(), in.readLong()) : null;
    return new LoggedTxn(header, txn, digest);
  }
}
