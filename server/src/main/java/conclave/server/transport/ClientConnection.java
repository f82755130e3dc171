package conclave.server.transport;

import conclave.protocol.Acl;
import conclave.protocol.BigEndian;
import conclave.protocol.ClientInfo;
import conclave.protocol.ConnectRequest;
import conclave.protocol.ConnectResponse;
import conclave.protocol.ErrorCode;
import conclave.protocol.Id;
import conclave.protocol.JuteReader;
import conclave.protocol.JuteWriter;
import conclave.protocol.MalformedRecordException;
import conclave.protocol.OpCode;
import conclave.protocol.ReplyHeader;
import conclave.protocol.Request;
import conclave.protocol.SessionPassword;
import conclave.protocol.Xid;
import conclave.server.admin.ConnectionStats;
import conclave.server.admin.ConnectionView;
import conclave.server.admin.Counter;
import conclave.server.admin.NamespaceMetric;
import conclave.server.auth.ClientTls;
import conclave.server.config.ServerConfig;
import conclave.server.loop.Attach;
import conclave.server.loop.Client;
import conclave.server.loop.Detach;
import conclave.server.loop.Outbox;
import conclave.server.loop.Submission;
import conclave.state.AclRules;
import conclave.state.Caller;
import conclave.state.SessionExpiry;
import conclave.state.WatchEvent;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.SslHandler;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One connection of a client: takes its bytes apart, answers reads, sends what changes anything to
 * the replica, and writes replies and events in the order that was promised.
 *
 * <p>Replies leave in the order of their requests. A read that follows a write of the same
 * connection waits until the write is answered; without a write in flight it is answered at once.
 * Pings and authentication wait for nobody. All methods run on the connection's event loop.
 */
final class ClientConnection extends ChannelInboundHandlerAdapter
    implements Client, FrameAssembler.Receiver {

  /** Where a connection stands; {@link #moveTo} is the only writer. */
  enum Stage {
    /** Nothing has come, or less than a handshake or a four-letter word. */
    NEW,
    /** The session is being created or taken up. */
    HANDSHAKE,
    /** The session is there. */
    OPEN,
    /** No request is looked at any more; what was answered may still be on its way out. */
    CLOSING,
    CLOSED
  }

  /** A read that waits for the write with number {@code afterWrite}. */
  private record Deferred(long afterWrite, int xid, Request request, long receivedNanos) {}

  /** What most batches of replies fit in. */
  private static final int FIRST_OUTPUT_BYTES = 1024;

  /** Nothing of a request is looked at unless its header, xid and type, is there. */
  private static final int REQUEST_HEADER = 8;

  private static final int REPLY_HEADER = 16;

  private final ClientPort port;
  private final LoopContext loop;
  private final long acceptedNanos;
  private final long acceptedWallMs;
  private final ConnectionStats stats = new ConnectionStats();
  private final FrameAssembler frames = new FrameAssembler(this);

  private @Nullable ChannelHandlerContext channel;
  private Stage stage = Stage.NEW;

  /** When the beginning of a frame came whose end has not. */
  private long waitingSinceNanos;

  private @Nullable ByteBuf out;
  private boolean tellReadOnly;
  private int timeoutMs;
  private long sessionId;
  private SessionExpiry.@Nullable Handle session;
  private List<Id> ids;

  /** Who this client is, for reads. */
  private Caller reader;

  private long writesSubmitted;
  private long writesAnswered;
  private @Nullable ArrayDeque<Deferred> deferred;

  /** Whether it has proven enough to do anything but prove more. */
  private boolean mayAct;

  private boolean throttled;
  private int lastReplyBytes;
  private boolean stopped;

  /** Whether it may have watches, which have to be taken away with it. */
  private boolean watching;

  ClientConnection(ClientPort port, LoopContext loop, List<Id> ids) {
    this.port = port;
    this.loop = loop;
    this.ids = ids;
    this.mayAct = port.identities().mayAct(ids);
    this.reader = new Caller(0, 0, ids);
    this.acceptedNanos = port.clock().nanos();
    this.acceptedWallMs = port.clock().wallMs();
  }

  @Override
  public long sessionId() {
    return sessionId;
  }

  @Override
  public Outbox outbox() {
    return loop.outbox();
  }

  // ---------------------------------------------------------------- bytes in

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    channel = ctx;
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    loop.connections().add(this);
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    ByteBuf in = (ByteBuf) message;
    try {
      loop.tick();
      touch();
      boolean waited = frames.isWaiting();
      int whole = frames.take(in, loop.input());
      if (frames.isWaiting() && (!waited || whole > 0)) {
        waitingSinceNanos = loop.nowNanos();
      }
    } finally {
      in.release();
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    port.replica().flush();
    // Passing on what has come meanwhile keeps the outbox short under load, and costs nothing.
    loop.settle();
    loop.flushDirty();
  }

  @Override
  public boolean isOpen() {
    return stage.compareTo(Stage.CLOSING) < 0;
  }

  @Override
  public boolean frameBegins(int length, byte[] bytes, int offset, int end) {
    if (stage == Stage.NEW && port.words().knows(length)) {
      answerWord(length, bytes, offset, end);
      return false;
    }
    int allowed = port.config().limits().juteMaxBufferBytes();
    if (length < 0 || length > allowed) {
      refuse("a frame of " + length + " bytes (allowed: 0 to " + allowed + ")");
      return false;
    }
    return true;
  }

  @Override
  public void frame(byte[] bytes, int offset, int length) {
    stats.packetReceived();
    loop.recorder().packetReceived(length);
    JuteReader in = new JuteReader(bytes, offset, length);
    if (stage == Stage.NEW) {
      handshake(in);
    } else if (length < REQUEST_HEADER) {
      refuse("a request of " + length + " bytes");
    } else {
      request(in.readInt(), in.readInt(), in);
    }
  }

  private void touch() {
    SessionExpiry.Handle handle = session;
    if (handle != null) {
      handle.touch(loop.nowNanos() / 1_000_000);
    }
  }

  // ---------------------------------------------------------------- the handshake

  private void handshake(JuteReader in) {
    ConnectRequest connect;
    try {
      connect = ConnectRequest.read(in);
    } catch (MalformedRecordException e) {
      refuse("a handshake that can't be read: " + e.getMessage());
      return;
    }
    if (connect.lastZxidSeen() > port.tree().lastAppliedZxid()) {
      // The client has seen more than this server: it would go back in time here. It tries another.
      refuse(
          "a client that has seen zxid 0x"
              + Long.toHexString(connect.lastZxidSeen())
              + ", newer than this server's 0x"
              + Long.toHexString(port.tree().lastAppliedZxid()));
      return;
    }
    String refusal = port.admission().session(loop.nowNanos() / 1_000_000);
    if (refusal != null) {
      refuse(refusal);
      return;
    }
    moveTo(Stage.HANDSHAKE);
    loop.recorder().count(Counter.CONNECTION_REQUEST_COUNT);
    tellReadOnly = connect.readOnly() != null;
    timeoutMs = clamp(connect.timeoutMs(), port.config().timing());
    if (connect.sessionId() == 0) {
      as(port.replica().newSessionId());
      submit(0, new Request.CreateSession(timeoutMs));
    } else if (SessionPassword.matches(connect.sessionId(), connect.passwd())) {
      loop.recorder().count(Counter.CONNECTION_REVALIDATE_COUNT);
      as(connect.sessionId());
      writesSubmitted++;
      loop.addInFlight(1);
      port.replica().submit(new Attach(this, sessionId, timeoutMs));
    } else {
      welcome(false);
    }
  }

  void attached(Attach attach) {
    writesAnswered++;
    resumeThrottled();
    if (stage == Stage.HANDSHAKE) {
      established(attach.session());
    }
  }

  private void established(SessionExpiry.@Nullable Handle handle) {
    session = handle;
    if (handle != null) {
      moveTo(Stage.OPEN);
      touch();
    }
    welcome(handle != null);
    wakeDeferred();
  }

  /** Answers the handshake; a client whose session is gone is told so and hung up on. */
  private void welcome(boolean granted) {
    JuteWriter writer = beginFrame();
    new ConnectResponse(
            0,
            granted ? timeoutMs : 0,
            granted ? sessionId : 0,
            granted ? SessionPassword.of(sessionId) : new byte[SessionPassword.LENGTH],
            tellReadOnly ? Boolean.FALSE : null)
        .write(writer);
    endFrame(writer);
    if (!granted) {
      closeAfterFlush();
    }
  }

  private static int clamp(int askedMs, ServerConfig.Timing timing) {
    return Math.max(timing.minSessionTimeoutMs(), Math.min(askedMs, timing.maxSessionTimeoutMs()));
  }

  private void as(long id) {
    sessionId = id;
    reader = new Caller(id, 0, ids);
  }

  // ---------------------------------------------------------------- requests

  private void request(int xid, int type, JuteReader in) {
    OpCode op = OpCode.of(type);
    if (op == null) {
      unimplemented(xid);
      return;
    }
    if (!mayAct && needsProof(op)) {
      replyHeader(xid, port.tree().lastAppliedZxid(), ErrorCode.SESSION_CLOSED_REQUIRE_SASL_AUTH);
      closeAfterFlush();
      return;
    }
    switch (op) {
      case PING -> replyHeader(Xid.PING, port.tree().lastAppliedZxid(), ErrorCode.OK);
      case AUTH -> authenticate(xid, in);
      case CREATE,
          CREATE2,
          CREATE_CONTAINER,
          CREATE_TTL,
          DELETE,
          SET_DATA,
          SET_ACL,
          MULTI,
          RECONFIG,
          SYNC,
          CLOSE_SESSION ->
          submit(xid, read(op, in));
      case EXISTS,
          GET_DATA,
          GET_ACL,
          GET_CHILDREN,
          GET_CHILDREN2,
          GET_EPHEMERALS,
          GET_ALL_CHILDREN_NUMBER,
          MULTI_READ,
          WHO_AM_I,
          SET_WATCHES,
          SET_WATCHES2,
          ADD_WATCH,
          CHECK_WATCHES,
          REMOVE_WATCHES,
          SASL ->
          readOrDefer(xid, read(op, in));
      case CHECK, DELETE_CONTAINER, CREATE_SESSION, NOTIFICATION, ERROR -> unimplemented(xid);
    }
  }

  private static boolean needsProof(OpCode op) {
    return switch (op) {
      case PING, AUTH, SASL, CLOSE_SESSION -> false;
      default -> true;
    };
  }

  private static Request read(OpCode op, JuteReader in) {
    try {
      return Request.read(op, in);
    } catch (MalformedRecordException e) {
      return new Request.Unreadable(op);
    }
  }

  /**
   * What Apache answers to a request of a kind that it doesn't know: the code, zxid -1, goodbye.
   */
  private void unimplemented(int xid) {
    replyHeader(xid, -1, ErrorCode.UNIMPLEMENTED);
    closeAfterFlush();
  }

  private void submit(int xid, Request request) {
    writesSubmitted++;
    loop.addInFlight(1);
    Caller caller = new Caller(sessionId, xid, ids);
    port.replica().submit(new Submission(this, caller, request, loop.nowNanos()));
    if (!throttled && loop.inFlight() > port.config().limits().globalOutstandingLimit()) {
      throttle(true);
      loop.throttled(this);
    }
  }

  /**
   * Any connection's answer may be the one after which the others go on: a throttled connection may
   * have none to wait for itself.
   */
  private void resumeThrottled() {
    if (loop.inFlight() <= port.config().limits().globalOutstandingLimit() / 2) {
      loop.resumeThrottled();
    }
  }

  /** Few enough requests are in flight again. */
  void resume() {
    if (stage != Stage.CLOSED) {
      throttle(false);
    }
  }

  /** The replica has answered one of this connection's requests. */
  void answered(Submission submission) {
    writesAnswered++;
    resumeThrottled();
    if (stage == Stage.CLOSED) {
      return;
    }
    if (submission.request() instanceof Request.CreateSession) {
      established(submission.session());
      return;
    }
    int xid = submission.caller().cxid();
    ErrorCode error = submission.outcome().error();
    JuteWriter writer = beginFrame();
    ReplyHeader.write(writer, xid, submission.zxid(), error.code());
    if (error == ErrorCode.OK) {
      submission.outcome().reply().write(writer);
    }
    endFrame(writer);
    answered(submission.request().op(), xid, submission.zxid(), submission.receivedNanos());
    if (submission.request() instanceof Request.CloseSession) {
      closeAfterFlush();
    }
    wakeDeferred();
  }

  private void wakeDeferred() {
    Deferred next = deferred == null ? null : deferred.peekFirst();
    if (next != null && next.afterWrite() <= writesAnswered) {
      loop.ready(this);
    }
  }

  /** Books a read that was just answered; one with no more than a header has failed. */
  void read(String path) {
    int bodyBytes = lastReplyBytes - REPLY_HEADER;
    if (bodyBytes > 0) {
      loop.recorder()
          .namespace(NamespaceMetric.READ_PER_NAMESPACE, path, path.length() + bodyBytes);
    }
  }

  /** Books an answer. */
  void answered(OpCode op, int xid, long zxid, long receivedNanos) {
    long nowNanos = loop.nowNanos();
    long latencyMs = (nowNanos - receivedNanos) / 1_000_000;
    stats.responded(xid, zxid, Operations.fourLetters(op), nowNanos / 1_000_000, latencyMs);
    if (Operations.isWrite(op)) {
      loop.recorder().updateLatency(latencyMs);
    } else {
      loop.recorder().readLatency(latencyMs);
    }
  }

  private void readOrDefer(int xid, Request request) {
    if (writesSubmitted == writesAnswered && (deferred == null || deferred.isEmpty())) {
      loop.reads().serve(this, xid, request, loop.nowNanos());
      return;
    }
    if (deferred == null) {
      deferred = new ArrayDeque<>(4);
    }
    deferred.addLast(new Deferred(writesSubmitted, xid, request, loop.nowNanos()));
  }

  /** Serves the reads whose turn has come. */
  void serveDeferred() {
    ArrayDeque<Deferred> waiting = deferred;
    while (waiting != null && stage == Stage.OPEN) {
      Deferred next = waiting.peekFirst();
      if (next == null) {
        deferred = null;
        return;
      }
      if (next.afterWrite() > writesAnswered) {
        return;
      }
      waiting.removeFirst();
      loop.reads().serve(this, next.xid(), next.request(), next.receivedNanos());
    }
  }

  /** Hangs up when a handshake or the rest of a frame has been owed for too long. */
  void checkDeadlines(long nowNanos) {
    if (throttled) {
      // A ping may be waiting that we don't read: whom we keep waiting we don't let expire.
      touch();
    }
    long limitNanos = port.config().limits().sessionlessCnxnTimeoutMs() * 1_000_000L;
    if (session == null && isOpen() && nowNanos - acceptedNanos > limitNanos) {
      loop.recorder().count(Counter.SESSIONLESS_CONNECTIONS_EXPIRED);
      refuse("a connection without a session after " + limitNanos / 1_000_000 + " ms");
      return;
    }
    // Who has a session may be far away and send much: a frame has as long as the session.
    long frameNanos = Math.max(limitNanos, timeoutMs * 1_000_000L);
    if (frames.isWaiting() && nowNanos - waitingSinceNanos > frameNanos) {
      refuse("a frame that is unfinished after " + frameNanos / 1_000_000 + " ms");
    }
  }

  private void answerWord(int letters, byte[] bytes, int offset, int end) {
    stats.packetReceived();
    loop.recorder().packetReceived(Integer.BYTES);
    long rest = end - offset >= Long.BYTES ? BigEndian.getLong(bytes, offset) : 0;
    byte[] answer = port.words().answer(letters, rest).getBytes(StandardCharsets.UTF_8);
    moveTo(Stage.CLOSING);
    send(answer, answer.length);
  }

  // ---------------------------------------------------------------- authentication

  /** Who this client is, for its reads. */
  Caller reader() {
    return reader;
  }

  List<ClientInfo> whoAmI() {
    return port.identities().whoAmI(ids);
  }

  private void known(List<Id> proven) {
    ids = proven;
    mayAct = port.identities().mayAct(proven);
    reader = new Caller(sessionId, 0, proven);
  }

  /** The connection is encrypted by that handler; who shows a certificate in it is known by it. */
  void securedBy(SslHandler handler, SocketAddress remote) {
    String refusal = port.admission().handshake();
    handler.handshakeFuture().addListener(handshake -> shaken(handler, handshake.isSuccess()));
    if (refusal != null) {
      loop.recorder().count(Counter.TLS_HANDSHAKE_EXCEEDED);
      port.refusals().refused(refusal, remote);
      loop.eventLoop().execute(this::closeQuietly);
    }
  }

  private void shaken(SslHandler handler, boolean success) {
    port.admission().handshakeEnded();
    if (!success) {
      loop.recorder().count(Counter.UNSUCCESSFUL_HANDSHAKE);
      loop.recorder().count(Counter.AUTH_FAILED_COUNT);
      return;
    }
    X509Certificate certificate = ClientTls.certificateOf(handler);
    if (certificate != null) {
      known(port.identities().withCertificate(ids, certificate));
    }
  }

  /**
   * Works at once, ahead of requests that wait; what is in flight keeps the ids it was sent with.
   */
  private void authenticate(int xid, JuteReader in) {
    Request.Auth auth;
    try {
      auth = (Request.Auth) Request.read(OpCode.AUTH, in);
    } catch (MalformedRecordException e) {
      refuse("an authentication that can't be read: " + e.getMessage());
      return;
    }
    List<Id> granted = port.identities().authenticate(auth.scheme(), auth.auth(), ids);
    if (granted == null) {
      loop.recorder().count(Counter.AUTH_FAILED_COUNT);
      replyHeader(xid, 0, ErrorCode.AUTH_FAILED);
      closeAfterFlush();
      return;
    }
    known(granted);
    replyHeader(xid, 0, ErrorCode.OK);
  }

  // ---------------------------------------------------------------- bytes out

  /** It has set watches. */
  void watches() {
    watching = true;
  }

  /** A watch has fired; told only to those who may read the znode. */
  void notify(WatchEvent event) {
    if (stage == Stage.OPEN && mayLearnOf(event)) {
      byte[] frame = loop.frameOf(event);
      loop.recorder().count(Counter.WATCH_BYTES, frame.length);
      send(frame, frame.length);
    }
  }

  private boolean mayLearnOf(WatchEvent event) {
    return event.acl().isEmpty()
        || port.config().features().skipAcl()
        || AclRules.permits(event.acl(), Acl.READ, ids, port.identities().schemes());
  }

  /** The start of a frame, to be ended with {@link #endFrame} before anything else is written. */
  JuteWriter beginFrame() {
    JuteWriter writer = loop.scratch();
    writer.writeInt(0);
    return writer;
  }

  void endFrame(JuteWriter writer) {
    lastReplyBytes = writer.length() - 4;
    writer.putInt(0, lastReplyBytes);
    loop.recorder().responseSize(lastReplyBytes);
    send(writer.array(), writer.length());
  }

  void replyHeader(int xid, long zxid, ErrorCode error) {
    JuteWriter writer = beginFrame();
    ReplyHeader.write(writer, xid, zxid, error.code());
    endFrame(writer);
  }

  private void send(byte[] bytes, int length) {
    ByteBuf buffer = out;
    if (buffer == null) {
      buffer = context().alloc().directBuffer(Math.max(length, FIRST_OUTPUT_BYTES));
      out = buffer;
      loop.dirty(this);
    }
    buffer.writeBytes(bytes, 0, length);
    stats.packetSent();
    loop.recorder().packetSent();
  }

  /** Sends what was written since the last time; called once per batch. */
  void flush() {
    ByteBuf buffer = out;
    if (buffer == null) {
      return;
    }
    out = null;
    ChannelHandlerContext ctx = context();
    if (!ctx.channel().isActive()) {
      buffer.release();
      return;
    }
    var written =
        ctx.writeAndFlush(buffer, stage == Stage.CLOSING ? ctx.newPromise() : ctx.voidPromise());
    if (stage == Stage.CLOSING) {
      written.addListener(ChannelFutureListener.CLOSE);
    } else if (!ctx.channel().isWritable()) {
      slowReader(ctx);
    }
  }

  /**
   * A client that does not take its replies gets no more requests in, and in the end no more at
   * all.
   */
  private void slowReader(ChannelHandlerContext ctx) {
    if (ctx.channel().bytesBeforeWritable() > port.maxPendingOutputBytes()) {
      refuse("a client that leaves more than " + port.maxPendingOutputBytes() + " bytes unread");
    } else {
      ctx.channel().config().setAutoRead(false);
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (ctx.channel().isWritable() && !throttled && !stopped) {
      ctx.channel().config().setAutoRead(true);
    }
  }

  private void throttle(boolean on) {
    throttled = on;
    ChannelHandlerContext ctx = context();
    ctx.channel().config().setAutoRead(!on && !stopped && ctx.channel().isWritable());
  }

  // ---------------------------------------------------------------- the end

  private void closeAfterFlush() {
    if (stage.compareTo(Stage.CLOSING) < 0) {
      moveTo(Stage.CLOSING);
      if (out == null) {
        context().close();
      }
    }
  }

  /** Hangs up without a word, as on a client whose session has moved or ended. */
  void closeQuietly() {
    if (stage.compareTo(Stage.CLOSING) < 0) {
      moveTo(Stage.CLOSING);
    }
    context().close();
  }

  /** Hangs up on a client that does what none should; told to the log at a bounded rate. */
  void refuse(String what) {
    port.refusals().refused(what, context().channel().remoteAddress());
    closeQuietly();
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    if (isOpen()) {
      // The other side has hung up without a word.
      loop.recorder().count(Counter.CONNECTION_DROP_COUNT);
    }
    moveTo(Stage.CLOSED);
    ByteBuf buffer = out;
    if (buffer != null) {
      out = null;
      buffer.release();
    }
    deferred = null;
    loop.connections().remove(this);
    if (watching) {
      port.tree().shared(() -> loop.forgetWatches(this));
    }
    if (sessionId != 0) {
      port.replica().submit(new Detach(this, sessionId));
      port.replica().flush();
    }
  }

  @Override
  @SuppressWarnings("deprecation") // the handler's own failures arrive here and nowhere else
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (cause instanceof IOException) {
      // The peer has gone: nothing that anybody could do something about.
      closeQuietly();
    } else if (cause instanceof DecoderException) {
      // Only TLS decodes before this handler.
      refuse("a TLS handshake that failed: " + cause.getMessage());
    } else {
      port.failed(cause, ctx.channel().remoteAddress());
      closeQuietly();
    }
  }

  // ---------------------------------------------------------------- for operators

  /** What this connection has done; any thread. */
  ConnectionView view() {
    int timeout = timeoutMs;
    long expiresWallMs = port.clock().wallMs() + timeout;
    SocketAddress remote = context().channel().remoteAddress();
    return stats.view(
        remote,
        throttled ? 0 : 1,
        writesSubmitted - writesAnswered,
        sessionId,
        timeout,
        acceptedWallMs,
        expiresWallMs);
  }

  void resetStats() {
    stats.reset();
  }

  /** The server is going: what is in flight is still answered, and nothing more is taken in. */
  void stopTaking() {
    stopped = true;
    context().channel().config().setAutoRead(false);
  }

  private void moveTo(Stage next) {
    stage = next;
  }

  private ChannelHandlerContext context() {
    ChannelHandlerContext ctx = channel;
    if (ctx == null) {
      throw new IllegalStateException("not added to a channel yet");
    }
    return ctx;
  }
}
