package conclave.server.quorum;

import conclave.protocol.QuorumAuthPacket;
import conclave.server.auth.QuorumSasl;
import conclave.server.auth.SaslExchange;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import javax.security.sasl.SaslException;
import org.jspecify.annotations.Nullable;

/**
 * Listens to somebody who has connected and proves who he is, or goes on without. Where that is not
 * required, also who fails may go on, as in Apache: it is how SASL is switched on server by server.
 */
final class SaslAcceptance {
  private static final int MOST_STEPS = 5;

  /** How far it is. */
  enum Outcome {
    MORE_IS_TO_COME,
    WELCOME,
    REFUSED
  }

  private final QuorumSasl sasl;
  private final Channel channel;
  private @Nullable SaslExchange exchange;
  private int steps;
  private String refusal = "";

  SaslAcceptance(QuorumSasl sasl, Channel channel) {
    this.sasl = sasl;
    this.channel = channel;
  }

  /** Why somebody is refused. */
  String refusal() {
    return refusal;
  }

  /** Takes what belongs to it of what has come. */
  Outcome take(ByteBuf in) {
    SaslExchange begun = exchange;
    if (begun == null) {
      if (in.readableBytes() < Long.BYTES) {
        return Outcome.MORE_IS_TO_COME;
      }
      if (in.getLong(in.readerIndex()) != QuorumAuthPacket.MAGIC) {
        return unproven(
            "it does not prove who it is, which quorum.auth.serverRequireSasl asks for");
      }
      begun = sasl.begin();
      exchange = begun;
    }
    QuorumAuthPacket packet;
    while ((packet = AuthPackets.take(in)) != null) {
      if (step(begun, packet)) {
        return begun.provenName() == null ? unproven("SASL: " + refusal) : Outcome.WELCOME;
      }
    }
    return Outcome.MORE_IS_TO_COME;
  }

  /** Whether that was the last one. */
  private boolean step(SaslExchange begun, QuorumAuthPacket packet) {
    byte[] token = packet.token();
    try {
      if (++steps > MOST_STEPS) {
        throw new SaslException("too many steps");
      }
      byte[] answer = begun.answer(token == null ? new byte[0] : token);
      boolean proven = begun.provenName() != null;
      AuthPackets.send(
          channel, proven ? QuorumAuthPacket.SUCCESS : QuorumAuthPacket.IN_PROGRESS, answer);
      return proven;
    } catch (SaslException e) {
      refusal = String.valueOf(e.getMessage());
      AuthPackets.send(channel, QuorumAuthPacket.ERROR, new byte[0]);
      return true;
    }
  }

  private Outcome unproven(String why) {
    refusal = why;
    return sasl.required() ? Outcome.REFUSED : Outcome.WELCOME;
  }
}
