package conclave.server.quorum;

import conclave.server.admin.RefusalLog;
import io.netty.channel.Channel;
import java.util.function.Consumer;
import java.util.function.IntUnaryOperator;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** What the two ports have in common. On the event loop only, but for what is handed out. */
final class Shared {
  private final PeerLoop peers;
  private final Names names;
  private final Security security;
  private final QuorumInbox inbox;
  private final RefusalLog refusals;
  private final LongSupplier nanos;
  private final IntUnaryOperator random;
  private boolean wakeDue;

  Shared(
      PeerLoop peers,
      Names names,
      Security security,
      QuorumInbox inbox,
      RefusalLog refusals,
      LongSupplier nanos,
      IntUnaryOperator random) {
    this.peers = peers;
    this.names = names;
    this.security = security;
    this.inbox = inbox;
    this.refusals = refusals;
    this.nanos = nanos;
    this.random = random;
  }

  PeerLoop peers() {
    return peers;
  }

  Dialer newDialer() {
    return new Dialer(peers, names, security);
  }

  /** Prepares a connection that has come in. */
  void secure(Channel channel) {
    security.accepted(channel);
  }

  /** Who listens to what it has to prove; null where nobody does. */
  @Nullable SaslAcceptance newAcceptance(Channel channel) {
    return security.newAcceptance(channel);
  }

  /** Proves who we are; see {@link Security#prove}. */
  void prove(Channel channel, int timeoutMs, Consumer<@Nullable String> done) {
    security.prove(channel, timeoutMs, done);
  }

  RefusalLog refusals() {
    return refusals;
  }

  LongSupplier nanos() {
    return nanos;
  }

  IntUnaryOperator random() {
    return random;
  }

  /**
   * Hands something to the replica. It is woken when all sockets that were ready together have been
   * read: tasks of the loop come behind them.
   */
  void tell(QuorumInput input) {
    inbox.put(input);
    if (!wakeDue) {
      wakeDue = true;
      peers.eventLoop().execute(this::wake);
    }
  }

  private void wake() {
    wakeDue = false;
    inbox.wake();
  }
}
