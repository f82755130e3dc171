package conclave.consensus;

import static conclave.consensus.Packets.show;

import conclave.protocol.QuorumPacket;
import java.util.ArrayList;
import java.util.List;

/** Writes down what a leader does. */
final class RecordingLeaderPort implements LeaderPort {
  private final List<String> done = new ArrayList<>();
  private final History history;
  boolean snapshotsLater;

  RecordingLeaderPort(History history) {
    this.history = history;
  }

  /** What was done since the last time. */
  List<String> take() {
    List<String> taken = List.copyOf(done);
    done.clear();
    return taken;
  }

  void note(String what) {
    done.add(what);
  }

  @Override
  public void send(long link, QuorumPacket packet) {
    note(link + " " + show(packet));
  }

  @Override
  public long sendSnapshot(long link) {
    if (snapshotsLater) {
      return SNAPSHOT_LATER;
    }
    note(link + " SNAP " + show(history.committedZxid()));
    return history.committedZxid();
  }

  @Override
  public void close(long link, String why) {
    note(link + " closed: " + why);
  }

  @Override
  public void epochBegins(long epoch) {
    note("epoch " + epoch);
  }

  @Override
  public void lead(long epoch) {
    note("lead " + epoch);
  }

  @Override
  public void committed(Proposal proposal) {
    note("committed " + show(proposal.zxid()));
  }

  @Override
  public void fromLearner(long link, long sid, QuorumPacket packet) {
    note("from " + sid + " " + show(packet));
  }

  @Override
  public void learnerReady(long link, long sid) {
    note("ready " + sid);
  }

  @Override
  public void learnerGone(long link, long sid) {
    note("gone " + sid);
  }

  @Override
  public void confirmed(long round) {
    note("confirmed " + round);
  }

  @Override
  public void stepDown(String why) {
    note("stepDown: " + why);
  }
}
