package conclave.simulator;

import conclave.protocol.ErrorCode;
import conclave.protocol.Id;
import conclave.protocol.JuteReader;
import conclave.protocol.JuteWriter;
import conclave.protocol.Reply;
import conclave.protocol.Request;
import conclave.replica.Attach;
import conclave.replica.Client;
import conclave.replica.Delivery;
import conclave.replica.Serving;
import conclave.replica.Submission;
import conclave.state.Caller;
import conclave.state.SessionExpiry;
import conclave.state.StateMachine;
import conclave.state.WatchEvent;
import conclave.state.WatchTable.Mode;
import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One connection of a client, at its member: the rules of production's client port without its
 * bytes. Replies leave in the order of their requests, a read waits for the writes before it, and
 * events leave before what they announce.
 */
final class ServerConnection implements Client, Network.Handler {
  private static final List<Id> IDS = List.of(new Id("ip", "127.0.0.1"));
  static final int PING_XID = -2;
  static final int SET_WATCHES_XID = -8;
  private static final int HEADER_BYTES = 64;

  private record Waiting(int xid, Request request) {}

  private final SimulatedClients clients;
  private final SimulatedHost host;
  private final Network.End end;
  private final ArrayDeque<Delivery> outbox = new ArrayDeque<>();
  private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
  private boolean open = true;
  private boolean readOnly;
  private long sessionId;
  private int timeoutMs;
  private SessionExpiry.@Nullable Handle session;
  private int submitted;
  private int answered;

  ServerConnection(SimulatedClients clients, Network.End end) {
    this.clients = clients;
    this.host = clients.host();
    this.end = end;
  }

  Network.End end() {
    return end;
  }

  @Override
  public long sessionId() {
    return sessionId;
  }

  @Override
  public void deliver(Delivery delivery) {
    if (host.around().tampering().delivers(delivery)) {
      outbox.addLast(delivery);
      clients.delivered(this);
    }
  }

  // --- from the client

  @Override
  public void received(Object message) {
    host.run(() -> take((ClientMessage) message));
  }

  @Override
  public void closed() {
    host.run(this::close);
  }

  private void take(ClientMessage message) {
    if (!open) {
      return;
    }
    touch();
    if (message instanceof ClientMessage.Hello hello) {
      greet(hello);
    } else if (message instanceof ClientMessage.Ask ask) {
      ask(ask.xid(), ask.request());
    }
  }

  private void touch() {
    SessionExpiry.Handle handle = session;
    if (handle != null) {
      long nowMs = host.member().monotonicMs();
      handle.touch(nowMs);
      if (!readOnly) {
        host.touches().heard(sessionId, handle.timeoutMs(), nowMs);
      }
    }
  }

  private void greet(ClientMessage.Hello hello) {
    boolean served =
        clients.serving() == Serving.EVERYBODY
            || clients.serving() == Serving.READERS && hello.readOnly();
    if (!served || hello.seenZxid() > state().lastAppliedZxid()) {
      close();
      return;
    }
    readOnly = clients.serving() == Serving.READERS;
    timeoutMs = hello.timeoutMs();
    submitted++;
    if (hello.session() == 0) {
      sessionId = host.replica().newSessionId();
      submit(0, new Request.CreateSession(timeoutMs));
    } else {
      sessionId = hello.session();
      Attach attach = new Attach(this, sessionId, timeoutMs);
      host.input(() -> host.replica().attach(attach));
    }
  }

  private void ask(int xid, Request request) {
    if (xid == PING_XID) {
      drain();
      if (open) {
        answer(xid, state().lastAppliedZxid(), ErrorCode.OK, Reply.NOTHING, 0);
      }
    } else if (!waiting.isEmpty()) {
      waiting.addLast(new Waiting(xid, request));
    } else if (!isRead(request)) {
      submitted++;
      submit(xid, request);
    } else if (submitted == answered || !host.around().tampering().readsInOrder()) {
      read(xid, request);
    } else {
      waiting.addLast(new Waiting(xid, request));
    }
  }

  private boolean isRead(Request request) {
    return HistoryChecker.isRead(request)
        || request instanceof Request.SetWatches
        || request instanceof Request.AddWatch
        || request instanceof Request.Watches
        || request instanceof Request.GetEphemerals
        || request instanceof Request.GetAllChildrenNumber
        || request instanceof Request.GetAcl
        || request instanceof Request.MultiRead
        || request instanceof Request.Sync && host.around().tampering().syncsAlone();
  }

  private void submit(int xid, Request request) {
    Submission submission =
        new Submission(
            this, new Caller(sessionId, xid, IDS), request, host.around().world().nowUs() * 1000);
    host.input(() -> host.replica().submit(submission));
  }

  private StateMachine state() {
    return host.replica().state();
  }

  // --- reads

  private void read(int xid, Request request) {
    if (host.around().tampering().eventsFirst()) {
      drain();
    }
    if (open) {
      readNow(xid, request);
    }
  }

  /** Everything that was delivered so far is on its way to the client. */
  private void readNow(int xid, Request request) {
    StateMachine state = state();
    long zxid = state.lastAppliedZxid();
    if (request instanceof Request.SetWatches set) {
      state.setWatches(set, this, host.watches(), (event, watcher) -> tell(event));
      answer(xid, zxid, ErrorCode.OK, Reply.NOTHING, 0);
      return;
    }
    if (request instanceof Request.Sync) {
      answer(xid, zxid, ErrorCode.OK, Reply.NOTHING, 0);
      return;
    }
    if (request instanceof Request.AddWatch add) {
      Mode mode =
          add.mode() == Request.AddWatch.PERSISTENT ? Mode.PERSISTENT : Mode.PERSISTENT_RECURSIVE;
      host.watches().add(add.path(), this, mode);
      answer(xid, zxid, ErrorCode.OK, new Reply.OfNumber(0), 0);
      return;
    }
    if (request instanceof Request.Watches remove) {
      boolean there = host.watches().removeAny(remove.path(), this);
      answer(xid, zxid, there ? ErrorCode.OK : ErrorCode.NO_WATCHER, Reply.NOTHING, 0);
      return;
    }
    JuteWriter out = new JuteWriter(128);
    ErrorCode error = state.read(request, new Caller(sessionId, xid, IDS), out);
    watch(request, error);
    Reply reply =
        error == ErrorCode.OK
            ? Reply.read(request.op(), new JuteReader(out.toByteArray()))
            : Reply.NOTHING;
    answer(xid, zxid, error, reply, out.length());
  }

  private void watch(Request request, ErrorCode error) {
    boolean found = error == ErrorCode.OK;
    if (request instanceof Request.GetData get && get.watch() && found) {
      host.watches().add(get.path(), this, Mode.DATA);
    } else if (request instanceof Request.Exists exists
        && exists.watch()
        && (found || error == ErrorCode.NO_NODE)) {
      host.watches().add(exists.path(), this, Mode.DATA);
    } else if (request instanceof Request.GetChildren get && get.watch() && found) {
      host.watches().add(get.path(), this, Mode.CHILD);
    }
  }

  // --- to the client

  /** Passes on what the replica has delivered. */
  void drain() {
    for (Delivery next = outbox.pollFirst();
        open && next != null;
        next = open ? outbox.pollFirst() : null) {
      if (next instanceof Delivery.Event event) {
        tell(event.event());
      } else if (next instanceof Submission submission) {
        done(submission);
      } else if (next instanceof Attach attach) {
        attached(attach);
      } else {
        close();
      }
    }
    goOn();
  }

  private void tell(WatchEvent event) {
    end.send(new ClientMessage.Event(event.type(), event.path(), event.zxid()), HEADER_BYTES);
  }

  private void done(Submission submission) {
    answered++;
    if (submission.isLost()) {
      close();
    } else if (submission.request() instanceof Request.CreateSession) {
      welcome(submission.session());
    } else {
      answer(
          submission.caller().cxid(),
          submission.zxid(),
          submission.outcome().error(),
          submission.outcome().reply(),
          0);
      if (submission.request() instanceof Request.CloseSession) {
        close();
      }
    }
  }

  private void attached(Attach attach) {
    answered++;
    if (attach.isLost()) {
      close();
    } else {
      welcome(attach.session());
    }
  }

  private void welcome(SessionExpiry.@Nullable Handle handle) {
    session = handle;
    touch();
    end.send(
        new ClientMessage.Welcome(handle == null ? 0 : sessionId, timeoutMs, readOnly),
        HEADER_BYTES);
    if (handle == null) {
      close();
    }
  }

  private void answer(int xid, long zxid, ErrorCode error, Reply reply, int bytes) {
    end.send(new ClientMessage.Answer(xid, zxid, error, reply), HEADER_BYTES + bytes);
  }

  /** What has waited for its turn. */
  private void goOn() {
    while (open && !waiting.isEmpty()) {
      Waiting next = waiting.getFirst();
      boolean read = isRead(next.request());
      if (read && submitted != answered) {
        return;
      }
      waiting.removeFirst();
      if (read) {
        readNow(next.xid(), next.request());
      } else {
        submitted++;
        submit(next.xid(), next.request());
      }
    }
  }

  void close() {
    if (!open) {
      return;
    }
    open = false;
    end.close();
    clients.remove(this);
    host.watches().remove(this);
    host.input(() -> host.replica().detach(this, sessionId));
  }
}
