package conclave.server.transport;

import conclave.protocol.ErrorCode;
import conclave.protocol.JuteWriter;
import conclave.protocol.OpCode;
import conclave.protocol.RecordTooLargeException;
import conclave.protocol.Reply;
import conclave.protocol.ReplyHeader;
import conclave.protocol.Request;
import conclave.server.loop.SharedTree;
import conclave.state.StateMachine;
import conclave.state.WatchTable;
import conclave.state.WatchTable.Mode;
import org.jspecify.annotations.Nullable;

/**
 * Answers what changes nothing, on the event loop: reads of the tree, and setting and removing
 * watches.
 *
 * <p>A reply may show changes whose events have reached the outbox only while it was made. They
 * must leave first, so such a reply is thrown away, the outbox is drained, and it is made again; in
 * the end with the replica kept out, so that nothing can overtake it.
 */
final class ReadService {
  private static final int OPTIMISTIC_ATTEMPTS = 3;

  private final SharedTree tree;
  private final LoopContext loop;

  ReadService(SharedTree tree, LoopContext loop) {
    this.tree = tree;
    this.loop = loop;
  }

  void serve(ClientConnection connection, int xid, Request request, long receivedNanos) {
    try {
      boolean served = !touchesWatches(request) && serveOptimistically(connection, xid, request);
      if (!served) {
        serveShared(connection, xid, request);
      }
    } catch (RecordTooLargeException e) {
      // A multiRead can ask in one frame for more than all memory.
      connection.refuse("a " + request.op() + " whose reply can't be sent: " + e.getMessage());
      return;
    }
    if (request instanceof Request.OfPath of) {
      connection.read(of.path());
    }
    connection.answered(request.op(), xid, tree.lastAppliedZxid(), receivedNanos);
  }

  private boolean serveOptimistically(ClientConnection connection, int xid, Request request) {
    for (int attempt = 0; attempt < OPTIMISTIC_ATTEMPTS; attempt++) {
      loop.drain();
      if (!connection.isOpen()) {
        return true;
      }
      JuteWriter writer = connection.beginFrame();
      reply(connection, xid, request, writer);
      if (loop.outbox().isEmpty()) {
        connection.endFrame(writer);
        return true;
      }
    }
    return false;
  }

  private void reply(ClientConnection connection, int xid, Request request, JuteWriter writer) {
    switch (request.op()) {
      case WHO_AM_I -> whole(xid, new Reply.OfClients(connection.whoAmI()), writer);
      default -> tree.reply(xid, request, connection.reader(), writer);
    }
  }

  private void serveShared(ClientConnection connection, int xid, Request request) {
    boolean served;
    do {
      // Not under the lock: what is passed on may close connections, which takes the lock.
      loop.drain();
      served = tree.look(state -> serveIfSettled(connection, xid, request, state));
    } while (!served);
  }

  /** Serves unless something has reached the outbox; nothing can while the shared lock is held. */
  private boolean serveIfSettled(
      ClientConnection connection, int xid, Request request, StateMachine state) {
    if (!connection.isOpen()) {
      return true;
    }
    if (!loop.outbox().isEmpty()) {
      return false;
    }
    if (request instanceof Request.AddWatch add) {
      done(connection, xid, addWatch(connection, add), new Reply.OfNumber(0));
    } else if (request instanceof Request.Watches watches) {
      done(connection, xid, checkOrRemove(connection, watches), Reply.NOTHING);
    } else if (request instanceof Request.SetWatches set) {
      connection.watches();
      state.setWatches(
          set, connection, loop.watches(), (event, watcher) -> connection.notify(event));
      done(connection, xid, ErrorCode.OK, Reply.NOTHING);
    } else {
      JuteWriter writer = connection.beginFrame();
      ErrorCode error = tree.replyNow(xid, request, connection.reader(), writer);
      setWatch(connection, request, error);
      connection.endFrame(writer);
    }
    return true;
  }

  private static boolean touchesWatches(Request request) {
    return switch (request.op()) {
      case ADD_WATCH, SET_WATCHES, SET_WATCHES2, CHECK_WATCHES, REMOVE_WATCHES -> true;
      default ->
          request instanceof Request.GetData get && get.watch()
              || request instanceof Request.Exists exists && exists.watch()
              || request instanceof Request.GetChildren children && children.watch();
    };
  }

  /**
   * A read leaves its watch when it has found the znode; exists also when there is none to find.
   */
  private void setWatch(ClientConnection connection, Request request, ErrorCode error) {
    boolean found = error == ErrorCode.OK;
    if (request instanceof Request.GetData get && get.watch() && found) {
      add(connection, get.path(), Mode.DATA);
    } else if (request instanceof Request.Exists exists && exists.watch()) {
      if (found || error == ErrorCode.NO_NODE) {
        add(connection, exists.path(), Mode.DATA);
      }
    } else if (request instanceof Request.GetChildren children && children.watch() && found) {
      add(connection, children.path(), Mode.CHILD);
    }
  }

  private void add(ClientConnection connection, String path, Mode mode) {
    connection.watches();
    loop.watches().add(path, connection, mode);
  }

  private ErrorCode addWatch(ClientConnection connection, Request.AddWatch request) {
    switch (request.mode()) {
      case Request.AddWatch.PERSISTENT -> add(connection, request.path(), Mode.PERSISTENT);
      case Request.AddWatch.PERSISTENT_RECURSIVE ->
          add(connection, request.path(), Mode.PERSISTENT_RECURSIVE);
      default -> {
        return ErrorCode.MARSHALLING_ERROR;
      }
    }
    return ErrorCode.OK;
  }

  /** checkWatches and removeWatches, by the numbers of ZooKeeper's WatcherType. */
  private ErrorCode checkOrRemove(ClientConnection connection, Request.Watches request) {
    boolean remove = request.op() == OpCode.REMOVE_WATCHES;
    WatchTable table = loop.watches();
    String path = request.path();
    if (request.watcherType() == 3) {
      boolean any =
          remove ? table.removeAny(path, connection) : table.containsAny(path, connection);
      return any ? ErrorCode.OK : ErrorCode.NO_WATCHER;
    }
    Mode mode = modeOf(request.watcherType());
    if (mode == null) {
      return ErrorCode.MARSHALLING_ERROR;
    }
    boolean there =
        remove ? table.remove(path, connection, mode) : table.contains(path, connection, mode);
    return there ? ErrorCode.OK : ErrorCode.NO_WATCHER;
  }

  private static @Nullable Mode modeOf(int watcherType) {
    return switch (watcherType) {
      case 1 -> Mode.CHILD;
      case 2 -> Mode.DATA;
      case 4 -> Mode.PERSISTENT;
      case 5 -> Mode.PERSISTENT_RECURSIVE;
      default -> null;
    };
  }

  private void done(ClientConnection connection, int xid, ErrorCode error, Reply reply) {
    JuteWriter writer = connection.beginFrame();
    ReplyHeader.write(writer, xid, tree.lastAppliedZxid(), error.code());
    if (error == ErrorCode.OK) {
      reply.write(writer);
    }
    connection.endFrame(writer);
  }

  private void whole(int xid, Reply reply, JuteWriter writer) {
    ReplyHeader.write(writer, xid, tree.lastAppliedZxid(), ErrorCode.OK.code());
    reply.write(writer);
  }
}
