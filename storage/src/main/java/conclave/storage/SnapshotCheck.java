package conclave.storage;

import conclave.protocol.Acl;
import conclave.protocol.BigEndian;
import conclave.protocol.MalformedRecordException;
import conclave.state.StoredStat;
import java.util.Arrays;
import java.util.List;

/** Takes a snapshot to nowhere, for the sake of its checksums. Counts the znodes. */
final class SnapshotCheck implements SnapshotTarget {
  private static final byte[] END = {0, 0, 0, 1, '/'};

  /** What follows a znode's data: the number of its ACL, and the stat. */
  private static final int REST_LENGTH = 8 + StoredStat.LENGTH;

  private int nodeCount;
  private boolean ended;

  int nodeCount() {
    return nodeCount;
  }

  @Override
  public void session(long id, int timeoutMs) {}

  @Override
  public void acl(long number, List<Acl> acl) {}

  @Override
  public int nodes(byte[] bytes, int from, int to) {
    int at = from;
    while (!ended && to - at >= END.length) {
      if (Arrays.equals(bytes, at, at + END.length, END, 0, END.length)) {
        ended = true;
        return at + END.length;
      }
      long dataAt = skip(bytes, at, to, 0);
      long restAt = dataAt < 0 ? -1 : skip(bytes, (int) dataAt, to, -1);
      if (restAt < 0 || to - restAt < REST_LENGTH) {
        return at;
      }
      nodeCount++;
      at = (int) restAt + REST_LENGTH;
    }
    return at;
  }

  /** The index behind the string or buffer at {@code at}; &minus;1 when it isn't whole. */
  static long skip(byte[] bytes, int at, int to, int least) {
    if (to - at < 4) {
      return -1;
    }
    int length = BigEndian.getInt(bytes, at);
    if (length < least) {
      throw new MalformedRecordException("length=" + length);
    }
    long end = at + 4L + Math.max(0, length);
    return end <= to ? end : -1;
  }

  @Override
  public boolean ended() {
    return ended;
  }

  @Override
  public void digest(long zxid, int version, long digest) {}
}
