package conclave.storage;

import conclave.protocol.Acl;
import conclave.protocol.BigEndian;
import conclave.protocol.Id;
import conclave.protocol.MalformedRecordException;
import conclave.state.Restore;
import conclave.state.StateMachine;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A snapshot on its way from a leader: takes what stands behind a SNAP packet in whatever pieces it
 * arrives, and makes a state machine of it. Of an item that isn't whole yet it keeps the bytes that
 * are there, and never makes room for more on the word of a length.
 *
 * <p>An Apache leader goes on applying transactions while it sends, so its stream may have effects
 * of some that come after the SNAP's zxid; they are sent again behind it and applied again, which
 * changes nothing. Digests say nothing until then.
 *
 * <p>Not thread-safe. After a {@link MalformedRecordException} it is of no more use.
 */
public final class SnapshotStreamDecoder {
  private static final int MOST_ACL_ENTRIES = 1 << 20;
  private static final byte[] SIGNATURE = signature();

  private enum Part {
    SESSION_COUNT,
    SESSIONS,
    ACL_COUNT,
    ACLS,
    ACL_ENTRIES,
    NODES,
    SIGNATURE,
    DONE
  }

  private final Restore restore;
  private final int maxItemBytes;
  private Part part = Part.SESSION_COUNT;

  /** Sessions or ACLs that are still to come. */
  private int left;

  private long aclNumber;
  private int aclEntriesLeft;
  private List<Acl> acl = List.of();

  /** What came of an item that isn't whole yet: the first {@link #keptLength} bytes. */
  private byte[] kept = {};

  private int keptLength;
  private long bytesTaken;

  /**
   * @param restore a new one
   * @param maxItemBytes the longest path, data, scheme or id that is believed
   */
  public SnapshotStreamDecoder(Restore restore, int maxItemBytes) {
    this.restore = restore;
    this.maxItemBytes = maxItemBytes;
  }

  /**
   * Takes the next bytes.
   *
   * @return how many of them belong to the stream: all, unless it ends among them
   * @throws MalformedRecordException when this is not the stream of a whole tree
   */
  public int feed(byte[] bytes, int offset, int length) {
    int left =
        keptLength == 0 ? feedFrom(bytes, offset, length) : feedBehindKept(bytes, offset, length);
    bytesTaken += length - left;
    return length - left;
  }

  /** Whether all has come. */
  public boolean isDone() {
    return part == Part.DONE;
  }

  /** How much of the stream has come. */
  public long bytesTaken() {
    return bytesTaken;
  }

  /**
   * The state machine.
   *
   * @param zxid that of the SNAP packet
   */
  public StateMachine finish(long zxid) {
    if (!isDone()) {
      throw new IllegalStateException("part=" + part + " bytesTaken=" + bytesTaken);
    }
    return restore.finish(zxid);
  }

  /** Returns how many bytes behind the end of the stream there are. */
  private int feedFrom(byte[] bytes, int offset, int length) {
    int to = offset + length;
    int at = parse(bytes, offset, to);
    if (isDone()) {
      return to - at;
    }
    keptLength = to - at;
    if (keptLength > kept.length) {
      kept = new byte[Math.max(keptLength, 512)];
    }
    System.arraycopy(bytes, at, kept, 0, keptLength);
    return 0;
  }

  private int feedBehindKept(byte[] bytes, int offset, int length) {
    int to = keptLength + length;
    if (to > kept.length) {
      kept = Arrays.copyOf(kept, Math.max(to, 2 * kept.length));
    }
    System.arraycopy(bytes, offset, kept, keptLength, length);
    int at = parse(kept, 0, to);
    if (isDone()) {
      keptLength = 0;
      return to - at;
    }
    keptLength = to - at;
    System.arraycopy(kept, at, kept, 0, keptLength);
    return 0;
  }

  /** Parses all items that are whole; returns the index of the first byte that was not used. */
  private int parse(byte[] b, int from, int to) {
    int at = from;
    while (part != Part.DONE) {
      int next = step(b, at, to);
      if (next < 0) {
        return at;
      }
      at = next;
    }
    return at;
  }

  /** Parses one item; returns the index behind it, or &minus;1 when it isn't whole. */
  private int step(byte[] b, int at, int to) {
    return switch (part) {
      case SESSION_COUNT -> count(b, at, to, Part.SESSIONS);
      case SESSIONS -> session(b, at, to);
      case ACL_COUNT -> count(b, at, to, Part.ACLS);
      case ACLS -> acl(b, at, to);
      case ACL_ENTRIES -> aclEntry(b, at, to);
      case NODES -> nodes(b, at, to);
      case SIGNATURE -> signature(b, at, to);
      case DONE -> -1;
    };
  }

  private int count(byte[] b, int at, int to, Part next) {
    if (to - at < 4) {
      return -1;
    }
    left = BigEndian.getInt(b, at);
    if (left < 0) {
      throw new MalformedRecordException("part=" + part + " count=" + left);
    }
    part = next;
    return at + 4;
  }

  private int session(byte[] b, int at, int to) {
    if (left == 0) {
      part = Part.ACL_COUNT;
      return at;
    }
    if (to - at < 12) {
      return -1;
    }
    restore.session(BigEndian.getLong(b, at), BigEndian.getInt(b, at + 8));
    left--;
    return at + 12;
  }

  private int acl(byte[] b, int at, int to) {
    if (left == 0) {
      part = Part.NODES;
      return at;
    }
    if (to - at < 12) {
      return -1;
    }
    aclNumber = BigEndian.getLong(b, at);
    aclEntriesLeft = BigEndian.getInt(b, at + 8);
    if (aclEntriesLeft < 0 || aclEntriesLeft > MOST_ACL_ENTRIES) {
      throw new MalformedRecordException("ACL of count=" + aclEntriesLeft);
    }
    acl = new ArrayList<>(Math.min(aclEntriesLeft, 16));
    part = Part.ACL_ENTRIES;
    return at + 12;
  }

  private int aclEntry(byte[] b, int at, int to) {
    if (aclEntriesLeft == 0) {
      restore.acl(aclNumber, acl);
      left--;
      part = Part.ACLS;
      return at;
    }
    int idAt = to - at < 4 ? -1 : behindString(b, at + 4, to);
    int end = idAt < 0 ? -1 : behindString(b, idAt, to);
    if (end < 0) {
      return -1;
    }
    Id id = new Id(string(b, at + 8, idAt), string(b, idAt + 4, end));
    acl.add(new Acl(BigEndian.getInt(b, at), id));
    aclEntriesLeft--;
    return end;
  }

  /** The index behind the string at {@code at}; &minus;1 when it isn't whole. */
  private int behindString(byte[] b, int at, int to) {
    if (to - at < 4) {
      return -1;
    }
    int length = BigEndian.getInt(b, at);
    checkLength(length, 0);
    return length <= to - at - 4 ? at + 4 + length : -1;
  }

  private static String string(byte[] b, int from, int to) {
    return new String(b, from, to - from, StandardCharsets.UTF_8);
  }

  private int nodes(byte[] b, int at, int to) {
    int next = restore.nodes(b, at, to);
    if (restore.ended()) {
      part = Part.SIGNATURE;
      return next;
    }
    checkLengths(b, next, to);
    return next == at ? -1 : next;
  }

  /** Of a znode that isn't whole yet; what makes no sense need not be waited for. */
  private void checkLengths(byte[] b, int at, int to) {
    if (to - at < 4) {
      return;
    }
    int pathLength = BigEndian.getInt(b, at);
    checkLength(pathLength, 0);
    if (to - at - 8 >= pathLength) {
      checkLength(BigEndian.getInt(b, at + 4 + pathLength), -1);
    }
  }

  private void checkLength(int length, int least) {
    if (length < least || length > maxItemBytes) {
      throw new MalformedRecordException(
          "part=" + part + " length=" + length + " most=" + maxItemBytes);
    }
  }

  private int signature(byte[] b, int at, int to) {
    int count = Math.min(to - at, SIGNATURE.length);
    if (!Arrays.equals(b, at, at + count, SIGNATURE, 0, count)) {
      throw new MalformedRecordException("no signature at the end of the stream");
    }
    if (count < SIGNATURE.length) {
      return -1;
    }
    part = Part.DONE;
    return at + count;
  }

  private static byte[] signature() {
    byte[] text = SnapshotStreamFormat.SIGNATURE.getBytes(StandardCharsets.US_ASCII);
    byte[] bytes = new byte[4 + text.length];
    BigEndian.putInt(bytes, 0, text.length);
    System.arraycopy(text, 0, bytes, 4, text.length);
    return bytes;
  }
}
