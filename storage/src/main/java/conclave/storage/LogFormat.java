package conclave.storage;

import conclave.protocol.JuteWriter;

/**
 * The bytes of a log file, as Apache writes and reads them.
 *
 * <pre>
 * "ZKLG" int, version 2 int, database id 0 long       the header
 * Adler32 of the entry long, length int, entry, 0x42   an entry, again and again
 * zeros                                                room made ahead
 * </pre>
 */
final class LogFormat {
  static final int MAGIC = 0x5a4b4c47;
  static final int VERSION = 2;
  static final int HEADER_LENGTH = 16;

  /** What stands before an entry: its checksum and its length. */
  static final int PREFIX_LENGTH = 12;

  static final int ENTRY_END = 0x42;

  /** Session, number in it, zxid, time and type: no entry is shorter. */
  static final int SHORTEST_ENTRY = 32;

  /** Where in an entry its zxid is. */
  static final int ZXID_AT = 12;

  private LogFormat() {}

  static void writeHeader(JuteWriter out) {
    out.writeInt(MAGIC);
    out.writeInt(VERSION);
    out.writeLong(0);
  }
}
