package conclave.server;

import conclave.state.Notices;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells the log what the state machine wants told. */
final class LoggedNotices implements Notices {
  private static final Logger LOG = LoggerFactory.getLogger(LoggedNotices.class);

  @Override
  public void quotaExceeded(String prefix, String what, boolean hard, long wouldBe, long limit) {
    LOG.warn(
        "Quota of {}: {} would be {}, the {} limit is {}",
        prefix,
        what,
        wouldBe,
        hard ? "hard" : "soft",
        limit);
  }

  @Override
  public void digestMismatch(long zxid, long expected, long actual) {
    LOG.error(
        "The tree after zxid 0x{} sums up to {}, its maker had {}: replicas have come apart, or a file"
            + " was changed",
        Long.toHexString(zxid),
        Long.toHexString(actual),
        Long.toHexString(expected));
  }
}
