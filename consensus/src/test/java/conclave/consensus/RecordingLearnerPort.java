package conclave.consensus;

import static conclave.consensus.Packets.show;

import conclave.protocol.MalformedRecordException;
import conclave.protocol.QuorumPacket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Writes down what a learner does, and what it writes to its epoch files. */
final class RecordingLearnerPort implements LearnerPort, Epochs.Store {
  private final List<String> done = new ArrayList<>();
  private final History history;
  boolean canTruncate = true;

  /** Where a truncation ends instead of where it should. */
  long truncatesTo = -1;

  RecordingLearnerPort(History history) {
    this.history = history;
  }

  List<String> take() {
    List<String> taken = List.copyOf(done);
    done.clear();
    return taken;
  }

  private void note(String what) {
    done.add(what);
  }

  @Override
  public void send(QuorumPacket packet) {
    note(show(packet));
  }

  @Override
  public void committed(Proposal proposal) {
    note("committed " + show(proposal.zxid()));
  }

  @Override
  public boolean truncate(long zxid) {
    note("truncate " + show(zxid));
    if (!history.isDurable()) {
      throw new IllegalStateException("the log is not idle");
    }
    if (canTruncate) {
      history.truncate(truncatesTo < 0 ? zxid : truncatesTo);
    }
    return canTruncate;
  }

  @Override
  public void install(Object snapshot, long zxid) {
    note("install " + snapshot + " " + show(zxid));
    if (!history.isDurable()) {
      throw new IllegalStateException("the log is not idle");
    }
    history.restart(zxid);
  }

  @Override
  public Object decode(long zxid, byte[] body) {
    String text = new String(body, StandardCharsets.UTF_8);
    if (!text.equals("t" + show(zxid))) {
      throw new MalformedRecordException("body=" + text);
    }
    return text;
  }

  @Override
  public void append(Proposal proposal) {
    note("append " + show(proposal.zxid()));
  }

  @Override
  public void configuration(String text) {
    note("configuration " + text);
  }

  @Override
  public void serve(long epoch) {
    note("serve " + epoch);
  }

  @Override
  public void fromLeader(QuorumPacket packet) {
    note("from leader " + show(packet));
  }

  @Override
  public byte[] touchedSessions() {
    return new byte[12];
  }

  @Override
  public void leave(String why) {
    note("leave: " + why);
  }

  @Override
  public void writeAccepted(long epoch) {
    note("accepted=" + epoch);
  }

  @Override
  public void writeCurrent(long epoch) {
    note("current=" + epoch);
  }
}
