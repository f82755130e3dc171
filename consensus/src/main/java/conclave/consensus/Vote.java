package conclave.consensus;

/**
 * For whom a server votes.
 *
 * @param leader the server that is voted for
 * @param zxid the last one in its log
 * @param peerEpoch the epoch that it is in
 */
public record Vote(long leader, long zxid, long peerEpoch) {

  /**
   * Whether this server has the better history, or the greater number where the histories are
   * equal. The epoch goes first: a longer log of an earlier epoch has an end that a later leader
   * cut off.
   */
  public boolean beats(Vote other) {
    if (peerEpoch != other.peerEpoch) {
      return peerEpoch > other.peerEpoch;
    }
    return zxid != other.zxid ? zxid > other.zxid : leader > other.leader;
  }

  @Override
  public String toString() {
    return "leader=" + leader + " zxid=0x" + Long.toHexString(zxid) + " peerEpoch=" + peerEpoch;
  }
}
