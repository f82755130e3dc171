package conclave.compat;

/** The server's answer to a handshake. */
record Session(int protocolVersion, int timeoutMs, long id, byte[] password, byte[] tail) {

  static Session read(byte[] frame) {
    JuteReader reader = new JuteReader(frame);
    int protocolVersion = reader.int32();
    int timeoutMs = reader.int32();
    long id = reader.int64();
    byte[] password = reader.buffer();
    if (password == null) {
      throw new IllegalStateException("no password in " + Hex.of(frame));
    }
    return new Session(protocolVersion, timeoutMs, id, password, reader.rest());
  }
}
