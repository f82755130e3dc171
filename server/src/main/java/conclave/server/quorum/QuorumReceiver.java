package conclave.server.quorum;

import conclave.protocol.Notification;
import conclave.protocol.QuorumPacket;
import conclave.state.StateMachine;

/**
 * What a replica is told by its network, on its own thread. A learner is somebody who has connected
 * to us and said so in a first packet; a leader's link is one that we asked for.
 */
public interface QuorumReceiver {

  /** A vote has come in. */
  void notified(long fromSid, Notification notification);

  /** There is an election connection with that member. */
  void peerLinkUp(long sid);

  /** There is none any more, or the first attempt to get one has failed. */
  void peerLinkDown(long sid);

  /** Its first packet follows at once: FOLLOWERINFO or OBSERVERINFO. */
  void learnerConnected(long link);

  void learnerPacket(long link, QuorumPacket packet);

  /** It takes the snapshot that is being sent to it. */
  void learnerProgress(long link);

  /** It is gone, and not because we closed it. */
  void learnerClosed(long link);

  void leaderConnected(long link);

  void leaderPacket(long link, QuorumPacket packet);

  /** More of the snapshot behind SNAP has come. */
  void leaderProgress(long link);

  /** All of the snapshot has come; what comes from the link next was sent behind it. */
  void leaderSnapshot(long link, StateMachine state);

  /** It is gone or could not be had, and not because we closed it. */
  void leaderClosed(long link, String why);
}
