package conclave.protocol;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a client asks of a server: one record for each kind, with its encoding behind the request
 * header {@code (xid int, type int)}.
 *
 * <p>{@link #read} answers every op that clients may send with a body; {@link #write} is its
 * inverse. A null path, ACL list or list of paths is read as an empty one: no valid request has
 * either.
 */
public sealed interface Request {

  /** The number in the request header. */
  OpCode op();

  /** Writes the body. */
  void write(JuteWriter out);

  /** Requests that name one znode. */
  sealed interface OfPath extends Request {
    String path();
  }

  /**
   * create, create2, createContainer, createTTL, told apart by {@code op}.
   *
   * @param ttlMs 0 unless {@code op} is {@link OpCode#CREATE_TTL}
   */
  record Create(
      OpCode op, String path, byte @Nullable [] data, List<Acl> acl, int flags, long ttlMs)
      implements OfPath {
    @Override
    public void write(JuteWriter out) {
      out.writeString(path);
      out.writeBuffer(data);
      Acl.writeList(out, acl);
      out.writeInt(flags);
      if (op == OpCode.CREATE_TTL) {
        out.writeLong(ttlMs);
      }
    }

    static Create read(OpCode op, JuteReader in) {
      return new Create(
          op,
          in.readString(),
          in.readBuffer(),
          Acl.readList(in),
          in.readInt(),
          op == OpCode.CREATE_TTL ? in.readLong() : 0);
    }
  }

  /** delete; version &minus;1 matches any. */
  record Delete(String path, int version) implements OfPath {
    @Override
    public OpCode op() {
      return OpCode.DELETE;
    }

    @Override
    public void write(JuteWriter out) {
      out.writeString(path);
      out.writeInt(version);
    }
  }

  /** The server's own request to remove an empty container or TTL znode; no client may send it. */
  record DeleteContainer(String path) implements OfPath {
    @Override
    public OpCode op() {
      return OpCode.DELETE_CONTAINER;
    }

    @Override
    public void write(JuteWriter out) {
      out.writeString(path);
    }
  }

  record SetData(String path, byte @Nullable [] data, int version) implements OfPath {
    @Override
    public OpCode op() {
      return OpCode.SET_DATA;
    }

    @Override
    public void write(JuteWriter out) {
      out.writeString(path);
      out.writeBuffer(data);
      out.writeInt(version);
    }
  }

  record SetAcl(String path, List<Acl> acl, int version) implements OfPath {
    @Override
    public OpCode op() {
      return OpCode.SET_ACL;
    }

    @Override
    public void write(JuteWriter out) {
      out.writeString(path);
      Acl.writeList(out, acl);
      out.writeInt(version);
    }
  }

  /** check: only inside a multi. */
  record Check(String path, int version) implements OfPath {
    @Override
    public OpCode op() {
      return OpCode.CHECK;
    }

    @Override
    public void write(JuteWriter out) {
      out.writeString(path);
      out.writeInt(version);
    }
  }

  record Exists(String path, boolean watch) implements OfPath {
    @Override
    public OpCode op() {
      return OpCode.EXISTS;
    }

    @Override
    public void write(JuteWriter out) {
      writeWatched(out, path, watch);
    }
  }

  record GetData(String path, boolean watch) implements OfPath {
    @Override
    public OpCode op() {
      return OpCode.GET_DATA;
    }

    @Override
    public void write(JuteWriter out) {
      writeWatched(out, path, watch);
    }
  }

  /** getChildren and getChildren2, told apart by {@code op}. */
  record GetChildren(OpCode op, String path, boolean watch) implements OfPath {
    @Override
    public void write(JuteWriter out) {
      writeWatched(out, path, watch);
    }
  }

  record GetAcl(String path) implements OfPath {
    @Override
    public OpCode op() {
      return OpCode.GET_ACL;
    }

    @Override
    public void write(JuteWriter out) {
      out.writeString(path);
    }
  }

  record Sync(String path) implements OfPath {
    @Override
    public OpCode op() {
      return OpCode.SYNC;
    }

    @Override
    public void write(JuteWriter out) {
      out.writeString(path);
    }
  }

  record GetEphemerals(String prefix) implements Request {
    @Override
    public OpCode op() {
      return OpCode.GET_EPHEMERALS;
    }

    @Override
    public void write(JuteWriter out) {
      out.writeString(prefix);
    }
  }

  record GetAllChildrenNumber(String path) implements OfPath {
    @Override
    public OpCode op() {
      return OpCode.GET_ALL_CHILDREN_NUMBER;
    }

    @Override
    public void write(JuteWriter out) {
      out.writeString(path);
    }
  }

  record WhoAmI() implements Request {
    @Override
    public OpCode op() {
      return OpCode.WHO_AM_I;
    }

    @Override
    public void write(JuteWriter out) {}
  }

  record Ping() implements Request {
    @Override
    public OpCode op() {
      return OpCode.PING;
    }

    @Override
    public void write(JuteWriter out) {}
  }

  /**
   * Changes the ensemble's membership.
   *
   * @param configVersion the configuration that the change is meant for, &minus;1 for any
   */
  record Reconfig(
      @Nullable String joiningServers,
      @Nullable String leavingServers,
      @Nullable String newMembers,
      long configVersion)
      implements Request {
    @Override
    public OpCode op() {
      return OpCode.RECONFIG;
    }

    @Override
    public void write(JuteWriter out) {
      out.writeString(joiningServers);
      out.writeString(leavingServers);
      out.writeString(newMembers);
      out.writeLong(configVersion);
    }
  }

  /** checkWatches and removeWatches, told apart by {@code op}. */
  record Watches(OpCode op, String path, int watcherType) implements OfPath {
    @Override
    public void write(JuteWriter out) {
      out.writeString(path);
      out.writeInt(watcherType);
    }
  }

  /**
   * setWatches and setWatches2: what a client that has reconnected wants to go on watching.
   *
   * @param relativeZxid the newest zxid that the client has seen
   */
  record SetWatches(
      OpCode op,
      long relativeZxid,
      List<String> data,
      List<String> exist,
      List<String> child,
      List<String> persistent,
      List<String> persistentRecursive)
      implements Request {
    @Override
    public void write(JuteWriter out) {
      out.writeLong(relativeZxid);
      out.writeVector(data, JuteWriter::writeString);
      out.writeVector(exist, JuteWriter::writeString);
      out.writeVector(child, JuteWriter::writeString);
      if (op == OpCode.SET_WATCHES2) {
        out.writeVector(persistent, JuteWriter::writeString);
        out.writeVector(persistentRecursive, JuteWriter::writeString);
      }
    }

    static SetWatches read(OpCode op, JuteReader in) {
      boolean two = op == OpCode.SET_WATCHES2;
      return new SetWatches(
          op,
          in.readLong(),
          in.readVector(Request::readPath),
          in.readVector(Request::readPath),
          in.readVector(Request::readPath),
          two ? in.readVector(Request::readPath) : List.of(),
          two ? in.readVector(Request::readPath) : List.of());
    }
  }

  /** addWatch; mode 0 is persistent, 1 persistent recursive, anything else a refusal. */
  record AddWatch(String path, int mode) implements OfPath {
    public static final int PERSISTENT = 0;
    public static final int PERSISTENT_RECURSIVE = 1;

    @Override
    public OpCode op() {
      return OpCode.ADD_WATCH;
    }

    @Override
    public void write(JuteWriter out) {
      out.writeString(path);
      out.writeInt(mode);
    }
  }

  record Auth(int type, String scheme, byte @Nullable [] auth) implements Request {
    @Override
    public OpCode op() {
      return OpCode.AUTH;
    }

    @Override
    public void write(JuteWriter out) {
      out.writeInt(type);
      out.writeString(scheme);
      out.writeBuffer(auth);
    }
  }

  record Sasl(byte @Nullable [] token) implements Request {
    @Override
    public OpCode op() {
      return OpCode.SASL;
    }

    @Override
    public void write(JuteWriter out) {
      out.writeBuffer(token);
    }
  }

  /** The server's own request that a new session be recorded. */
  record CreateSession(int timeoutMs) implements Request {
    @Override
    public OpCode op() {
      return OpCode.CREATE_SESSION;
    }

    @Override
    public void write(JuteWriter out) {
      out.writeInt(timeoutMs);
    }
  }

  /** The end of a session, asked for by its client or, when it has expired, by the server. */
  record CloseSession() implements Request {
    @Override
    public OpCode op() {
      return OpCode.CLOSE_SESSION;
    }

    @Override
    public void write(JuteWriter out) {}
  }

  /**
   * Bytes that are no request of kind {@code op}. It keeps its place among the others and is
   * refused with {@link ErrorCode#MARSHALLING_ERROR}.
   */
  record Unreadable(OpCode op) implements Request {
    @Override
    public void write(JuteWriter out) {
      throw new IllegalStateException("an unreadable request can't be written: " + op);
    }
  }

  /** All of these or none: create in its four kinds, delete, setData, check. */
  record Multi(List<Request> ops) implements Request {
    @Override
    public OpCode op() {
      return OpCode.MULTI;
    }

    @Override
    public void write(JuteWriter out) {
      writeOps(out, ops);
    }
  }

  /** Each of these by itself: getData, getChildren. */
  record MultiRead(List<Request> ops) implements Request {
    @Override
    public OpCode op() {
      return OpCode.MULTI_READ;
    }

    @Override
    public void write(JuteWriter out) {
      writeOps(out, ops);
    }
  }

  /**
   * Reads the body of a request of kind {@code op}. Bytes behind the record are left unread, as
   * Apache does.
   *
   * @throws MalformedRecordException when the bytes are not such a record, or {@code op} is none
   *     that travels as a request
   */
  static Request read(OpCode op, JuteReader in) {
    return switch (op) {
      case CREATE, CREATE2, CREATE_CONTAINER, CREATE_TTL -> Create.read(op, in);
      case DELETE -> new Delete(in.readString(), in.readInt());
      case DELETE_CONTAINER -> new DeleteContainer(readPath(in));
      case EXISTS -> new Exists(readPath(in), in.readBool());
      case GET_DATA -> new GetData(readPath(in), in.readBool());
      case SET_DATA -> new SetData(readPath(in), in.readBuffer(), in.readInt());
      case GET_ACL -> new GetAcl(readPath(in));
      case SET_ACL -> new SetAcl(readPath(in), Acl.readList(in), in.readInt());
      case GET_CHILDREN, GET_CHILDREN2 -> new GetChildren(op, readPath(in), in.readBool());
      case SYNC -> new Sync(readPath(in));
      case PING -> new Ping();
      case CHECK -> new Check(readPath(in), in.readInt());
      case MULTI -> new Multi(readOps(in));
      case MULTI_READ -> new MultiRead(readOps(in));
      case RECONFIG ->
          new Reconfig(
              in.readNullableString(),
              in.readNullableString(),
              in.readNullableString(),
              in.readLong());
      case CHECK_WATCHES, REMOVE_WATCHES -> new Watches(op, readPath(in), in.readInt());
      case AUTH -> new Auth(in.readInt(), readPath(in), in.readBuffer());
      case SET_WATCHES, SET_WATCHES2 -> SetWatches.read(op, in);
      case SASL -> new Sasl(in.readBuffer());
      case GET_EPHEMERALS -> new GetEphemerals(readPath(in));
      case GET_ALL_CHILDREN_NUMBER -> new GetAllChildrenNumber(readPath(in));
      case ADD_WATCH -> new AddWatch(readPath(in), in.readInt());
      case WHO_AM_I -> new WhoAmI();
      case CREATE_SESSION -> new CreateSession(in.readInt());
      case CLOSE_SESSION -> new CloseSession();
      case NOTIFICATION, ERROR -> throw new MalformedRecordException("not a request: " + op);
    };
  }

  /**
   * A null path is as malformed as an empty one, and is left for the checks to say so. Only create
   * and delete can't be read with one: there Apache answers that the request makes no sense.
   */
  private static String readPath(JuteReader in) {
    String path = in.readNullableString();
    return path == null ? "" : path;
  }

  private static void writeWatched(JuteWriter out, String path, boolean watch) {
    out.writeString(path);
    out.writeBool(watch);
  }

  private static void writeOps(JuteWriter out, List<Request> ops) {
    for (Request op : ops) {
      MultiHeader.write(out, op.op().code(), false, -1);
      op.write(out);
    }
    MultiHeader.writeEnd(out);
  }

  private static List<Request> readOps(JuteReader in) {
    List<Request> ops = new ArrayList<>();
    while (true) {
      MultiHeader header = MultiHeader.read(in);
      if (header.done()) {
        return ops;
      }
      OpCode op = OpCode.of(header.type());
      if (op == null || !isOpOfMulti(op)) {
        throw new MalformedRecordException("not an operation of a multi: " + header.type());
      }
      Request read = read(op, in);
      ops.add(read instanceof Create create ? asInMulti(create) : read);
    }
  }

  /**
   * Inside a multi it is the flags that say which create this is, as in Apache; by itself it is the
   * type. There, flags that fit no type but createTTL spoil the whole multi.
   */
  private static Create asInMulti(Create create) {
    CreateMode mode = CreateMode.of(create.flags());
    boolean ttlOp = create.op() == OpCode.CREATE_TTL;
    boolean ttlMode = mode != null && mode.isTtl();
    if (ttlOp && ttlMode) {
      return create;
    }
    if (!ttlOp && (mode == null || ttlMode)) {
      throw new MalformedRecordException("not a mode of " + create.op() + ": " + create.flags());
    }
    OpCode plain = ttlOp ? OpCode.CREATE : create.op();
    OpCode op = mode != null && mode.isContainer() ? OpCode.CREATE_CONTAINER : plain;
    return new Create(op, create.path(), create.data(), create.acl(), create.flags(), 0);
  }

  private static boolean isOpOfMulti(OpCode op) {
    return switch (op) {
      case CREATE, CREATE2, CREATE_CONTAINER, CREATE_TTL, DELETE, SET_DATA, CHECK -> true;
      case GET_DATA, GET_CHILDREN -> true;
      default -> false;
    };
  }
}
