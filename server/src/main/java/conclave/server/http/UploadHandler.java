package conclave.server.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes the bodies that are too large to be gathered in memory, in front of the handler that
 * gathers the others: a piece is read from the socket when the one before it was put away. Such a
 * request is the last one of its connection.
 */
final class UploadHandler extends ChannelInboundHandlerAdapter {
  private static final Logger LOG = LoggerFactory.getLogger(UploadHandler.class);

  /** Of a body that nobody wants so much is read, that the client sees the answer. */
  private static final long MOST_UNWANTED_BYTES = 64L << 20;

  private enum Stage {
    /** Other requests, which go through. */
    NONE,
    /** Somebody decides whether to take it. */
    BEGINNING,
    TAKING,
    /** What comes is thrown away. */
    ANSWERED
  }

  private final Site site;
  private final Executor pages;
  private final ArrayDeque<HttpContent> pieces = new ArrayDeque<>();
  private Stage stage = Stage.NONE;
  private @Nullable Upload upload;

  /** The other thread has something to do; nothing is read meanwhile. */
  private boolean busy;

  private boolean continueExpected;
  private boolean lastSeen;
  private long unwantedBytes;

  UploadHandler(Site site, Executor pages) {
    this.site = site;
    this.pages = pages;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (stage == Stage.NONE) {
      Visit visit = visit(message);
      if (visit == null) {
        ctx.fireChannelRead(message);
        return;
      }
      begin(ctx, visit, (HttpRequest) message);
      if (!(message instanceof HttpContent)) {
        return;
      }
    }
    if (lastSeen || !(message instanceof HttpContent content)) {
      // It is the last request of its connection, whatever the client thinks.
      ReferenceCountUtil.release(message);
      return;
    }
    lastSeen |= content instanceof LastHttpContent;
    if (stage == Stage.ANSWERED) {
      throwAway(ctx, content);
    } else if (!content.decoderResult().isSuccess()) {
      content.release();
      answer(ctx, Page.plain(400, "The body of the request can't be read.\n"));
      abandon();
    } else {
      pieces.add(content);
      work(ctx);
    }
  }

  private @Nullable Visit visit(Object message) {
    if (!(message instanceof HttpRequest request) || !request.decoderResult().isSuccess()) {
      return null;
    }
    try {
      Visit visit = Visit.of(request);
      return site.takesBody(visit) ? visit : null;
    } catch (IllegalArgumentException badPercentSign) {
      return null;
    }
  }

  private void begin(ChannelHandlerContext ctx, Visit visit, HttpRequest request) {
    stage = Stage.BEGINNING;
    continueExpected = HttpUtil.is100ContinueExpected(request);
    busy = true;
    ctx.channel().config().setAutoRead(false);
    onPages(
        ctx,
        () -> {
          Reception reception = receive(visit);
          ctx.executor().execute(() -> begun(ctx, reception));
        });
  }

  private Reception receive(Visit visit) {
    try {
      return site.receive(visit);
    } catch (RuntimeException e) {
      LOG.error("The request for {} could not be begun", visit.path(), e);
      return Page.FAILED;
    }
  }

  private void begun(ChannelHandlerContext ctx, Reception reception) {
    busy = false;
    if (reception instanceof Page page) {
      answer(ctx, page);
      return;
    }
    upload = (Upload) reception;
    if (!ctx.channel().isActive() || stage == Stage.ANSWERED) {
      abandon();
      return;
    }
    stage = Stage.TAKING;
    if (continueExpected) {
      ctx.writeAndFlush(
          new DefaultFullHttpResponse(
              HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE, Unpooled.EMPTY_BUFFER));
    }
    work(ctx);
  }

  /** Hands over what has come, or asks for more. */
  private void work(ChannelHandlerContext ctx) {
    Upload into = upload;
    if (busy || into == null) {
      return;
    }
    HttpContent piece = pieces.poll();
    if (piece == null) {
      ctx.channel().config().setAutoRead(true);
      return;
    }
    busy = true;
    ctx.channel().config().setAutoRead(false);
    onPages(
        ctx,
        () -> {
          Page page = take(into, piece);
          ctx.executor().execute(() -> taken(ctx, page));
        });
  }

  /** The page that is the answer, or null as long as there is none. */
  private static @Nullable Page take(Upload into, HttpContent piece) {
    try {
      ByteBuf content = piece.content();
      for (ByteBuffer part : content.nioBuffers()) {
        into.take(part);
      }
      return piece instanceof LastHttpContent ? into.finish() : null;
    } catch (IOException e) {
      Page page = into.failed(e);
      into.abandon();
      return page;
    } catch (RuntimeException e) {
      LOG.error("What was sent could not be taken", e);
      into.abandon();
      return Page.FAILED;
    } finally {
      piece.release();
    }
  }

  private void taken(ChannelHandlerContext ctx, @Nullable Page page) {
    busy = false;
    if (page != null) {
      upload = null;
      answer(ctx, page);
    } else if (!ctx.channel().isActive() || stage == Stage.ANSWERED) {
      abandon();
    } else {
      work(ctx);
    }
  }

  private void onPages(ChannelHandlerContext ctx, Runnable task) {
    try {
      pages.execute(task);
    } catch (RejectedExecutionException e) {
      busy = false;
      answer(ctx, Page.BUSY);
      abandon();
    }
  }

  /** At once, though the rest of the body may be on its way; the connection ends behind both. */
  private void answer(ChannelHandlerContext ctx, Page page) {
    if (stage == Stage.ANSWERED) {
      return;
    }
    byte[] body = page.bytes();
    FullHttpResponse response =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1,
            HttpResponseStatus.valueOf(page.status()),
            Unpooled.wrappedBuffer(body));
    response.headers().setInt(HttpHeaderNames.CONTENT_LENGTH, body.length);
    HttpConnection.setHeaders(response, page);
    response.headers().set(HttpHeaderNames.CONNECTION, "close");
    // Who was not told to go on does not send the body.
    boolean nothingComes = lastSeen || continueExpected && stage == Stage.BEGINNING;
    stage = Stage.ANSWERED;
    pieces.forEach(HttpContent::release);
    pieces.clear();
    ctx.writeAndFlush(response)
        .addListener(
            nothingComes ? ChannelFutureListener.CLOSE : ChannelFutureListener.CLOSE_ON_FAILURE);
    ctx.channel().config().setAutoRead(true);
  }

  private void throwAway(ChannelHandlerContext ctx, HttpContent content) {
    unwantedBytes += content.content().readableBytes();
    content.release();
    if (lastSeen || unwantedBytes > MOST_UNWANTED_BYTES) {
      ctx.close();
    }
  }

  /** Forgets what was taken; whoever has it at the moment does so behind that. */
  private void abandon() {
    Upload begun = upload;
    if (busy || begun == null) {
      return;
    }
    upload = null;
    try {
      pages.execute(begun::abandon);
    } catch (RejectedExecutionException e) {
      begun.abandon();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    pieces.forEach(HttpContent::release);
    pieces.clear();
    abandon();
    ctx.fireChannelInactive();
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    // Who has sent everything may wait for longer than a connection may be idle.
    if (!(busy && event instanceof IdleStateEvent)) {
      ctx.fireUserEventTriggered(event);
    }
  }
}
