package conclave.client;

import conclave.protocol.ConnectRequest;
import conclave.protocol.ConnectResponse;
import conclave.protocol.ErrorCode;
import conclave.protocol.EventType;
import conclave.protocol.JuteReader;
import conclave.protocol.JuteWriter;
import conclave.protocol.Reply;
import conclave.protocol.ReplyHeader;
import conclave.protocol.Request;
import conclave.protocol.WatcherEvent;
import conclave.protocol.Xid;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ConnectTimeoutException;
import io.netty.util.concurrent.ScheduledFuture;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import javax.security.sasl.SaslException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One attempt at one server, and if it comes to that, the conversation with it: handshake, pipeline
 * of requests, heartbeats. It ends with {@link Session#connectionEnded} exactly once and is then of
 * no use.
 */
final class Connection extends ChannelInboundHandlerAdapter {
  private static final Logger LOG = LoggerFactory.getLogger(Connection.class);

  /** So much leaves at once, though more may be on its way: room for the next ones. */
  private static final int FLUSH_AT_BYTES = 32 * 1024;

  /** A writer that one large request has made larger is given up. */
  private static final int KEEP_BYTES = 128 * 1024;

  private final Session session;
  private final InetSocketAddress server;
  private final ClientOptions options;
  private final ConnectRequest hello;
  private final int withinMs;
  private final long startedNanos;
  private final Frames frames;

  /** What is to leave with the next flush. */
  private JuteWriter writer = new JuteWriter();

  private final Deque<Numbered> inFlight = new ArrayDeque<>();

  /** Authentication is answered out of turn: the server doesn't queue it behind other requests. */
  private final Deque<Pending<?>> authInFlight = new ArrayDeque<>();

  private @Nullable Channel channel;
  private @Nullable ScheduledFuture<?> timer;
  private String whyEnded = "the server closed the connection";
  private boolean open;
  private boolean ended;

  /** Whether bytes are being handled; what is asked meanwhile leaves when they are. */
  private boolean reading;

  private boolean flushQueued;

  /** There is one when the server has agreed to a session. */
  private @Nullable Heartbeat heartbeat;

  /** When the pings were sent that have no answer yet. */
  private final Deque<Long> pingsSentNanos = new ArrayDeque<>();

  private @Nullable SaslLogin saslLogin;
  private @Nullable CompletableFuture<LoginStep> loginStep;
  private @Nullable ConnectResponse agreed;
  private long helloNanos;

  private record Numbered(int xid, long sentNanos, Pending<?> pending) {}

  /**
   * @param withinMs how long it may take until the server has answered the handshake
   */
  Connection(
      Session session,
      InetSocketAddress server,
      ClientOptions options,
      ConnectRequest hello,
      int withinMs) {
    this.session = session;
    this.startedNanos = session.ports().nanoTime();
    this.server = server;
    this.options = options;
    this.hello = hello;
    this.withinMs = withinMs;
    this.frames = new Frames(options.maxReplyBytes());
  }

  InetSocketAddress server() {
    return server;
  }

  private boolean isPlain() {
    return options.tls() == null;
  }

  /** Sends a request; its future completes with the answer, or when the connection ends. */
  void send(Pending<?> pending) {
    int xid = pending.xid() == 0 ? session.nextXid() : pending.xid();
    if (xid == Xid.AUTH) {
      authInFlight.add(pending);
    } else {
      inFlight.add(new Numbered(xid, session.ports().nanoTime(), pending));
    }
    writeRequest(xid, pending.request());
  }

  /**
   * Fails the futures of requests whose callers wait no longer. The requests keep their place:
   * their answers may still come.
   *
   * @return the earliest deadline that is left, {@link Long#MAX_VALUE} for none
   */
  long failOverdue(long nowNanos) {
    long next = Long.MAX_VALUE;
    for (Numbered numbered : inFlight) {
      Pending<?> pending = numbered.pending;
      if (pending.isOverdue(nowNanos)) {
        if (!pending.future().isDone()) {
          pending.fail(
              new DeadlineException(
                  server
                      + " did not answer "
                      + pending.request().op()
                      + " "
                      + pending.path()
                      + " in time; it may or may not have been done"));
        }
      } else if (pending.hasDeadline()) {
        next = Session.earlier(next, pending.deadlineNanos());
      }
    }
    return next;
  }

  /** Sets the channel up: encryption first, if it is wanted, then this conversation. */
  ChannelHandler initializer() {
    Connection conversation = this;
    return new ChannelInitializer<Channel>() {
      @Override
      protected void initChannel(Channel fresh) {
        Tls.addTo(fresh, server, options);
        if (isPlain()) {
          // Decryption would keep what it is handed until it has all of a record.
          fresh.config().setRecvByteBufAllocator(session.received());
        }
        fresh.pipeline().addLast(conversation);
      }
    };
  }

  /** Breaks the connection. */
  void close(String why) {
    if (!ended) {
      whyEnded = why;
    }
    Channel current = channel;
    if (current != null) {
      current.close();
    } else {
      end();
    }
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    if (ended) {
      // The session gave this attempt up before it had come to anything.
      context.close();
      return;
    }
    channel = context.channel();
    helloNanos = session.ports().nanoTime();
    int start = beginFrame();
    hello.write(writer);
    endFrame(start);
    long usedNanos = helloNanos - startedNanos;
    timer =
        context
            .executor()
            .schedule(
                () -> close("no answer to the handshake within " + withinMs + " ms"),
                TimeUnit.MILLISECONDS.toNanos(withinMs) - usedNanos,
                TimeUnit.NANOSECONDS);
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    ByteBuf bytes = (ByteBuf) message;
    reading = true;
    try {
      Heartbeat beating = heartbeat;
      if (beating != null) {
        beating.heard(session.ports().nanoTime());
      }
      frames.take(bytes, this::frame);
    } finally {
      reading = false;
      bytes.release();
    }
    flush();
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    end();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    // An I/O error, or bytes that are not the protocol: either way this server is of no use.
    LOG.debug("connection to {} failed", server, cause);
    close(messageOf(cause));
  }

  /** The socket could not be opened. */
  void connectFailed(Throwable cause) {
    if (cause instanceof ConnectTimeoutException) {
      whyEnded = "no connection within " + withinMs + " ms";
    } else if (cause instanceof ConnectException) {
      whyEnded = "connection refused";
    } else {
      whyEnded = messageOf(cause);
    }
    end();
  }

  private static String messageOf(Throwable cause) {
    for (Throwable t = cause; t != null; t = t.getCause()) {
      if (t instanceof SSLException) {
        return "TLS failed: " + t.getMessage();
      }
    }
    String message = cause.getMessage();
    return message == null ? cause.toString() : message;
  }

  private void frame(JuteReader in) {
    if (ended) {
      return;
    }
    if (!open) {
      handshake(ConnectResponse.read(in));
      return;
    }
    ReplyHeader header = ReplyHeader.read(in);
    switch (header.xid()) {
      case Xid.NOTIFICATION -> notification(header, WatcherEvent.read(in));
      case Xid.PING -> pingAnswered();
      case Xid.AUTH -> authAnswered(header);
      default -> answered(header, in);
    }
  }

  private void handshake(ConnectResponse response) {
    cancelTimer();
    if (response.timeoutMs() <= 0) {
      session.expired();
      return;
    }
    open = true;
    agreed = response;
    SaslOptions sasl = options.sasl();
    if (sasl == null) {
      startBeating(response);
      session.connected(this, response, helloNanos);
    } else {
      beginSasl(sasl);
    }
  }

  private void startBeating(ConnectResponse response) {
    Heartbeat beating = new Heartbeat(response.timeoutMs(), session.ports().nanoTime());
    heartbeat = beating;
    beat(beating);
  }

  /** Nothing else is asked for until the server knows who asks. */
  private void beginSasl(SaslOptions sasl) {
    loginStep(
        () -> {
          SaslLogin login = SaslLogin.begin(sasl, server.getHostString());
          return new LoginStep(login, login.firstToken());
        });
  }

  /**
   * What a step of the login has come to.
   *
   * @param token what to send, null when there is nothing more to say
   */
  private record LoginStep(SaslLogin login, byte @Nullable [] token) {}

  @FunctionalInterface
  private interface LoginWork {
    LoginStep done() throws SaslException;
  }

  /**
   * Takes a step of the login, for which somebody may have to be asked, and goes on when it is
   * done. The heart stands still so long, as that of Apache's client does: where only those are
   * served who have logged in (enforce.auth.enabled), a ping before that ends the connection, and
   * the server's silence is no fault of its own.
   */
  private void loginStep(LoginWork work) {
    cancelTimer();
    CompletableFuture<LoginStep> taken =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return work.done();
              } catch (SaslException e) {
                throw new CompletionException(e);
              }
            },
            session.ports().logins());
    loginStep = taken;
    taken.whenComplete((done, failure) -> session.execute(() -> loginStepTaken(done, failure)));
  }

  private void loginStepTaken(@Nullable LoginStep step, @Nullable Throwable failure) {
    ConnectResponse response = agreed;
    Channel current = channel;
    if (ended || response == null || current == null || !current.isOpen()) {
      // Given up meanwhile, and perhaps the whole session with it.
      return;
    }
    if (step == null) {
      loginFailed(ConclaveException.causeOf(failure));
      return;
    }
    startBeating(response);
    saslLogin = step.login();
    byte[] token = step.token();
    if (token == null) {
      session.connected(this, response, helloNanos);
    } else {
      sendToken(token);
    }
  }

  private void loginFailed(Throwable cause) {
    LOG.warn("the login at {} failed: {}", server, cause.getMessage());
    if (cause instanceof SaslException) {
      session.authFailed(this);
    } else {
      close(messageOf(cause));
    }
  }

  private void sendToken(byte[] token) {
    send(Pending.own(new Request.Sasl(token), 0));
  }

  private void saslAnswered(ReplyHeader header, Reply body) {
    SaslLogin login = saslLogin;
    if (login == null) {
      throw new IllegalStateException("an answer to a SASL request that was not made");
    }
    if (header.err() != 0) {
      LOG.warn("{} refused the SASL login", server);
      session.authFailed(this);
      return;
    }
    byte[] given = body instanceof Reply.OfToken answer ? answer.token() : null;
    byte[] token = given == null ? new byte[0] : given;
    loginStep(() -> new LoginStep(login, login.next(token)));
  }

  /** Pings when it is time to, and gives up on a server that says nothing. */
  private void beat(Heartbeat beating) {
    Channel current = channel;
    if (current == null || ended) {
      return;
    }
    long now = session.ports().nanoTime();
    if (beating.isTimeToLeave(now)) {
      close("nothing heard for " + beating.silentMs(now) + " ms");
      return;
    }
    if (beating.isTimeToPing(now)) {
      pingsSentNanos.add(now);
      writeRequest(Xid.PING, new Request.Ping());
      beating.pinged(now);
    }
    timer =
        current
            .eventLoop()
            .schedule(() -> beat(beating), beating.nextLookNanos(now), TimeUnit.NANOSECONDS);
  }

  private void pingAnswered() {
    Long sentNanos = pingsSentNanos.poll();
    if (sentNanos != null) {
      session.proven(sentNanos);
    }
  }

  private void notification(ReplyHeader header, WatcherEvent event) {
    EventType type = EventType.of(event.type());
    if (type == null) {
      throw new IllegalStateException("the server sent an event of an unknown type: " + event);
    }
    session.notified(type, event.path(), header.zxid());
  }

  private void authAnswered(ReplyHeader header) {
    Pending<?> pending = authInFlight.poll();
    if (pending != null) {
      pending.answered(header, Reply.NOTHING);
    }
    if (header.err() != 0) {
      session.authFailed(this);
    }
  }

  private void answered(ReplyHeader header, JuteReader in) {
    // Stays at the head until its answer has been understood: if that throws, it fails with the
    // connection.
    Numbered head = inFlight.peek();
    if (head == null || head.xid != header.xid()) {
      // Answers come in the order of requests; anything else means that neither side knows what was
      // meant.
      throw new IllegalStateException(
          "the server answered request "
              + header.xid()
              + " when it was the turn of "
              + (head == null ? "none" : head.xid));
    }
    Request request = head.pending.request();
    Reply body = header.err() == 0 ? Reply.read(request.op(), in) : Reply.NOTHING;
    inFlight.remove();
    session.answered(head.pending, head.sentNanos, header.zxid(), ErrorCode.of(header.err()));
    if (request instanceof Request.Sasl) {
      saslAnswered(header, body);
    }
    head.pending.answered(header, body);
  }

  private void writeRequest(int xid, Request request) {
    int start = beginFrame();
    writer.writeInt(xid);
    writer.writeInt(request.op().code());
    request.write(writer);
    endFrame(start);
  }

  private int beginFrame() {
    int start = writer.length();
    writer.writeInt(0);
    return start;
  }

  /** Flushes when everything that is queued now has been written too. */
  private void endFrame(int start) {
    Channel current = channel;
    if (current == null || ended) {
      writer.truncate(start);
      return;
    }
    writer.putInt(start, writer.length() - start - 4);
    Heartbeat beating = heartbeat;
    if (beating != null) {
      beating.said(session.ports().nanoTime());
    }
    if (writer.length() >= FLUSH_AT_BYTES) {
      flush();
    } else if (!reading && !flushQueued) {
      flushQueued = true;
      current.eventLoop().execute(this::flushQueued);
    }
  }

  private void flushQueued() {
    flushQueued = false;
    flush();
  }

  private void flush() {
    Channel current = channel;
    int length = writer.length();
    if (current == null || length == 0) {
      return;
    }
    if (!current.isOpen()) {
      // Why it was closed is known: that nothing can be written any more is not the reason.
      writer.reset();
      return;
    }
    byte[] bytes = writer.array();
    int taken = 0;
    if (isPlain() && current instanceof ClientSocket socket) {
      try {
        taken = socket.writeNow(bytes, length);
      } catch (IOException e) {
        writer.reset();
        close(messageOf(e));
        return;
      }
    }
    if (taken < length) {
      ByteBuf rest = current.alloc().ioBuffer(length - taken);
      rest.writeBytes(bytes, taken, length - taken);
      current.writeAndFlush(rest, current.voidPromise());
    }
    if (bytes.length > KEEP_BYTES) {
      writer = new JuteWriter();
    } else {
      writer.reset();
    }
  }

  private void end() {
    if (ended) {
      return;
    }
    ended = true;
    cancelTimer();
    CompletableFuture<LoginStep> step = loginStep;
    if (step != null) {
      // One that waits for another connection's is not begun.
      step.cancel(false);
    }
    List<Pending<?>> unanswered = new ArrayList<>(authInFlight);
    inFlight.forEach(numbered -> unanswered.add(numbered.pending));
    authInFlight.clear();
    inFlight.clear();
    session.connectionEnded(this, whyEnded, unanswered);
  }

  private void cancelTimer() {
    ScheduledFuture<?> current = timer;
    if (current != null) {
      current.cancel(false);
    }
  }
}
