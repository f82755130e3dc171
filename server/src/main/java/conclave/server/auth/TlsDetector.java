package conclave.server.auth;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.ssl.SslHandler;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Tells from a connection's first byte whether it is encrypted. A TLS handshake begins with a
 * record of type 22; as the first byte of a frame's length that would be a frame of more than 350
 * MB, and no four-letter word begins with it.
 */
final class TlsDetector extends ByteToMessageDecoder {

  private static final byte HANDSHAKE_RECORD = 22;

  private final Function<ByteBufAllocator, SslHandler> newHandler;
  private final Consumer<SslHandler> whenTls;

  TlsDetector(Function<ByteBufAllocator, SslHandler> newHandler, Consumer<SslHandler> whenTls) {
    this.newHandler = newHandler;
    this.whenTls = whenTls;
  }

  @Override
  protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
    if (in.getByte(in.readerIndex()) != HANDSHAKE_RECORD) {
      context.pipeline().remove(this);
      return;
    }
    SslHandler handler = newHandler.apply(context.alloc());
    whenTls.accept(handler);
    context.pipeline().replace(this, "tls", handler);
  }
}
