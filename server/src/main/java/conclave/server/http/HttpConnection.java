package conclave.server.http;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpChunkedInput;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.stream.ChunkedNioFile;
import io.netty.handler.timeout.IdleStateEvent;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One connection: a request, its page, the next request. */
final class HttpConnection extends SimpleChannelInboundHandler<FullHttpRequest> {
  private static final Logger LOG = LoggerFactory.getLogger(HttpConnection.class);

  private static final int PIECE_BYTES = 64 * 1024;

  private final Site site;
  private final Executor pages;

  /** A page is being made. */
  private boolean busy;

  HttpConnection(Site site, Executor pages) {
    this.site = site;
    this.pages = pages;
  }

  @Override
  protected void channelRead0(ChannelHandlerContext ctx, FullHttpRequest request) {
    boolean keepAlive = HttpUtil.isKeepAlive(request) && request.decoderResult().isSuccess();
    boolean head = request.method().equals(HttpMethod.HEAD);
    if (!request.decoderResult().isSuccess()) {
      answer(ctx, Page.plain(400, ""), false, false);
      return;
    }
    Visit visit;
    try {
      visit = Visit.of(request);
    } catch (IllegalArgumentException e) {
      // A percent sign with no number behind it.
      answer(ctx, Page.plain(400, ""), keepAlive, head);
      return;
    }
    ctx.channel().config().setAutoRead(false);
    busy = true;
    try {
      pages.execute(
          () -> {
            Page page = show(visit);
            ctx.executor().execute(() -> shown(ctx, page, keepAlive, head));
          });
    } catch (RejectedExecutionException e) {
      shown(ctx, Page.BUSY, false, head);
    }
  }

  private Page show(Visit visit) {
    try {
      return site.show(visit);
    } catch (RuntimeException e) {
      LOG.error("The page {} could not be made", visit.path(), e);
      return Page.FAILED;
    }
  }

  private void shown(ChannelHandlerContext ctx, Page page, boolean keepAlive, boolean head) {
    busy = false;
    answer(ctx, page, keepAlive, head);
  }

  private static void answer(
      ChannelHandlerContext ctx, Page page, boolean keepAlive, boolean head) {
    FileChannel file = page.file();
    if (file != null) {
      answerWithFile(ctx, page, file);
      return;
    }
    byte[] body = page.bytes();
    FullHttpResponse response =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1,
            HttpResponseStatus.valueOf(page.status()),
            head ? Unpooled.EMPTY_BUFFER : Unpooled.wrappedBuffer(body));
    response.headers().setInt(HttpHeaderNames.CONTENT_LENGTH, body.length);
    setHeaders(response, page);
    if (!keepAlive) {
      response.headers().set(HttpHeaderNames.CONNECTION, "close");
      ctx.writeAndFlush(response).addListener(ChannelFutureListener.CLOSE);
      return;
    }
    ctx.writeAndFlush(response).addListener(ChannelFutureListener.CLOSE_ON_FAILURE);
    ctx.channel().config().setAutoRead(true);
  }

  static void setHeaders(HttpResponse response, Page page) {
    response.headers().set(HttpHeaderNames.CONTENT_TYPE, page.contentType());
    // Nothing of this is to be shown inside of somebody else's page, or taken for another type.
    response.headers().set("X-Content-Type-Options", "nosniff");
    response.headers().set("X-Frame-Options", "DENY");
    response.headers().set(HttpHeaderNames.CACHE_CONTROL, "no-store");
    page.headers().forEach((name, value) -> response.headers().set(name, value));
  }

  /** In pieces, as fast as they are taken; the connection ends with the file. */
  private static void answerWithFile(ChannelHandlerContext ctx, Page page, FileChannel file) {
    HttpResponse response =
        new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(page.status()));
    setHeaders(response, page);
    try {
      response.headers().set(HttpHeaderNames.CONTENT_LENGTH, file.size());
      response.headers().set(HttpHeaderNames.CONNECTION, "close");
      ctx.write(response);
      ctx.writeAndFlush(new HttpChunkedInput(new ChunkedNioFile(file, PIECE_BYTES)))
          .addListener(ChannelFutureListener.CLOSE);
    } catch (IOException e) {
      LOG.warn("A file could not be read for {}", ctx.channel().remoteAddress(), e);
      ctx.close();
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    // What is shown may take longer to make than a connection may be idle.
    if (event instanceof IdleStateEvent && !busy) {
      ctx.close();
    }
  }

  @Override
  @SuppressWarnings("deprecation") // the handler's own failures arrive here and nowhere else
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (!(cause instanceof IOException) && !(cause instanceof DecoderException)) {
      LOG.warn("Hung up on {} at an HTTP port", ctx.channel().remoteAddress(), cause);
    }
    ctx.close();
  }
}
