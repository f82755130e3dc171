package conclave.replica;

import conclave.protocol.QuorumPacket;
import conclave.state.StateMachine;
import org.jspecify.annotations.Nullable;

/**
 * The part that a member plays. A role is made for one term and thrown away behind it; what
 * outlives it is in {@link Core}.
 */
abstract class Role {
  final Core core;
  private @Nullable String over;

  Role(Core core) {
    this.core = core;
  }

  /** What this role is, for people. */
  abstract RoleView view();

  /** Whether this role is not what others were told of it any more. */
  boolean hasNews(RoleView told) {
    return view().serving() != told.serving();
  }

  /** Of a leader; null for all others. */
  @Nullable LeaderFigures figures() {
    return null;
  }

  /** The first thing that is called. */
  abstract void start();

  /** Why it is to be ended; null as long as it isn't. */
  final @Nullable String over() {
    return over;
  }

  /** It is to be ended as soon as the input that is being handled has been. */
  final void over(String why) {
    if (over == null) {
      over = why;
    }
  }

  /** The last thing that is called: what is in flight comes back to its connections. */
  abstract void end();

  // --- clients

  abstract void submit(Submission submission);

  abstract void attach(Attach attach);

  void detach(Client client, long sessionId) {
    core.sessions.detach(sessionId, client);
  }

  // --- the log

  abstract void durable(long zxid);

  /** Whether everything that was asked for has been answered. */
  abstract boolean isIdle();

  // --- who has connected to this member's quorum port

  void learnerConnected(long link) {
    core.host.close(link, "this server is not leading");
  }

  void learnerPacket(long link, QuorumPacket packet) {}

  void learnerProgress(long link) {}

  void learnerClosed(long link) {}

  // --- the link to the leader

  void leaderConnected(long link) {
    core.host.close(link, "this server follows nobody");
  }

  void leaderPacket(long link, QuorumPacket packet) {}

  void leaderProgress(long link) {}

  void leaderSnapshot(long link, StateMachine snapshot) {}

  void leaderClosed(long link, String why) {}

  // --- time

  abstract void tick();

  abstract long nextWakeMs();

  /** The end of a batch of inputs. */
  abstract void finish();
}
