package conclave.simulator;

import conclave.protocol.Acl;
import conclave.protocol.CreateMode;
import conclave.protocol.ErrorCode;
import conclave.protocol.OpCode;
import conclave.protocol.Reply;
import conclave.protocol.Request;
import conclave.simulator.HistoryChecker.Call;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * A client: keeps a session alive over connections to whichever member takes it, asks for random
 * things, and has {@link HistoryChecker} look at every answer.
 */
final class SimulatedClient implements Network.Listener {
  private static final String ROOT = "/t";
  private static final int PATHS = 8;
  private static final int MOST_OWN = 6;

  /** A connection, or an attempt at one. */
  private final class Connection implements Network.Handler {
    Network.@Nullable End end;
    final ArrayDeque<Call> calls = new ArrayDeque<>();
    final ArrayDeque<Long> pingsUs = new ArrayDeque<>();
    final int server;
    boolean welcome;

    /** Its member has no leader. */
    boolean readOnly;

    long heardUs = world.nowUs();
    long saidUs = world.nowUs();

    Connection(int server) {
      this.server = server;
    }

    @Override
    public void received(Object message) {
      if (connection == this) {
        heardUs = world.nowUs();
        SimulatedClient.this.received(this, (ClientMessage) message);
      }
    }

    @Override
    public void closed() {
      if (connection == this) {
        disconnected();
      }
    }

    void send(ClientMessage message) {
      saidUs = world.nowUs();
      if (end != null) {
        end.send(message, 100);
      }
    }
  }

  private final World world;
  private final Network network;
  private final HistoryChecker checker;
  private final SplittableRandom random;
  private final List<Integer> servers;
  private final long thinkUs;
  private final int pipelined;
  private final int machine;

  private HistoryChecker.Session session;
  private int timeoutMs;
  private long provenUs;
  private int xid;
  private @Nullable Connection connection;
  private boolean working;
  private boolean gone;
  private boolean checking;
  private boolean started;
  private boolean persistentWatches;
  private boolean reader;

  /** Sequential znodes that it has made. */
  private final List<String> own = new ArrayList<>();

  private long answeredWrites;
  private @Nullable Request wanted;
  private boolean closing;

  /**
   * @param servers the members that it may connect to
   * @param thinkMs how long it waits between requests on the average
   */
  SimulatedClient(
      World world,
      Network network,
      HistoryChecker checker,
      SplittableRandom random,
      List<Integer> servers,
      long thinkMs,
      int pipelined) {
    this.world = world;
    this.network = network;
    this.checker = checker;
    this.random = random;
    this.servers = servers;
    this.thinkUs = thinkMs * World.MS;
    this.pipelined = pipelined;
    this.machine = network.add(this);
    this.session = checker.session();
    this.timeoutMs = drawTimeout();
  }

  private int drawTimeout() {
    return 4_000 << random.nextInt(4);
  }

  /**
   * What it does that not every client does.
   *
   * @param newReader whether it is content with reading where nobody can write
   */
  void habits(boolean newPersistentWatches, boolean newReader) {
    persistentWatches = newPersistentWatches;
    reader = newReader;
  }

  int machine() {
    return machine;
  }

  /** Begins to connect and to work. */
  void start() {
    started = true;
    working = true;
    gone = false;
    world.after(random.nextLong(World.SECOND), this::connect);
    thinkLater();
  }

  /** No more requests but those that keep the session alive. */
  void rest() {
    working = false;
    wanted = null;
  }

  /** Goes without a word. */
  void vanish() {
    working = false;
    gone = true;
    Connection current = connection;
    connection = null;
    if (current != null && current.end != null) {
      current.end.vanish();
    }
  }

  /** Ends its session. */
  void close() {
    working = false;
    closing = true;
    wanted = new Request.CloseSession();
    askWanted();
  }

  /** Wants one thing to be done, and nothing else. */
  void want(Request request) {
    wanted = request;
    askWanted();
  }

  boolean isStarted() {
    return started;
  }

  long sessionId() {
    return session.id();
  }

  int timeoutMs() {
    return timeoutMs;
  }

  /**
   * Until when a client that says nothing but pings believes that its session lives: its timeout
   * after the newest ping that was answered.
   */
  long certainUntilUs() {
    return provenUs + timeoutMs * World.MS;
  }

  long answeredWrites() {
    return answeredWrites;
  }

  boolean isConnected() {
    return connection != null && connection.welcome;
  }

  /** Whether its member has no leader. */
  boolean mayOnlyRead() {
    return connection != null && connection.readOnly;
  }

  boolean isGone() {
    return gone;
  }

  void breakConnection() {
    Connection current = connection;
    if (current != null && current.end != null) {
      current.end.close();
      disconnected();
    }
  }

  @Override
  public Network.Reachable reachable() {
    return Network.Reachable.YES;
  }

  @Override
  public Network.Handler accepted(Network.End end, Object port) {
    throw new IllegalStateException("nobody connects to a client");
  }

  // --- connections

  private void connect() {
    if (gone || connection != null) {
      return;
    }
    int server = servers.get(random.nextInt(servers.size()));
    Connection trying = new Connection(server);
    connection = trying;
    world.say(() -> "client " + machine + " tries server " + (server + 1));
    network.connect(
        machine,
        server,
        SimulatedHost.CLIENT_PORT,
        end -> {
          if (connection != trying) {
            return null;
          }
          if (end == null) {
            disconnected();
            return null;
          }
          trying.end = end;
          trying.send(new ClientMessage.Hello(session.id(), session.seenZxid(), timeoutMs, reader));
          return trying;
        });
    checkLater();
  }

  private void disconnected() {
    connection = null;
    world.after(random.nextLong(World.SECOND), this::connect);
  }

  private void checkLater() {
    if (!checking) {
      checking = true;
      world.after(timeoutMs * World.MS / 6, this::check);
    }
  }

  /** Pings when it has been quiet, and gives up a member that is. */
  private void check() {
    checking = false;
    Connection current = connection;
    if (current == null || gone) {
      return;
    }
    long silentUs = world.nowUs() - current.heardUs;
    if (silentUs > timeoutMs * World.MS * 2 / 3) {
      if (current.end != null) {
        current.end.close();
      }
      disconnected();
      return;
    }
    if (current.welcome && world.nowUs() - current.saidUs > timeoutMs * World.MS / 6) {
      current.pingsUs.addLast(world.nowUs());
      current.send(new ClientMessage.Ask(ServerConnection.PING_XID, new Request.Ping()));
    }
    checkLater();
  }

  // --- answers

  private void received(Connection from, ClientMessage message) {
    if (message instanceof ClientMessage.Welcome welcome) {
      welcomed(from, welcome);
    } else if (message instanceof ClientMessage.Event event) {
      session.event(event.type(), event.path(), event.zxid());
    } else if (message instanceof ClientMessage.Answer answer) {
      answered(from, answer);
    }
  }

  private void welcomed(Connection from, ClientMessage.Welcome welcome) {
    if (welcome.session() == 0) {
      world.say(() -> "client " + machine + " has lost its session " + hex(session.id()));
      session = checker.session();
      xid = 0;
      own.clear();
      timeoutMs = drawTimeout();
      if (closing) {
        gone = true;
        connection = null;
        return;
      }
      disconnected();
      return;
    }
    if (welcome.readOnly()) {
      world.say(() -> "client " + machine + " may read");
      from.welcome = true;
      from.readOnly = true;
      return;
    }
    if (session.id() == 0) {
      session.begun(welcome.session());
      world.say(() -> "client " + machine + " has session " + hex(session.id()));
    }
    from.welcome = true;
    session.reconnected();
    Request.SetWatches restore = session.restore();
    if (restore != null) {
      session.restores();
      ask(from, ServerConnection.SET_WATCHES_XID, restore);
    }
    askWanted();
  }

  private void answered(Connection from, ClientMessage.Answer answer) {
    if (answer.xid() == ServerConnection.PING_XID) {
      provenUs = Math.max(provenUs, from.pingsUs.removeFirst());
      return;
    }
    world.say(
        () ->
            "client "
                + machine
                + " is answered "
                + answer.xid()
                + " "
                + answer.error()
                + " at "
                + hex(answer.zxid()));
    Call call = from.calls.pollFirst();
    if (call == null || call.xid != answer.xid()) {
      throw new Violation(
          "a session is answered in the order in which it asked",
          "xid=" + answer.xid() + " expected=" + (call == null ? "none" : call.xid));
    }
    if (from.readOnly) {
      session.answeredReadOnly(call, from.server, answer.zxid(), answer.error(), answer.reply());
      return;
    }
    session.answered(call, answer.zxid(), answer.error(), answer.reply());
    if (answer.error() == ErrorCode.SESSION_MOVED || answer.error() == ErrorCode.SESSION_EXPIRED) {
      if (from.end != null) {
        from.end.close();
      }
      disconnected();
      return;
    }
    if (!HistoryChecker.isRead(call.request)) {
      answeredWrites++;
    }
    after(call.request, answer);
  }

  private void after(Request request, ClientMessage.Answer answer) {
    if (request == wanted) {
      wanted = null;
    }
    if (request instanceof Request.CloseSession) {
      gone = closing;
      connection = null;
      session = checker.session();
      xid = 0;
      own.clear();
      if (!gone) {
        world.after(random.nextLong(5 * World.SECOND), this::connect);
      }
      return;
    }
    if (answer.error() == ErrorCode.OK
        && request instanceof Request.Create create
        && answer.reply() instanceof Reply.OfPath made
        && !made.path().equals(create.path())) {
      own.add(made.path());
    } else if (request instanceof Request.Delete delete) {
      own.remove(delete.path());
    } else if (request instanceof Request.GetData get
        && answer.reply() instanceof Reply.OfData data
        && working
        && random.nextInt(2) == 0) {
      // Compare and set: what was read is what is changed, or nothing is.
      ask(new Request.SetData(get.path(), bytes(), data.stat().version()));
    }
  }

  // --- requests

  private void thinkLater() {
    long us = (long) (-Math.log(1 - random.nextDouble()) * thinkUs) + 1;
    world.after(us, this::think);
  }

  private void think() {
    if (!working) {
      return;
    }
    if (!gone) {
      int burst = 1 + random.nextInt(pipelined);
      for (int i = 0; i < burst; i++) {
        act();
      }
    }
    thinkLater();
  }

  private void act() {
    Connection current = connection;
    if (current == null || !current.welcome || current.calls.size() >= pipelined) {
      return;
    }
    if (current.readOnly) {
      String path = path();
      ask(
          random.nextInt(4) == 0
              ? new Request.SetData(path, bytes(), -1)
              : random.nextBoolean()
                  ? new Request.GetData(path, false)
                  : new Request.GetChildren(OpCode.GET_CHILDREN2, path, false));
      return;
    }
    int what = random.nextInt(1000);
    if (what < 3) {
      // Its machine dies, and another takes over its work.
      world.say(() -> "client " + machine + " leaves its session " + hex(session.id()));
      connection = null;
      if (current.end != null) {
        current.end.vanish();
      }
      session = checker.session();
      xid = 0;
      own.clear();
      disconnected();
    } else if (what < 8) {
      ask(new Request.CloseSession());
    } else if (what < 25) {
      breakConnection();
    } else {
      ask(some());
    }
  }

  private Request some() {
    String path = path();
    boolean watch = random.nextInt(3) == 0;
    if (persistentWatches && random.nextInt(25) == 0) {
      return new Request.AddWatch(random.nextInt(4) == 0 ? ROOT : path, random.nextInt(2));
    }
    return switch (random.nextInt(20)) {
      case 0, 1 -> create(path, modeOfPlain());
      case 2, 3 -> new Request.SetData(path, bytes(), -1);
      case 4 -> new Request.Delete(path, random.nextInt(3) == 0 ? random.nextInt(3) : -1);
      case 5, 6 -> sequential();
      case 7 -> create(path + "e", CreateMode.EPHEMERAL);
      case 8, 9, 10 -> new Request.GetData(path, watch);
      case 11 -> new Request.Exists(path, watch);
      case 12 -> new Request.Exists(path + "e", watch);
      case 13 -> new Request.GetChildren(OpCode.GET_CHILDREN2, parent(), watch);
      case 14 -> new Request.GetChildren(OpCode.GET_CHILDREN, parent(), watch);
      case 15 -> multi(path);
      case 16 -> synced(path);
      case 17 -> rare(path);
      default -> new Request.SetData(counter(), bytes(), -1);
    };
  }

  private String path() {
    return ROOT + "/x" + random.nextInt(PATHS);
  }

  private String counter() {
    return ROOT + "/x" + random.nextInt(2);
  }

  private String parent() {
    return random.nextInt(3) == 0 ? ROOT : path();
  }

  private byte[] bytes() {
    byte[] bytes = new byte[4 + random.nextInt(random.nextInt(20) == 0 ? 2000 : 60)];
    random.nextBytes(bytes);
    return bytes;
  }

  private CreateMode modeOfPlain() {
    return switch (random.nextInt(8)) {
      case 0 -> CreateMode.CONTAINER;
      case 1 -> CreateMode.PERSISTENT_WITH_TTL;
      default -> CreateMode.PERSISTENT;
    };
  }

  private Request create(String path, CreateMode mode) {
    OpCode op =
        mode.isContainer()
            ? OpCode.CREATE_CONTAINER
            : mode.isTtl() ? OpCode.CREATE_TTL : OpCode.CREATE;
    return new Request.Create(op, path, bytes(), Acl.OPEN, mode.flag(), mode.isTtl() ? 20_000 : 0);
  }

  private Request sequential() {
    if (own.size() >= MOST_OWN) {
      return new Request.Delete(own.get(random.nextInt(own.size())), -1);
    }
    return create(
        path() + "/n-",
        random.nextBoolean() ? CreateMode.PERSISTENT_SEQUENTIAL : CreateMode.EPHEMERAL_SEQUENTIAL);
  }

  private Request multi(String path) {
    List<Request> ops = new ArrayList<>();
    if (random.nextBoolean()) {
      ops.add(new Request.Check(path, random.nextInt(4) - 1));
    }
    ops.add(new Request.SetData(path(), bytes(), -1));
    switch (random.nextInt(3)) {
      case 0 -> ops.add(create(path() + "m", CreateMode.PERSISTENT));
      case 1 -> ops.add(new Request.Delete(path() + "m", -1));
      default -> ops.add(create(path() + "e", CreateMode.EPHEMERAL));
    }
    return new Request.Multi(ops);
  }

  /** A sync, and behind it at once the read that it is for. */
  private Request synced(String path) {
    ask(new Request.Sync(path));
    return new Request.GetData(path, false);
  }

  private Request rare(String path) {
    return random.nextInt(3) == 0
        ? new Request.SetAcl(path, Acl.OPEN, -1)
        : create(ROOT, CreateMode.PERSISTENT);
  }

  private void askWanted() {
    Request request = wanted;
    Connection current = connection;
    if (request != null && current != null && current.welcome && !current.readOnly) {
      boolean under = current.calls.stream().anyMatch(call -> call.request == request);
      if (!under) {
        ask(request);
      }
    } else if (closing && session.id() == 0) {
      // Nothing was begun that could be ended.
      gone = true;
    }
  }

  private void ask(Request request) {
    Connection current = connection;
    if (current != null && current.welcome) {
      ask(current, ++xid, request);
    }
  }

  private void ask(Connection to, int number, Request request) {
    world.say(() -> "client " + machine + " asks " + number + " " + brief(request));
    to.calls.addLast(session.calls(request, number));
    to.send(new ClientMessage.Ask(number, request));
  }

  private static String brief(Request request) {
    return request.op() + (request instanceof Request.OfPath of ? " " + of.path() : "");
  }

  private static String hex(long id) {
    return TreeModel.hex(id);
  }
}
