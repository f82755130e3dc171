package conclave.server.quorum;

import conclave.protocol.ElectionGreeting;
import conclave.protocol.JuteReader;
import conclave.protocol.MalformedRecordException;
import conclave.protocol.Notification;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One election connection. One that came in begins with a greeting; then, and from the beginning on
 * one that we opened, come frames of an int length and a notification.
 */
final class ElectionConnection extends ByteToMessageDecoder {
  /** As Apache, which then forgets the oldest. */
  private static final int MOST_UNREAD = 100;

  /** More than a greeting can have. */
  private static final int LONGEST_GREETING = 4096;

  private enum Stage {
    GREETING,
    PROOF,
    HELD,
    FRAMES,
    OVER
  }

  private final ElectionPort port;
  private final Channel channel;
  private final Credit credit;
  private Stage stage;
  private @Nullable ElectionGreeting greeted;
  private @Nullable SaslAcceptance acceptance;
  private @Nullable ElectionPeer peer;
  private boolean heard;
  private boolean paused;
  private byte @Nullable [] unsent;
  private boolean writing;

  ElectionConnection(ElectionPort port, Channel channel) {
    this.port = port;
    this.channel = channel;
    this.stage = Stage.GREETING;
    this.credit = new Credit(MOST_UNREAD, () -> channel.eventLoop().execute(this::goOn));
  }

  Channel channel() {
    return channel;
  }

  /** Waits for its turn: nothing is read. */
  void hold() {
    stage = Stage.HELD;
    channel.config().setAutoRead(false);
  }

  /** It is the one connection with that peer from now on. */
  void belongTo(ElectionPeer owner) {
    peer = owner;
    stage = Stage.FRAMES;
    channel.eventLoop().execute(this::goOn);
  }

  /** Takes what has come and was not taken, and reads on. */
  private void goOn() {
    paused = false;
    channel.config().setAutoRead(true);
    ChannelHandlerContext context = channel.pipeline().context(this);
    if (context == null) {
      return;
    }
    try {
      channelRead(context, Unpooled.EMPTY_BUFFER);
    } catch (Exception e) {
      // The decoder's signature; what decode throws comes out here as it would in the pipeline.
      exceptionCaught(context, e);
    }
  }

  /** Whether anything has come since {@link #listenAnew}. */
  boolean heard() {
    return heard;
  }

  void listenAnew() {
    heard = false;
  }

  /** Sends a frame; one that has not left when a newer one comes never does. */
  void send(byte[] frame) {
    unsent = frame;
    write();
  }

  private void write() {
    byte[] frame = unsent;
    if (frame != null && !writing) {
      unsent = null;
      writing = true;
      channel
          .writeAndFlush(Unpooled.wrappedBuffer(frame))
          .addListener(
              written -> {
                writing = false;
                write();
              });
    }
  }

  void close() {
    channel.close();
  }

  @Override
  protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
    switch (stage) {
      case GREETING -> greeting(in);
      case PROOF -> proof(in);
      case HELD -> {}
      case FRAMES -> frame(in);
      case OVER -> in.skipBytes(in.readableBytes());
    }
  }

  private void greeting(ByteBuf in) {
    byte[] bytes = new byte[Math.min(in.readableBytes(), LONGEST_GREETING)];
    in.getBytes(in.readerIndex(), bytes);
    JuteReader reader = new JuteReader(bytes);
    ElectionGreeting greeting = ElectionGreeting.read(reader);
    if (greeting != null) {
      in.skipBytes(reader.position());
      SaslAcceptance listening = port.newAcceptance(channel);
      if (listening == null) {
        port.greeted(this, greeting);
      } else {
        stage = Stage.PROOF;
        greeted = greeting;
        acceptance = listening;
      }
    }
  }

  private void proof(ByteBuf in) {
    SaslAcceptance listening = acceptance;
    ElectionGreeting greeting = greeted;
    if (listening == null || greeting == null) {
      throw new IllegalStateException("stage=" + stage + " greeted=" + greeting);
    }
    switch (listening.take(in)) {
      case MORE_IS_TO_COME -> {}
      case WELCOME -> port.greeted(this, greeting);
      case REFUSED -> {
        stage = Stage.OVER;
        port.refused(this, listening.refusal());
        close();
      }
    }
  }

  /**
   * Lets somebody in who has not begun to prove who he is, where that isn't asked for; whether it
   * has.
   */
  boolean goOnUnproven() {
    ElectionGreeting greeting = greeted;
    if (stage != Stage.PROOF || greeting == null || !port.letsInUnproven()) {
      return false;
    }
    port.greeted(this, greeting);
    return true;
  }

  private void frame(ByteBuf in) {
    if (paused || in.readableBytes() < 4) {
      return;
    }
    int length = in.getInt(in.readerIndex());
    if (length <= 0 || length > Notification.MAX_BYTES) {
      throw new MalformedRecordException(
          "notification's length=" + length + " limit=" + Notification.MAX_BYTES);
    }
    if (in.readableBytes() - 4 < length) {
      return;
    }
    in.skipBytes(4);
    byte[] bytes = new byte[length];
    in.readBytes(bytes);
    heard = true;
    ElectionPeer from = peer;
    if (from == null) {
      return;
    }
    Notification notification;
    try {
      notification = Notification.read(new JuteReader(bytes));
    } catch (MalformedRecordException e) {
      // Apache skips what it can't read and keeps the connection: a newer server may say more.
      port.skipped(this, e);
      return;
    }
    if (credit.take(1)) {
      paused = true;
      channel.config().setAutoRead(false);
    }
    from.heard(notification, credit);
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) throws Exception {
    try {
      super.channelInactive(context);
    } finally {
      // One that only knocks hangs up at once.
      goOnUnproven();
      ElectionPeer owner = peer;
      if (owner != null) {
        owner.lost(this);
      }
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    stage = Stage.OVER;
    port.failed(this, unwrapped(cause), peer);
    context.close();
  }

  private static Throwable unwrapped(Throwable cause) {
    Throwable inner = cause.getCause();
    return inner instanceof MalformedRecordException || inner instanceof IOException
        ? inner
        : cause;
  }
}
