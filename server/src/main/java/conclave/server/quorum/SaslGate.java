package conclave.server.quorum;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.util.List;
import java.util.function.Consumer;

/** Stands before the packets of somebody who has connected, until he has proven who he is. */
final class SaslGate extends ByteToMessageDecoder {
  private final SaslAcceptance acceptance;
  private final Consumer<String> refuse;
  private boolean refused;

  SaslGate(SaslAcceptance acceptance, Consumer<String> refuse) {
    this.acceptance = acceptance;
    this.refuse = refuse;
  }

  @Override
  protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
    if (refused) {
      in.skipBytes(in.readableBytes());
      return;
    }
    switch (acceptance.take(in)) {
      case MORE_IS_TO_COME -> {}
      // What came behind goes on to the next.
      case WELCOME -> context.pipeline().remove(this);
      case REFUSED -> {
        refused = true;
        refuse.accept(acceptance.refusal());
      }
    }
  }
}
