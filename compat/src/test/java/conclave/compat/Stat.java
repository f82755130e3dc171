package conclave.compat;

/** A node's status as on the wire. */
record Stat(
    long czxid,
    long mzxid,
    long ctime,
    long mtime,
    int version,
    int cversion,
    int aversion,
    long ephemeralOwner,
    int dataLength,
    int numChildren,
    long pzxid) {

  byte[] bytes() {
    return Jute.jute()
        .int64(czxid)
        .int64(mzxid)
        .int64(ctime)
        .int64(mtime)
        .int32(version)
        .int32(cversion)
        .int32(aversion)
        .int64(ephemeralOwner)
        .int32(dataLength)
        .int32(numChildren)
        .int64(pzxid)
        .bytes();
  }
}
