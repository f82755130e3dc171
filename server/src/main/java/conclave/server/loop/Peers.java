package conclave.server.loop;

import conclave.protocol.Notification;
import conclave.protocol.QuorumPacket;
import conclave.storage.SnapshotStreamWriter;
import java.util.concurrent.locks.Lock;

/**
 * The ways to the other members. Called on the replica's thread; never blocks. What can't be sent
 * is dropped; an {@link Input} then tells that the link is gone.
 */
public interface Peers {

  /** For a server that has none. */
  Peers NONE =
      new Peers() {
        @Override
        public Waiting waiting() {
          return Waiting.asleep();
        }

        @Override
        public void sendNotification(long sid, Notification notification) {
          throw alone();
        }

        @Override
        public void connect(long link, long sid) {
          throw alone();
        }

        @Override
        public void send(long link, QuorumPacket packet) {
          throw alone();
        }

        @Override
        public void sendSnapshot(
            long link, SnapshotStreamWriter snapshot, Lock shared, Runnable done) {
          throw alone();
        }

        @Override
        public void flush() {}

        @Override
        public void close(long link, String why) {
          throw alone();
        }

        private IllegalStateException alone() {
          return new IllegalStateException("this server stands alone");
        }
      };

  /** What the replica's thread does while it has no input. Called once. */
  Waiting waiting();

  /** To a peer's election port; only the newest one counts. */
  void sendNotification(long sid, Notification notification);

  /** Opens a link to a member's quorum port. */
  void connect(long link, long sid);

  /** Puts a packet in a link's queue; it leaves with {@link #flush}. */
  void send(long link, QuorumPacket packet);

  /**
   * Puts a SNAP packet and the tree behind it in a link's queue.
   *
   * @param snapshot read in pieces, as the learner takes them
   * @param shared the lock under which it is read
   * @param done called once, on any thread, when it is not read any more
   */
  void sendSnapshot(long link, SnapshotStreamWriter snapshot, Lock shared, Runnable done);

  /** What was put in queues leaves. */
  void flush();

  /** Hangs up; no input tells of it. */
  void close(long link, String why);
}
