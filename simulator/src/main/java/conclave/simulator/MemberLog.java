package conclave.simulator;

/** What a member has logged, over all its processes, as its surroundings have seen it. */
final class MemberLog {

  /** All entries behind {@link #base}. */
  private final ZxidTable entries = new ZxidTable();

  /** The state began with this one: with a snapshot from a leader, or with nothing. */
  private long base;

  private long durable;

  /** The newest that it has told a leader to have. */
  private long acknowledged;

  long base() {
    return base;
  }

  ZxidTable entries() {
    return entries;
  }

  long last() {
    return entries.isEmpty() ? base : entries.last();
  }

  long durableZxid() {
    return durable;
  }

  long acknowledged() {
    return acknowledged;
  }

  /** Whether its disk has that transaction for certain. */
  boolean hasDurably(long zxid, long hash) {
    return zxid <= durable && (zxid <= base || entries.has(zxid, hash));
  }

  void appended(long zxid, long hash) {
    entries.add(zxid, hash);
  }

  void durable(long zxid) {
    durable = Math.max(durable, zxid);
  }

  void acknowledged(long zxid) {
    acknowledged = Math.max(acknowledged, zxid);
  }

  /** From now on everything behind that may be gone from the disk. */
  void truncating(long zxid) {
    int index = entries.indexBehind(zxid) - 1;
    long stays = index >= 0 ? entries.zxid(index) : Math.min(base, zxid);
    durable = Math.min(durable, stays);
    acknowledged = Math.min(acknowledged, stays);
  }

  /** Everything behind that is gone from the disk. */
  void truncated(long zxid) {
    entries.cut(zxid);
    if (entries.isEmpty()) {
      base = Math.min(base, zxid);
    }
    durable = last();
    acknowledged = Math.min(acknowledged, last());
  }

  /** Another state has taken the place of the one before. */
  void installed(long zxid) {
    entries.clear();
    base = zxid;
    durable = zxid;
    acknowledged = zxid;
  }

  /** A new process has found everything up to there. */
  void recovered(long zxid) {
    entries.cut(zxid);
    durable = zxid;
  }
}
