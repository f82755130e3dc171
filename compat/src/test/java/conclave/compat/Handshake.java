package conclave.compat;

import static conclave.compat.Jute.jute;

/** The first frame that a client sends. */
record Handshake(long lastZxidSeen, int timeoutMs, long sessionId, byte[] password, Form form) {

  /** What follows the password. */
  enum Form {
    /** Clients before 3.4 end here. */
    OLD,
    /** One byte more: whether a read-only server will do. */
    NEW,
    NEW_READ_ONLY
  }

  static final int TIMEOUT_MS = 120_000;

  static Handshake fresh() {
    return new Handshake(0, TIMEOUT_MS, 0, new byte[16], Form.NEW);
  }

  static Handshake resume(Session session) {
    return new Handshake(0, session.timeoutMs(), session.id(), session.password(), Form.NEW);
  }

  Handshake withTimeoutMs(int value) {
    return new Handshake(lastZxidSeen, value, sessionId, password, form);
  }

  Handshake withLastZxidSeen(long value) {
    return new Handshake(value, timeoutMs, sessionId, password, form);
  }

  Handshake withPassword(byte[] value) {
    return new Handshake(lastZxidSeen, timeoutMs, sessionId, value, form);
  }

  Handshake withForm(Form value) {
    return new Handshake(lastZxidSeen, timeoutMs, sessionId, password, value);
  }

  byte[] bytes() {
    Jute record =
        jute().int32(0).int64(lastZxidSeen).int32(timeoutMs).int64(sessionId).buffer(password);
    if (form != Form.OLD) {
      record.bool(form == Form.NEW_READ_ONLY);
    }
    return record.bytes();
  }
}
