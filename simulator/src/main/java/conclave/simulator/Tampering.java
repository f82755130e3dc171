package conclave.simulator;

import conclave.protocol.Notification;
import conclave.protocol.QuorumPacket;
import conclave.replica.Delivery;
import java.util.List;

/**
 * What a simulated host does wrong. In every honest run nothing; the tests derive from this the
 * wrong variants that the simulator must find, so that the code in production needs no switches for
 * them.
 */
class Tampering {
  /** Honest. */
  static final Tampering NONE = new Tampering();

  /** Whether the replica is told that its log is durable as soon as it is written. */
  boolean durableAtOnce() {
    return false;
  }

  /** Whether the replica is told so when it gets that packet. */
  boolean durableAt(QuorumPacket packet) {
    return false;
  }

  /** Whether epochs reach the disk. */
  boolean writesEpochs() {
    return true;
  }

  /** The promised epoch that a new process starts with. */
  long acceptedEpoch(long accepted, long current) {
    return accepted;
  }

  /** Whether a truncation reaches the disk. */
  boolean truncates() {
    return true;
  }

  /** Whether a leader's state that is installed reaches the disk. */
  boolean installs() {
    return true;
  }

  /** Instead of that, a leader sends these. */
  List<QuorumPacket> toLearner(QuorumPacket packet) {
    return List.of(packet);
  }

  /** Instead of that, a learner sends these. */
  List<QuorumPacket> toLeader(SimulatedHost host, QuorumPacket packet) {
    return List.of(packet);
  }

  /** What a leader believes to have heard from a learner to whom it sends that. */
  List<QuorumPacket> forged(QuorumPacket packet) {
    return List.of();
  }

  /** What is said in the election instead. */
  Notification notification(Notification notification) {
    return notification;
  }

  /** Whether a host hangs up on its clients when its replica serves nobody. */
  boolean stopsServing() {
    return true;
  }

  /** Whether a read waits for the events of what it shows. */
  boolean eventsFirst() {
    return true;
  }

  /** Whether a read waits for the writes before it. */
  boolean readsInOrder() {
    return true;
  }

  /** Whether a sync is answered without asking anybody. */
  boolean syncsAlone() {
    return false;
  }

  /** Whether a connection is told that. */
  boolean delivers(Delivery delivery) {
    return true;
  }
}
