package conclave.state;

import conclave.protocol.Acl;
import conclave.protocol.CreateMode;
import conclave.protocol.ErrorCode;
import conclave.protocol.Id;
import conclave.protocol.JuteReader;
import conclave.protocol.JuteWriter;
import conclave.protocol.LoggedTxn;
import conclave.protocol.OpCode;
import conclave.protocol.Reply;
import conclave.protocol.Request;
import conclave.protocol.Stat;
import java.util.ArrayList;
import java.util.List;

/**
 * A state machine and somebody who drives it: requests are applied as soon as they are prepared.
 */
final class Harness {
  static final long SESSION = 0x100;
  static final List<Id> NOBODY = List.of(new Id("ip", "127.0.0.1"));

  final StateMachine state;
  final List<String> events = new ArrayList<>();
  final List<LoggedTxn> log = new ArrayList<>();
  Caller caller = new Caller(SESSION, 0, NOBODY);
  long zxid;
  long timeMs = 1_000;

  Harness(StateConfig config) {
    this(new StateMachine(config));
  }

  Harness(StateMachine state) {
    this.state = state;
    this.zxid = state.lastAppliedZxid();
    open(SESSION);
  }

  Harness() {
    this(StateConfig.DEFAULT);
  }

  void open(long session) {
    Caller before = caller;
    caller = new Caller(session, 0, NOBODY);
    run(new Request.CreateSession(30_000));
    caller = before;
  }

  Harness as(long session, Id... ids) {
    caller = new Caller(session, 0, List.of(ids));
    return this;
  }

  LoggedTxn prepare(Request request) {
    LoggedTxn txn = state.prepare(request, caller, ++zxid, ++timeMs);
    log.add(txn);
    return txn;
  }

  Outcome apply(LoggedTxn txn) {
    return state.apply(
        txn,
        (event, watcher) ->
            events.add(watcher + " " + event.type() + " " + event.path() + " " + event.zxid()));
  }

  Outcome run(Request request) {
    return apply(prepare(request));
  }

  ErrorCode error(Request request) {
    return run(request).error();
  }

  /** The path that was made. */
  String create(String path, CreateMode mode) {
    Outcome outcome =
        run(new Request.Create(OpCode.CREATE, path, bytes(""), Acl.OPEN, mode.flag(), 0));
    if (outcome.error() != ErrorCode.OK) {
      throw new AssertionError(path + ": " + outcome.error());
    }
    return ((Reply.OfPath) outcome.reply()).path();
  }

  String create(String path) {
    return create(path, CreateMode.PERSISTENT);
  }

  ErrorCode delete(String path) {
    return error(new Request.Delete(path, -1));
  }

  ErrorCode set(String path, String data) {
    return error(new Request.SetData(path, bytes(data), -1));
  }

  Stat stat(String path) {
    return state.stat(path);
  }

  String data(String path) {
    byte[] data = state.data(path);
    return data == null ? null : new String(data, java.nio.charset.StandardCharsets.UTF_8);
  }

  /** Somebody's answer to a read: the reply, or the error. */
  Object read(Request request) {
    JuteWriter out = new JuteWriter();
    ErrorCode error = state.read(request, caller, out);
    if (error != ErrorCode.OK) {
      if (out.length() != 0) {
        throw new AssertionError("wrote " + out.length() + " bytes and refused: " + error);
      }
      return error;
    }
    JuteReader in = new JuteReader(out.toByteArray());
    Reply reply = Reply.read(request.op(), in);
    if (in.remaining() != 0) {
      throw new AssertionError("bytes left: " + in.remaining());
    }
    return reply;
  }

  static byte[] bytes(String text) {
    return text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
  }

  static Request.Create creation(String path, int flags) {
    return new Request.Create(OpCode.CREATE, path, bytes("x"), Acl.OPEN, flags, 0);
  }

  /** A watcher with a name. */
  record Named(String name, long sessionId) implements Watcher {
    @Override
    public boolean equals(Object other) {
      return this == other;
    }

    @Override
    public int hashCode() {
      return System.identityHashCode(this);
    }

    @Override
    public String toString() {
      return name;
    }
  }
}
