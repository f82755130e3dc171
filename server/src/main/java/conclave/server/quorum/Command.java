package conclave.server.quorum;

import conclave.protocol.Notification;
import conclave.protocol.QuorumPacket;

/** What the replica wants of its network, on the way to the event loop. */
sealed interface Command {
  record Notify(long sid, Notification notification) implements Command {}

  record Connect(long link, long sid) implements Command {}

  record Send(long link, QuorumPacket packet) implements Command {}

  record SendSnapshot(long link, OutgoingSnapshot snapshot) implements Command {}

  record Close(long link, String why) implements Command {}
}
