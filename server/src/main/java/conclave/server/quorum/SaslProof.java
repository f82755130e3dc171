package conclave.server.quorum;

import conclave.protocol.MalformedRecordException;
import conclave.protocol.QuorumAuthPacket;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.util.List;
import java.util.function.Consumer;
import javax.security.sasl.SaslClient;
import javax.security.sasl.SaslException;
import org.jspecify.annotations.Nullable;

/** Proves to the other end who we are, and goes away. */
final class SaslProof extends ByteToMessageDecoder {
  private final SaslClient client;
  private final Consumer<@Nullable String> done;
  private boolean over;

  /**
   * @param done told once: null, or why it failed; before what comes behind is read
   */
  SaslProof(SaslClient client, Consumer<@Nullable String> done) {
    this.client = client;
    this.done = done;
  }

  void begin(ChannelHandlerContext context) {
    try {
      byte[] first = client.hasInitialResponse() ? client.evaluateChallenge(new byte[0]) : null;
      AuthPackets.send(
          context.channel(), QuorumAuthPacket.IN_PROGRESS, first == null ? new byte[0] : first);
    } catch (SaslException e) {
      end("SASL: " + e.getMessage());
    }
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    begin(context);
  }

  @Override
  protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
    if (over) {
      in.skipBytes(in.readableBytes());
      return;
    }
    try {
      QuorumAuthPacket packet = AuthPackets.take(in);
      if (packet != null && step(context, packet)) {
        end(null);
        context.pipeline().remove(this);
      }
    } catch (SaslException | MalformedRecordException e) {
      end("SASL: " + e.getMessage());
    }
  }

  /** Whether that was the last one. */
  private boolean step(ChannelHandlerContext context, QuorumAuthPacket packet)
      throws SaslException {
    if (packet.status() != QuorumAuthPacket.SUCCESS
        && packet.status() != QuorumAuthPacket.IN_PROGRESS) {
      throw new SaslException("the other end does not accept our name and password");
    }
    byte[] token = packet.token();
    boolean last = packet.status() == QuorumAuthPacket.SUCCESS;
    if (!client.isComplete()) {
      byte[] answer = client.evaluateChallenge(token == null ? new byte[0] : token);
      if (!last) {
        AuthPackets.send(context.channel(), QuorumAuthPacket.IN_PROGRESS, answer);
      }
    }
    if (last && !client.isComplete()) {
      throw new SaslException("the other end has proven nothing");
    }
    return last;
  }

  private void end(@Nullable String failure) {
    if (!over) {
      over = true;
      done.accept(failure);
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) throws Exception {
    super.channelInactive(context);
    end("it hung up while we proved who we are");
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    end(String.valueOf(cause.getMessage()));
    context.close();
  }
}
