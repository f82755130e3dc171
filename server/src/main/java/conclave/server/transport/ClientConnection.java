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
import conclave.protocol.Reply;
import conclave.protocol.ReplyHeader;
import conclave.protocol.Request;
import conclave.protocol.SessionPassword;
import conclave.protocol.Xid;
import conclave.replica.Attach;
import conclave.replica.Client;
import conclave.replica.Delivery;
import conclave.replica.Serving;
import conclave.replica.Submission;
import conclave.server.admin.AuditLog;
import conclave.server.admin.ConnectionStats;
import conclave.server.admin.ConnectionView;
import conclave.server.admin.Counter;
import conclave.server.admin.NamespaceMetric;
import conclave.server.admin.Summary;
import conclave.server.auth.ClientTls;
import conclave.server.auth.SaslExchange;
import conclave.server.auth.SaslLogin;
import conclave.server.config.ServerConfig;
import conclave.state.AclRules;
import conclave.state.Caller;
import conclave.state.Outcome;
import conclave.state.SessionExpiry;
import conclave.state.WatchEvent;
import conclave.state.Watcher;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.SslHandler;
import java.io.IOException;
import java.net.InetAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.util.ArrayDeque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import javax.security.sasl.SaslException;
import org.jspecify.annotations.Nullable;

/**
 * One connection of a client: takes its bytes apart, answers reads, sends what changes anything to
 * the replica, and writes replies and events in the order that was promised.
 *
 * <p>Replies leave in the order of their requests. A read that follows a write of the same
 * connection waits until the write is answered, and what follows such a read waits for the read:
 * each sees the effects of all that came before it on the connection, and of nothing that came
 * after. Without a write in flight a read is answered at once. Pings and authentication wait for
 * nobody. All methods run on the connection's event loop.
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

  /**
   * A request that waits for its turn; null for one of a kind that nobody knows, which ends the
   * connection.
   *
   * @param heldBack whether the request throttle is what it waits for
   */
  private record Waiting(
      int xid, @Nullable Request request, long receivedNanos, boolean heldBack) {}

  /** What most batches of replies fit in. */
  private static final int FIRST_OUTPUT_BYTES = 1024;

  /** From here on a batch of replies leaves in parts. */
  private static final int LARGE_OUTPUT_BYTES = 256 * 1024;

  /** Requests that may wait for their turn before no more are taken in. */
  private static final int MOST_WAITING = 1024;

  /** Nothing of a request is looked at unless its header, xid and type, is there. */
  private static final int REQUEST_HEADER = 8;

  private static final int REPLY_HEADER = 16;

  private final ClientPort port;
  private final LoopContext loop;
  private final String address;
  private final long acceptedNanos;
  private final long acceptedWallMs;
  private final ConnectionStats stats = new ConnectionStats();
  private final FrameAssembler frames = new FrameAssembler(this);

  private @Nullable ChannelHandlerContext channel;
  private Stage stage = Stage.NEW;

  /** Since when the rest of the frame that has begun is owed. */
  private long owingSinceNanos;

  private long closingSinceNanos;

  private @Nullable ByteBuf out;

  /** Null where what leaves is encrypted. */
  private @Nullable PlainSocket socket;

  /**
   * The socket while the session is there and nothing waits to be written, so that an event may
   * leave at once; null otherwise. All that an event to very many has to look at: {@link #flush}
   * sets it, and whatever is written takes it away.
   */
  private @Nullable PlainSocket idle;

  private boolean tellReadOnly;

  /** It is served while there is no quorum, and may only read. */
  private boolean readOnly;

  private int timeoutMs;
  private long sessionId;
  private SessionExpiry.@Nullable Handle session;
  private List<Id> ids;

  /** Who this client is, for reads. */
  private Caller reader;

  private long writesSubmitted;
  private long writesAnswered;

  /**
   * What came behind a read that waits for a write, in order. A write waits here too: the read must
   * not see it.
   */
  private @Nullable ArrayDeque<Waiting> waiting;

  /** Whether it has proven enough to do anything but prove more. */
  private boolean mayAct;

  /** The server has too much to do, and takes in nothing from here until it has less. */
  private boolean throttled;

  /** The next request that waits can't begin before fewer are in process. */
  private boolean held;

  /** The length of the request being looked at when it is a large one that nobody has counted. */
  private int largeBytes;

  /** Large requests that wait or are in process, with their lengths. */
  private @Nullable Map<Request, Integer> largeRequests;

  private int lastReplyBytes;

  /** What was counted of it in {@link ClientPort#unread}. */
  private long unreadBytes;

  /** No more is taken in at the moment; the socket is not read either. */
  private boolean paused;

  private boolean stopped;

  /** What follows is not looked at: the connection ends when it has been answered so far. */
  private boolean ended;

  /** How far the client has come with proving its name; null before and after. */
  private @Nullable SaslExchange sasl;

  /** Whether it is encrypted. */
  private boolean secure;

  /** Whether it may have watches, which have to be taken away with it. */
  private boolean watching;

  ClientConnection(ClientPort port, LoopContext loop, InetAddress address) {
    this.port = port;
    this.loop = loop;
    this.address = address.getHostAddress();
    List<Id> ids = port.identities().ofAddress(address);
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
  public void deliver(Delivery delivery) {
    loop.outbox().offer(delivery);
  }

  @Override
  public void deliverToAll(WatchEvent event, List<Watcher> watchers) {
    loop.outbox().offer(new Delivery.Events(this, event, watchers));
  }

  /** The server has lost its leader: ends the connection of a session; others may still ask. */
  void endUnserved() {
    if (stage != Stage.NEW) {
      closeQuietly();
    }
  }

  // ---------------------------------------------------------------- bytes in

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    channel = ctx;
  }

  /** Nothing is to be encrypted: what leaves may go straight to the socket. */
  void plain(Channel on) {
    socket = PlainSocket.of(on);
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
      boolean owed = frames.isWaiting();
      boolean whole = frames.take(in, loop.input());
      if (whole || !owed) {
        owingSinceNanos = loop.nowNanos();
      }
      if (isOpen() && !isTaking()) {
        pause(true);
      }
    } finally {
      in.release();
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    loop.finishLater();
  }

  @Override
  public boolean isOpen() {
    return stage.compareTo(Stage.CLOSING) < 0;
  }

  @Override
  public boolean isTaking() {
    return isOpen() && !throttled && !stopped && !ended && !isCrowded() && !isBackedUp();
  }

  private boolean isCrowded() {
    return waiting != null && waiting.size() >= MOST_WAITING;
  }

  /** Whether the client leaves its replies unread, so that more of them would only pile up. */
  private boolean isBackedUp() {
    ByteBuf buffer = out;
    if (buffer != null && buffer.readableBytes() >= LARGE_OUTPUT_BYTES) {
      flush();
    }
    return !context().channel().isWritable();
  }

  private void pause(boolean on) {
    if (paused != on) {
      paused = on;
      owingSinceNanos = loop.nowNanos();
      context().channel().config().setAutoRead(!on && !stopped);
    }
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
    if (!port.largeRequests().hasRoomFor(length)) {
      tooLarge(length);
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
    } else if (port.largeRequests().isLarge(length)) {
      largeRequest(length, in);
    } else {
      request(in.readInt(), in.readInt(), in);
    }
  }

  private void largeRequest(int length, JuteReader in) {
    if (!port.largeRequests().take(length)) {
      tooLarge(length);
      return;
    }
    largeBytes = length;
    request(in.readInt(), in.readInt(), in);
    if (largeBytes != 0) {
      // It is answered already.
      port.largeRequests().release(largeBytes);
      largeBytes = 0;
    }
  }

  private void tooLarge(int length) {
    loop.recorder().count(Counter.LARGE_REQUESTS_REJECTED);
    refuse("a request of " + length + " bytes: largeRequestMaxBytes are in process");
  }

  /** It is not answered at once, so its length stays counted until it is. */
  private void keepCounted(Request request) {
    if (largeBytes != 0) {
      Map<Request, Integer> counted = largeRequests;
      if (counted == null) {
        counted = new IdentityHashMap<>(4);
        largeRequests = counted;
      }
      counted.put(request, largeBytes);
      largeBytes = 0;
    }
  }

  private void countOut(@Nullable Request request) {
    if (largeRequests != null && request != null) {
      Integer length = largeRequests.remove(request);
      if (length != null) {
        port.largeRequests().release(length);
      }
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
    Serving serving = port.serving();
    if (serving == Serving.NOBODY
        || serving == Serving.READERS && !Boolean.TRUE.equals(connect.readOnly())) {
      // Nobody leads, or this client wants to write: it tries another server.
      closeAfterFlush();
      return;
    }
    readOnly = serving == Serving.READERS;
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
      submit(0, new Request.CreateSession(timeoutMs), loop.nowNanos());
    } else if (SessionPassword.matches(connect.sessionId(), connect.passwd())) {
      loop.recorder().count(Counter.CONNECTION_REVALIDATE_COUNT);
      as(connect.sessionId());
      writesSubmitted++;
      loop.addInFlight(1);
      port.replica().attach(new Attach(this, sessionId, timeoutMs));
    } else {
      welcome(false);
    }
  }

  void attached(Attach attach) {
    writesAnswered++;
    if (attach.isLost()) {
      closeQuietly();
    } else if (stage == Stage.HANDSHAKE) {
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
    wakeWaiting();
  }

  /** Answers the handshake; a client whose session is gone is told so and hung up on. */
  private void welcome(boolean granted) {
    JuteWriter writer = beginFrame();
    new ConnectResponse(
            0,
            granted ? timeoutMs : 0,
            granted ? sessionId : 0,
            granted ? SessionPassword.of(sessionId) : new byte[SessionPassword.LENGTH],
            tellReadOnly ? readOnly : null)
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
    if (!mayAct && op != OpCode.AUTH && op != OpCode.SASL) {
      replyHeader(xid, 0, ErrorCode.SESSION_CLOSED_REQUIRE_SASL_AUTH);
      closeAfterFlush();
      return;
    }
    switch (op) {
      case PING -> replyHeader(Xid.PING, port.tree().lastAppliedZxid(), ErrorCode.OK);
      case AUTH -> authenticate(xid, in);
      case SASL -> sasl(xid, in);
      case CHECK, DELETE_CONTAINER, CREATE_SESSION, NOTIFICATION, ERROR -> unimplemented(xid);
      default -> inTurn(xid, read(op, in));
    }
  }

  /** Whether a request goes through the replica; anything else is answered here. */
  private static boolean isOrdered(OpCode op) {
    return switch (op) {
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
          true;
      default -> false;
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
    ended = true;
    if (writesSubmitted == writesAnswered && waiting == null) {
      replyHeader(xid, -1, ErrorCode.UNIMPLEMENTED);
      closeAfterFlush();
    } else {
      await(xid, null);
    }
  }

  /** Does what is asked if its turn has come, and lets it wait if not. */
  private void inTurn(int xid, Request request) {
    if (waiting != null) {
      await(xid, request);
    } else if (isOrdered(request.op())) {
      if (loop.isFull()) {
        hold();
        await(xid, request);
      } else {
        submit(xid, request, loop.nowNanos());
      }
    } else if (writesSubmitted == writesAnswered) {
      loop.reads().serve(this, xid, request, loop.nowNanos());
    } else {
      await(xid, request);
    }
  }

  private void await(int xid, @Nullable Request request) {
    ArrayDeque<Waiting> queue = waiting;
    if (queue == null) {
      queue = new ArrayDeque<>(4);
      waiting = queue;
    }
    queue.addLast(new Waiting(xid, request, loop.nowNanos(), held));
    if (request != null) {
      keepCounted(request);
    }
  }

  private void hold() {
    if (!held) {
      held = true;
      loop.recorder().count(Counter.REQUEST_THROTTLE_WAIT_COUNT);
      loop.held(this);
    }
  }

  /** Fewer requests are in process; {@link #proceed} is to be called. */
  void unhold() {
    held = false;
  }

  private void submit(int xid, Request request, long receivedNanos) {
    keepCounted(request);
    writesSubmitted++;
    loop.addInFlight(1);
    Caller caller = new Caller(sessionId, xid, ids);
    port.replica().submit(new Submission(this, caller, request, receivedNanos));
    if (!throttled && loop.inFlight() > port.config().limits().globalOutstandingLimit()) {
      throttled = true;
      loop.throttled(this);
    }
  }

  /** Whether the server has caught up so far that it takes in more. */
  boolean hasServerCaughtUp() {
    return loop.inFlight() <= port.config().limits().globalOutstandingLimit() / 2;
  }

  /** More may be taken in; {@link #proceed} is to be called. */
  void release() {
    throttled = false;
    // What the client has sent meanwhile was not read, its pings among it.
    touch();
  }

  /** The replica has answered one of this connection's requests. */
  void answered(Submission submission) {
    writesAnswered++;
    countOut(submission.request());
    if (!isOpen()) {
      return;
    }
    if (submission.isLost() || submission.outcome().error() == ErrorCode.SESSION_MOVED) {
      // Nobody knows what became of it; or the session is served elsewhere, and whoever asks here
      // must not hear anything that could look like an answer to it. As in Apache.
      closeQuietly();
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
    audit(submission);
    if (submission.request() instanceof Request.CloseSession) {
      closeAfterFlush();
    }
    wakeWaiting();
  }

  /**
   * Whether {@link #answered} and {@link #flushSimple} can be left to a visitor of the event loop:
   * the connection goes on after this, nothing of it waits in the channel, and nothing is written
   * to a file.
   */
  boolean isSimple(Submission submission) {
    PlainSocket to = socket;
    if (to == null || !to.isThere() || to.isQueued() || unreadBytes > 0 || port.audit() != null) {
      return false;
    }
    if (submission.isLost()) {
      return false;
    }
    ByteBuf before = out;
    if (before != null && before.readableBytes() > LARGE_OUTPUT_BYTES) {
      return false;
    }
    if (submission.request() instanceof Request.CreateSession) {
      return stage == Stage.HANDSHAKE && submission.session() != null;
    }
    return stage == Stage.OPEN
        && !(submission.request() instanceof Request.CloseSession)
        && submission.outcome().error() != ErrorCode.SESSION_MOVED;
  }

  private void audit(Submission answered) {
    AuditLog audit = port.audit();
    if (audit != null) {
      Outcome outcome = answered.outcome();
      audit.answered(
          new AuditLog.Author(sessionId, port.identities().names(answered.caller().ids()), address),
          answered.request(),
          outcome.error(),
          outcome.reply());
    }
  }

  private void wakeWaiting() {
    if (waiting != null && writesSubmitted == writesAnswered) {
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

  /** Goes on after a stop: with what waits for its turn, then with what has come in since. */
  void proceed() {
    serveWaiting();
    if (paused && isTaking()) {
      boolean whole = frames.resume();
      if (whole) {
        owingSinceNanos = loop.nowNanos();
      }
      if (isTaking()) {
        pause(false);
      }
    }
    port.replica().flush();
  }

  private void serveWaiting() {
    ArrayDeque<Waiting> queue = waiting;
    while (queue != null && stage == Stage.OPEN && !isBackedUp()) {
      Waiting next = queue.peekFirst();
      if (next == null) {
        waiting = null;
        return;
      }
      Request request = next.request();
      if (isDropped(next, queue)) {
        return;
      }
      boolean refused = next.heldBack() && refuses(next, request);
      if (!refused && request != null && isOrdered(request.op())) {
        if (throttled || stopped) {
          return;
        }
        if (loop.isFull()) {
          hold();
          return;
        }
        queue.removeFirst();
        letGo(next);
        submit(next.xid(), request, next.receivedNanos());
      } else if (writesSubmitted != writesAnswered) {
        return;
      } else {
        queue.removeFirst();
        letGo(next);
        if (refused) {
          loop.recorder().count(Counter.THROTTLED_OPS);
          replyHeader(next.xid(), port.tree().lastAppliedZxid(), ErrorCode.THROTTLED_OP);
        } else {
          serve(next, request);
        }
        countOut(request);
      }
    }
  }

  /** Whether a request has waited for the throttle for so long that it is refused. */
  private boolean refuses(Waiting next, @Nullable Request request) {
    return request != null
        && !(request instanceof Request.CloseSession)
        && port.throttle().refuses(waitedMs(next));
  }

  private long waitedMs(Waiting next) {
    return (loop.nowNanos() - next.receivedNanos()) / 1_000_000;
  }

  /**
   * Whether the connection ends because the request has waited for longer than its session would
   * last. Whoever sent it has gone elsewhere, and what follows it must not be done without it.
   */
  private boolean isDropped(Waiting next, ArrayDeque<Waiting> queue) {
    boolean drops =
        next.heldBack()
            && port.throttle().dropsStale()
            && !(next.request() instanceof Request.CloseSession)
            && port.throttle().isStale(waitedMs(next), timeoutMs);
    if (drops) {
      queue.forEach(left -> countOut(left.request()));
      loop.recorder().count(Counter.STALE_REQUESTS_DROPPED, queue.size());
      waiting = null;
      refuse("a request that has waited for longer than its session lasts");
    }
    return drops;
  }

  /** Books a request that the throttle has let go. */
  private void letGo(Waiting next) {
    if (next.heldBack()) {
      long waitedMs = waitedMs(next);
      loop.recorder().record(Summary.REQUEST_THROTTLE_QUEUE_TIME_MS, waitedMs);
      if (port.throttle().isStale(waitedMs, timeoutMs)) {
        loop.recorder().count(Counter.STALE_REQUESTS);
      }
    }
  }

  private void serve(Waiting next, @Nullable Request request) {
    if (request != null) {
      loop.reads().serve(this, next.xid(), request, next.receivedNanos());
    } else {
      replyHeader(next.xid(), -1, ErrorCode.UNIMPLEMENTED);
      closeAfterFlush();
    }
  }

  /**
   * Hangs up when a handshake or the rest of a frame has been owed for too long, or when a client
   * does not take what it is told in the end. Bytes of a frame win no time for its other bytes.
   */
  void checkDeadlines(long nowNanos) {
    if (throttled) {
      // A ping may be waiting that we don't read: whom we keep waiting we don't let expire.
      touch();
    }
    long limitNanos = port.config().limits().sessionlessCnxnTimeoutMs() * 1_000_000L;
    if (stage == Stage.CLOSING) {
      if (nowNanos - closingSinceNanos > limitNanos) {
        closeQuietly();
      }
    } else if (session == null && nowNanos - acceptedNanos > limitNanos) {
      loop.recorder().count(Counter.SESSIONLESS_CONNECTIONS_EXPIRED);
      refuse("a connection without a session after " + limitNanos / 1_000_000 + " ms");
    } else if (frames.isWaiting() && !paused) {
      // Who has a session may be far away and send much: a frame has as long as the session.
      long frameNanos = Math.max(limitNanos, timeoutMs * 1_000_000L);
      if (nowNanos - owingSinceNanos > frameNanos) {
        refuse("a frame that is unfinished after " + frameNanos / 1_000_000 + " ms");
      }
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
    secure = true;
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

  /** Works at once, as auth requests do. Without anything to prove there is nothing to say. */
  private void sasl(int xid, JuteReader in) {
    byte[] token;
    try {
      token = ((Request.Sasl) Request.read(OpCode.SASL, in)).token();
    } catch (MalformedRecordException e) {
      refuse("a SASL token that can't be read: " + e.getMessage());
      return;
    }
    SaslLogin login = port.sasl();
    if (login == null) {
      saslReply(xid, ErrorCode.OK, null);
      return;
    }
    SaslExchange exchange = sasl;
    if (exchange == null) {
      exchange = login.begin();
      sasl = exchange;
    }
    try {
      byte[] answer = exchange.answer(token == null ? new byte[0] : token);
      String name = exchange.provenName();
      if (name != null) {
        sasl = null;
        known(port.identities().withSasl(ids, name));
      }
      saslReply(xid, ErrorCode.OK, answer);
    } catch (SaslException e) {
      sasl = null;
      saslFailed(xid);
    }
  }

  private void saslFailed(int xid) {
    loop.recorder().count(Counter.AUTH_FAILED_COUNT);
    if (port.identities().letsSaslFail()) {
      saslReply(xid, ErrorCode.OK, null);
      return;
    }
    boolean required = port.identities().requiresSasl();
    ErrorCode error = required ? ErrorCode.SESSION_CLOSED_REQUIRE_SASL_AUTH : ErrorCode.AUTH_FAILED;
    saslReply(xid, error, null);
    closeAfterFlush();
  }

  /** The token follows also an error, as in Apache. */
  private void saslReply(int xid, ErrorCode error, byte @Nullable [] token) {
    JuteWriter writer = beginFrame();
    ReplyHeader.write(writer, xid, 0, error.code());
    new Reply.OfToken(token).write(writer);
    endFrame(writer);
  }

  // ---------------------------------------------------------------- bytes out

  /** It has set watches. */
  void watches() {
    watching = true;
  }

  /** Whether an event may leave at once. */
  boolean isIdle() {
    PlainSocket to = idle;
    return to != null && to.isThere();
  }

  /** A watch has fired; told only to those who may read the znode. */
  void notify(WatchEvent event) {
    if (stage == Stage.OPEN && mayLearnOf(event)) {
      byte[] frame = loop.frameOf(event);
      loop.recorder().count(Counter.WATCH_BYTES, frame.length);
      send(frame, frame.length);
    }
  }

  /**
   * The same at once, past everything that gathers what is to be written.
   *
   * @param frame an event that anybody may learn of; left as it is
   * @return whether that was all; otherwise nothing was done
   */
  boolean notifyAtOnce(ByteBuf frame) {
    PlainSocket to = idle;
    if (to == null || !to.isThere()) {
      return false;
    }
    int written;
    try {
      written = to.write(frame);
    } catch (IOException peerHasGone) {
      // Nothing that anybody could do something about.
      closeQuietly();
      return true;
    }
    if (written < frame.readableBytes()) {
      if (written == 0) {
        return false;
      }
      ByteBuf rest = context().alloc().directBuffer(FIRST_OUTPUT_BYTES);
      write(rest.writeBytes(frame, written, frame.readableBytes() - written));
    }
    to.countEvent();
    return true;
  }

  private boolean mayLearnOf(WatchEvent event) {
    return loop.isForAll(event)
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
      write(buffer);
    } else if (buffer.readableBytes() > port.maxPendingOutputBytes() - length) {
      tooSlow();
      return;
    }
    buffer.writeBytes(bytes, 0, length);
    stats.packetSent();
    loop.recorder().packetSent();
    if (unreadBytes > 0) {
      // Its socket takes nothing at the moment, so no flush will count it.
      count(length);
    }
  }

  private void write(ByteBuf first) {
    out = first;
    idle = null;
    loop.dirty(this);
  }

  /**
   * Sends what was written since the last time; called once per batch. What the socket does not
   * take gathers in one piece, because a piece for each batch costs more than what is in it.
   */
  void flush() {
    if (!hasLeft()) {
      send();
      countUnread();
    }
    idle = hasNothingToWrite() ? socket : null;
  }

  /** By a visitor of the event loop: whether all has left; otherwise {@link #flush} is needed. */
  boolean flushSimple() {
    ByteBuf bytes = out;
    PlainSocket to = socket;
    if (bytes == null || to == null || stage != Stage.OPEN || !to.isThere() || to.isQueued()) {
      return false;
    }
    try {
      if (!takesAll(to, bytes)) {
        return false;
      }
    } catch (IOException peerHasGone) {
      // As the event loop will find out.
      return false;
    }
    idle = to;
    return true;
  }

  private boolean hasNothingToWrite() {
    return stage == Stage.OPEN && out == null && socket != null && !socket.isQueued();
  }

  /**
   * Writes straight to the socket; whether that was all and nothing is left to be done. The rest,
   * and what can't leave yet, goes by way of the channel.
   */
  private boolean hasLeft() {
    ByteBuf bytes = out;
    PlainSocket to = socket;
    if (bytes == null || to == null || unreadBytes > 0 || !to.isOpen()) {
      return false;
    }
    try {
      if (!takesAll(to, bytes)) {
        return false;
      }
    } catch (IOException peerHasGone) {
      // Nothing that anybody could do something about; what is left to write is let go there.
      closeQuietly();
      return true;
    }
    if (stage == Stage.CLOSING) {
      context().close();
    }
    return true;
  }

  /** Whether the socket took everything that is to be written; otherwise the rest is kept. */
  private boolean takesAll(PlainSocket to, ByteBuf bytes) throws IOException {
    int written = to.write(bytes);
    if (written < bytes.readableBytes()) {
      bytes.skipBytes(written);
      return false;
    }
    out = null;
    bytes.release();
    return true;
  }

  private void send() {
    ChannelHandlerContext ctx = context();
    ByteBuf buffer = out;
    if (!ctx.channel().isActive()) {
      out = null;
      if (buffer != null) {
        buffer.release();
      }
    } else if (stage == Stage.CLOSING) {
      out = null;
      queued();
      ctx.writeAndFlush(buffer == null ? Unpooled.EMPTY_BUFFER : buffer)
          .addListener(ChannelFutureListener.CLOSE);
    } else if (buffer != null && ctx.channel().isWritable()) {
      out = null;
      queued();
      ctx.writeAndFlush(buffer, ctx.voidPromise());
    }
  }

  /** The channel is given something. */
  private void queued() {
    PlainSocket past = socket;
    if (past != null) {
      past.queued();
    }
  }

  /** Nothing is counted of a client whose socket takes what there is. */
  private void countUnread() {
    Channel channel = context().channel();
    ByteBuf buffer = out;
    long now = 0;
    if (channel.isActive() && !channel.isWritable()) {
      now = channel.bytesBeforeWritable() + (buffer == null ? 0 : buffer.readableBytes());
    }
    if (now != unreadBytes) {
      count(now - unreadBytes);
    }
  }

  private void count(long moreUnread) {
    port.unread().add(moreUnread);
    unreadBytes += moreUnread;
    if (moreUnread > 0 && port.unread().areTooMany()) {
      loop.relieve();
    }
  }

  /** What the client leaves unread, as of the last flush. */
  long unreadBytes() {
    return unreadBytes;
  }

  /** Of all clients that leave too much unread, this one leaves the most. */
  void giveWay() {
    String what =
        "the client that leaves the most unread, "
            + unreadBytes
            + " bytes: all together leave more than "
            + port.unread().most();
    port.refusals().refused(what, context().channel().remoteAddress());
    port.unread().add(-unreadBytes);
    unreadBytes = 0;
    closeQuietly();
  }

  private void tooSlow() {
    String what =
        "a client that leaves more than " + port.maxPendingOutputBytes() + " bytes unread";
    port.refusals().refused(what, context().channel().remoteAddress());
    closeQuietly();
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (ctx.channel().isWritable()) {
      // Not at once: this may be inside of anything that writes.
      ctx.executor().execute(() -> loop.goOn(this));
    }
  }

  // ---------------------------------------------------------------- the end

  private void closeAfterFlush() {
    if (isOpen()) {
      moveTo(Stage.CLOSING);
      // Even when there is nothing more to send: what was sent may still be on its way.
      loop.dirty(this);
    }
  }

  /** The server is going: what is answered still leaves, if the client takes it soon. */
  ChannelFuture closeGently() {
    closeAfterFlush();
    return context().channel().closeFuture();
  }

  /** Hangs up without a word, as on a client whose session has moved or ended. */
  void closeQuietly() {
    if (isOpen()) {
      moveTo(Stage.CLOSING);
    }
    context().close();
  }

  /** Hangs up on a client that does what none should; told to the log at a bounded rate. */
  void refuse(String what) {
    port.refusals().refused(what, context().channel().remoteAddress());
    closeAfterFlush();
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
    leaveWaiting();
    port.unread().add(-unreadBytes);
    unreadBytes = 0;
    loop.connections().remove(this);
    if (watching) {
      port.tree().shared(() -> loop.forgetWatches(this));
    }
    if (sessionId != 0) {
      port.replica().detach(this, sessionId);
      port.replica().flush();
    }
  }

  /** The connection is gone: what waits for its turn is forgotten, unless configured otherwise. */
  private void leaveWaiting() {
    ArrayDeque<Waiting> queue = waiting;
    waiting = null;
    if (queue == null) {
      return;
    }
    boolean drops = !port.throttle().isOn() || port.throttle().dropsWithConnection();
    for (Waiting left : queue) {
      Request request = left.request();
      if (!drops && request != null && isOrdered(request.op())) {
        submit(left.xid(), request, left.receivedNanos());
      } else {
        countOut(request);
      }
      if (drops && left.heldBack()) {
        loop.recorder().count(Counter.STALE_REQUESTS_DROPPED);
      }
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
    PlainSocket plain = socket;
    return stats.view(
        remote,
        throttled ? 0 : 1,
        writesSubmitted - writesAnswered,
        plain == null ? 0 : plain.eventsSent(),
        sessionId,
        timeout,
        acceptedWallMs,
        expiresWallMs,
        secure);
  }

  void resetStats() {
    stats.reset();
    if (socket != null) {
      socket.resetEventsSent();
    }
  }

  /** The server is going: what is in flight is still answered, and nothing more is taken in. */
  void stopTaking() {
    stopped = true;
    context().channel().config().setAutoRead(false);
  }

  private void moveTo(Stage next) {
    stage = next;
    idle = null;
    if (next == Stage.CLOSING) {
      closingSinceNanos = port.clock().nanos();
    }
  }

  private ChannelHandlerContext context() {
    ChannelHandlerContext ctx = channel;
    if (ctx == null) {
      throw new IllegalStateException("not added to a channel yet");
    }
    return ctx;
  }
}
