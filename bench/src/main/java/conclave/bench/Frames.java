package conclave.bench;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Complete request frames, encoded before the clock runs. They are written by hand so that the load
 * generator shares no code with either server; the tests compare them with the protocol room's.
 */
final class Frames {
  static final int XID_OFFSET = 4;
  static final int PATH_OFFSET = 16;
  static final int REPLY_ERROR_OFFSET = 16;
  static final int REPLY_ZXID_OFFSET = 8;
  static final int REPLY_BODY_OFFSET = 20;
  static final int REPLY_HEADER_BYTES = 16;
  static final int PASSWORD_BYTES = 16;

  static final int NOTIFICATION_XID = -1;
  static final int PING_XID = -2;

  private static final int CREATE = 1;
  private static final int GET_DATA = 4;
  private static final int SET_DATA = 5;
  private static final int GET_CHILDREN = 8;
  private static final int SYNC = 9;
  private static final int PING = 11;
  private static final int MULTI = 14;
  private static final int ADD_WATCH = 106;
  private static final int CLOSE_SESSION = -11;
  private static final int ALL_PERMISSIONS = 31;

  private Frames() {}

  static byte[] connect(int timeoutMs) {
    return connect(timeoutMs, 0, 0, new byte[PASSWORD_BYTES]);
  }

  /** For a session that is there already; id 0 asks for a new one. */
  static byte[] connect(int timeoutMs, long lastZxid, long sessionId, byte[] password) {
    Writer out = new Writer(64);
    out.putInt(0).putLong(lastZxid).putInt(timeoutMs).putLong(sessionId);
    out.putBytes(password).putBoolean(false);
    return out.frame();
  }

  static byte[] getChildren(int xid, String path) {
    return request(xid, GET_CHILDREN, path.length()).putString(path).putBoolean(false).frame();
  }

  static byte[] sync(int xid, String path) {
    return request(xid, SYNC, path.length()).putString(path).frame();
  }

  static byte[] getData(int xid, String path, boolean watch) {
    Writer out = request(xid, GET_DATA, path.length());
    return out.putString(path).putBoolean(watch).frame();
  }

  static byte[] setData(int xid, String path, byte[] data) {
    Writer out = request(xid, SET_DATA, path.length() + data.length);
    return out.putString(path).putBytes(data).putInt(-1).frame();
  }

  static byte[] create(int xid, String path, byte[] data, boolean ephemeral) {
    Writer out = request(xid, CREATE, path.length() + data.length);
    out.putString(path).putBytes(data);
    out.putInt(1).putInt(ALL_PERMISSIONS).putString("world").putString("anyone");
    return out.putInt(ephemeral ? 1 : 0).frame();
  }

  static byte[] multiSet(int xid, List<String> paths, byte[] data) {
    int room = paths.stream().mapToInt(path -> path.length() + data.length + 32).sum();
    Writer out = request(xid, MULTI, room);
    for (String path : paths) {
      out.putInt(SET_DATA).putBoolean(false).putInt(-1);
      out.putString(path).putBytes(data).putInt(-1);
    }
    return out.putInt(-1).putBoolean(true).putInt(-1).frame();
  }

  static byte[] addPersistentWatch(int xid, String path) {
    return request(xid, ADD_WATCH, path.length()).putString(path).putInt(0).frame();
  }

  static byte[] ping() {
    return request(PING_XID, PING, 0).frame();
  }

  static byte[] closeSession(int xid) {
    return request(xid, CLOSE_SESSION, 0).frame();
  }

  static void patchXid(byte[] frame, int xid) {
    ByteBuffer.wrap(frame).putInt(XID_OFFSET, xid);
  }

  private static Writer request(int xid, int type, int room) {
    return new Writer(room + 128).putInt(xid).putInt(type);
  }

  private static final class Writer {
    private final ByteBuffer out;

    Writer(int capacity) {
      out = ByteBuffer.allocate(capacity).putInt(0);
    }

    Writer putInt(int value) {
      out.putInt(value);
      return this;
    }

    Writer putLong(long value) {
      out.putLong(value);
      return this;
    }

    Writer putBoolean(boolean value) {
      out.put((byte) (value ? 1 : 0));
      return this;
    }

    Writer putBytes(byte[] value) {
      out.putInt(value.length).put(value);
      return this;
    }

    Writer putString(String value) {
      return putBytes(value.getBytes(StandardCharsets.UTF_8));
    }

    byte[] frame() {
      out.putInt(0, out.position() - Integer.BYTES).flip();
      byte[] frame = new byte[out.remaining()];
      out.get(frame);
      return frame;
    }
  }
}
