package conclave.server.transport;

import conclave.protocol.Acl;
import conclave.protocol.JuteWriter;
import conclave.protocol.KeeperState;
import conclave.protocol.ReplyHeader;
import conclave.protocol.WatcherEvent;
import conclave.protocol.Xid;
import conclave.replica.Attach;
import conclave.replica.Delivery;
import conclave.replica.Submission;
import conclave.server.admin.Recorder;
import conclave.server.loop.Clock;
import conclave.server.loop.Outbox;
import conclave.server.loop.SharedTree;
import conclave.server.pipeline.RequestThrottle;
import conclave.state.AclRules;
import conclave.state.WatchEvent;
import conclave.state.WatchTable;
import conclave.state.Watcher;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What the connections of one event loop share. Everything here belongs to that event loop's
 * thread, except {@link #outbox}, whose other end is the replica's, and {@link #watches}, which the
 * replica triggers under the tree's exclusive lock. While that thread waits for its sockets, the
 * replica's may visit and pass on a few replies, see {@link #wake}.
 */
final class LoopContext {
  /** Larger than what one read of a socket brings. */
  private static final int INPUT_BYTES = 128 * 1024;

  /** A buffer that one large reply has blown up beyond this is not kept. */
  private static final int LARGEST_KEPT_SCRATCH = 1024 * 1024;

  /**
   * Connections that are looked at together before the first of them is written to. Each is in
   * other lines of memory, which the kernel's work for the one before has driven from the caches:
   * so the processor fetches those of several at a time, rather than waiting for each.
   */
  private static final int PORTION = 16;

  private final EventLoop eventLoop;
  private final @Nullable VisitableHandler door;
  private final @Nullable LingeringHandler lingering;
  private final Outbox outbox;
  private final WatchTable watches = new WatchTable();

  /** Changed by the event loop alone; looked at by others for statistics. */
  private final Set<ClientConnection> connections = ConcurrentHashMap.newKeySet();

  /** Connections that have written and not flushed. */
  private final List<ClientConnection> dirty = new ArrayList<>();

  /** Connections of which no more is taken in until fewer requests are in flight. */
  private final ArrayDeque<ClientConnection> throttled = new ArrayDeque<>();

  /** Connections whose next request waits until fewer are in process. */
  private final ArrayDeque<ClientConnection> held = new ArrayDeque<>();

  /** Connections that can go on: their reads waited for a write that is answered now. */
  private final ArrayDeque<ClientConnection> ready = new ArrayDeque<>();

  private final byte[] input = new byte[INPUT_BYTES];
  private final Clock clock;
  private final Recorder recorder;
  private final ReadService reads;
  private long nowNanos;
  private Runnable wakeReplica = () -> {};
  private @Nullable RequestThrottle throttle;
  private boolean finishing;
  private @Nullable WatchEvent lastEvent;
  private byte[] lastEventFrame = {};
  private boolean lastEventIsForAll;

  private final boolean[] idle = new boolean[PORTION];

  private JuteWriter scratch = newScratch();

  /** Requests of this loop that the replica has not answered; read by others for statistics. */
  private volatile int inFlight;

  /**
   * What is special about how an event loop waits.
   *
   * @param door null where nobody can visit it meanwhile
   * @param lingering null where it sleeps at once
   */
  record Waiting(@Nullable VisitableHandler door, @Nullable LingeringHandler lingering) {
    static final Waiting PLAIN = new Waiting(null, null);
  }

  LoopContext(
      EventLoop eventLoop, Waiting waiting, SharedTree tree, Clock clock, Recorder recorder) {
    this.eventLoop = eventLoop;
    this.door = waiting.door();
    this.lingering = waiting.lingering();
    this.clock = clock;
    this.recorder = recorder;
    this.nowNanos = clock.nanos();
    this.reads = new ReadService(tree, this);
    this.outbox = new Outbox(this::wake);
  }

  EventLoop eventLoop() {
    return eventLoop;
  }

  Outbox outbox() {
    return outbox;
  }

  WatchTable watches() {
    return watches;
  }

  /** Takes away a connection's watches; under the shared lock. */
  boolean forgetWatches(ClientConnection connection) {
    watches.remove(connection);
    return true;
  }

  Set<ClientConnection> connections() {
    return connections;
  }

  /** Room for what a read of a socket has brought, for the time of handling it. */
  byte[] input() {
    return input;
  }

  /**
   * An empty writer for one reply; whoever takes it is done with it before anybody else can ask.
   */
  JuteWriter scratch() {
    if (scratch.array().length > LARGEST_KEPT_SCRATCH) {
      scratch = newScratch();
    }
    scratch.reset();
    return scratch;
  }

  private static JuteWriter newScratch() {
    return new JuteWriter(8 * 1024, ClientPort.MAX_PENDING_OUTPUT_BYTES);
  }

  /** Answers reads. */
  ReadService reads() {
    return reads;
  }

  /** The bytes of an event, made once for all of its watchers that come one after the other. */
  byte[] frameOf(WatchEvent event) {
    see(event);
    return lastEventFrame;
  }

  /** Whether anybody may learn of the event, whoever it is. */
  boolean isForAll(WatchEvent event) {
    see(event);
    return lastEventIsForAll;
  }

  @SuppressWarnings("ReferenceEquality") // all watchers of one change get the same instance
  private void see(WatchEvent event) {
    if (event != lastEvent) {
      lastEvent = event;
      lastEventFrame = encode(event);
      lastEventIsForAll = AclRules.permits(event.acl(), Acl.READ, List.of());
    }
  }

  private byte[] encode(WatchEvent event) {
    JuteWriter writer = scratch();
    writer.writeInt(0);
    ReplyHeader.write(writer, Xid.NOTIFICATION, event.zxid(), 0);
    new WatcherEvent(event.type().code(), KeeperState.SYNC_CONNECTED.code(), event.path())
        .write(writer);
    writer.putInt(0, writer.length() - 4);
    return writer.toByteArray();
  }

  /** Reads the clock; once for all that is handled together. */
  void tick() {
    nowNanos = clock.nanos();
  }

  /** Monotonic time as of the last {@link #tick}. */
  long nowNanos() {
    return nowNanos;
  }

  /** This loop's share of the server's figures. */
  Recorder recorder() {
    return recorder;
  }

  int inFlight() {
    return inFlight;
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // written by the event loop alone
  void addInFlight(int delta) {
    inFlight += delta;
  }

  /** This server serves nobody any more: ends all sessions' connections. */
  void hangUp() {
    tick();
    drain();
    List.copyOf(connections).forEach(ClientConnection::endUnserved);
    flushDirty();
  }

  void dirty(ClientConnection connection) {
    dirty.add(connection);
  }

  void ready(ClientConnection connection) {
    ready.add(connection);
  }

  void throttled(ClientConnection connection) {
    throttled.add(connection);
  }

  /** Whether no more requests may begin here before one of those in process is answered. */
  boolean isFull() {
    RequestThrottle limit = throttle;
    return limit != null && limit.isFull(inFlight);
  }

  /** A connection whose next request finds the loop full; it goes on in its turn. */
  void held(ClientConnection connection) {
    held.add(connection);
  }

  /** A connection can go on that could not, for a reason outside of this loop's own doing. */
  void goOn(ClientConnection connection) {
    tick();
    connection.flush();
    ready(connection);
    settle();
    flushDirty();
  }

  /**
   * Tells whom to wake when requests have been submitted, and how many may be; once, before the
   * first connection.
   */
  void connect(Runnable wake, RequestThrottle limit) {
    wakeReplica = wake;
    throttle = limit;
  }

  /**
   * Sees to it that the replica looks at what was submitted, and that what was written leaves, when
   * all sockets that are ready now have been read. One wake-up then serves all of them.
   */
  void finishLater() {
    if (!finishing) {
      finishing = true;
      eventLoop.execute(this::finish);
    }
  }

  private void finish() {
    finishing = false;
    wakeReplica.run();
    // Passing on what has come meanwhile keeps the outbox short under load, and costs nothing.
    settle();
    boolean isAnswer = dirty.size() == 1 && inFlight == 0;
    flushDirty();
    if (isAnswer && lingering != null) {
      lingering.linger();
    }
  }

  /**
   * On the replica's thread: sees to it that what it has delivered is passed on. To wake a thread
   * takes as long as a small reply takes to be written, and some time passes until it runs.
   */
  private void wake() {
    if (!passOnAsVisitor()) {
      eventLoop.execute(this::awake);
    }
  }

  /** Whether that was all there was to do. */
  private boolean passOnAsVisitor() {
    VisitableHandler to = door;
    if (to == null || !outbox.hasFew() || !to.tryEnter()) {
      return false;
    }
    try {
      tick();
      boolean isAll = drainSimple() & flushSimple();
      if (isAll && ready.isEmpty() && throttled.isEmpty() && held.isEmpty()) {
        outbox.awake();
        return true;
      }
      return false;
    } finally {
      to.leave();
    }
  }

  /** Passes on what the replica has delivered, up to what may close or register a channel. */
  private boolean drainSimple() {
    for (Delivery next = outbox.peek(); next != null; next = outbox.peek()) {
      if (!(next instanceof Submission answered)
          || !((ClientConnection) next.client()).isSimple(answered)) {
        return false;
      }
      outbox.poll();
      pass(answered);
    }
    return true;
  }

  private void pass(Submission answered) {
    addInFlight(-1);
    ((ClientConnection) answered.client()).answered(answered);
  }

  private boolean flushSimple() {
    dirty.removeIf(ClientConnection::flushSimple);
    return dirty.isEmpty();
  }

  private void awake() {
    outbox.awake();
    tick();
    settle();
    flushDirty();
  }

  /**
   * Passes on all that the replica has delivered, then lets the reads go that waited for it. Reads
   * come last because a read sees the newest state, and the events of that state may be anywhere in
   * the outbox.
   */
  void settle() {
    drain();
    releaseThrottled();
    for (ClientConnection next = ready.poll(); next != null; next = ready.poll()) {
      next.proceed();
      drain();
      releaseThrottled();
    }
  }

  /**
   * All of them, whoever's requests were answered: one that has none in flight itself would
   * otherwise wait for ever.
   */
  private void releaseThrottled() {
    if (!throttled.isEmpty() && throttled.getFirst().hasServerCaughtUp()) {
      for (ClientConnection next = throttled.poll(); next != null; next = throttled.poll()) {
        next.release();
        ready.add(next);
      }
    }
    while (!held.isEmpty() && !isFull()) {
      ClientConnection next = held.removeFirst();
      next.unhold();
      next.proceed();
    }
  }

  /** Passes on all that the replica has delivered. */
  void drain() {
    for (Delivery delivery = outbox.poll(); delivery != null; delivery = outbox.poll()) {
      ClientConnection connection = (ClientConnection) delivery.client();
      if (delivery instanceof Submission answered) {
        pass(answered);
      } else if (delivery instanceof Delivery.Event fired) {
        connection.notify(fired.event());
      } else if (delivery instanceof Delivery.Events fired) {
        notifyAll(fired);
      } else if (delivery instanceof Attach attach) {
        addInFlight(-1);
        connection.attached(attach);
      } else {
        connection.closeQuietly();
      }
    }
  }

  /**
   * An event to many: each has a socket of its own to be written to, so it is written at once
   * rather than gathered. Not when more of the kind follow, which may go to the same clients: they
   * share a write then.
   */
  private void notifyAll(Delivery.Events fired) {
    WatchEvent event = fired.event();
    if (outbox.hasMoreEvents() || !isForAll(event)) {
      for (Watcher watcher : fired.watchers()) {
        ((ClientConnection) watcher).notify(event);
      }
      return;
    }
    byte[] bytes = frameOf(event);
    ByteBuf frame = Unpooled.directBuffer(bytes.length).writeBytes(bytes);
    try {
      notifyAtOnce(fired, frame);
    } finally {
      frame.release();
    }
  }

  private void notifyAtOnce(Delivery.Events fired, ByteBuf frame) {
    List<Watcher> watchers = fired.watchers();
    int atOnce = 0;
    for (int from = 0; from < watchers.size(); from += PORTION) {
      int count = Math.min(PORTION, watchers.size() - from);
      for (int i = 0; i < count; i++) {
        idle[i] = ((ClientConnection) watchers.get(from + i)).isIdle();
      }
      for (int i = 0; i < count; i++) {
        ClientConnection connection = (ClientConnection) watchers.get(from + i);
        if (idle[i] && connection.notifyAtOnce(frame)) {
          atOnce++;
        } else {
          connection.notify(fired.event());
        }
      }
    }
    recorder.eventsSent(atOnce, frame.readableBytes());
  }

  /** All clients together leave too much unread: of these here, whoever leaves the most goes. */
  void relieve() {
    ClientConnection most = null;
    for (ClientConnection connection : connections) {
      if (most == null || connection.unreadBytes() > most.unreadBytes()) {
        most = connection;
      }
    }
    if (most != null && most.unreadBytes() > 0) {
      most.giveWay();
    }
  }

  void flushDirty() {
    for (int i = 0; i < dirty.size(); i++) {
      dirty.get(i).flush();
    }
    dirty.clear();
  }
}
