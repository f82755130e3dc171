package conclave.protocol;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A change of the replicated state, as it is logged and proposed: decided, so that applying it is
 * the same everywhere.
 *
 * <p>{@link #type} is the number in the transaction's header; some records travel under two of
 * them.
 */
public sealed interface Txn {

  OpCode type();

  /** Writes the record, without the header. */
  void write(JuteWriter out);

  /** Changes of one znode. */
  sealed interface OfPath extends Txn {
    String path();
  }

  /** Makes a znode; the three kinds differ in what becomes its owner. */
  sealed interface CreateNode extends OfPath {
    byte @Nullable [] data();

    List<Acl> acl();

    /** The parent's creates counter after this, &minus;1 in logs too old to know. */
    int parentCVersion();
  }

  /** A persistent or ephemeral znode; the owner of an ephemeral is the header's client. */
  record Create(
      OpCode type,
      String path,
      byte @Nullable [] data,
      List<Acl> acl,
      boolean ephemeral,
      int parentCVersion)
      implements CreateNode {
    @Override
    public void write(JuteWriter out) {
      writeCreate(out, this);
      out.writeBool(ephemeral);
      out.writeInt(parentCVersion);
    }
  }

  record CreateContainer(String path, byte @Nullable [] data, List<Acl> acl, int parentCVersion)
      implements CreateNode {
    @Override
    public OpCode type() {
      return OpCode.CREATE_CONTAINER;
    }

    @Override
    public void write(JuteWriter out) {
      writeCreate(out, this);
      out.writeInt(parentCVersion);
    }
  }

  record CreateTtl(
      String path, byte @Nullable [] data, List<Acl> acl, int parentCVersion, long ttlMs)
      implements CreateNode {
    @Override
    public OpCode type() {
      return OpCode.CREATE_TTL;
    }

    @Override
    public void write(JuteWriter out) {
      writeCreate(out, this);
      out.writeInt(parentCVersion);
      out.writeLong(ttlMs);
    }
  }

  /** delete, or deleteContainer when the server removed a container or TTL znode itself. */
  record Delete(OpCode type, String path) implements OfPath {
    @Override
    public void write(JuteWriter out) {
      out.writeString(path);
    }
  }

  /** setData, or reconfig, which sets the configuration's znode; {@code version} is the new one. */
  record SetData(OpCode type, String path, byte @Nullable [] data, int version) implements OfPath {
    @Override
    public void write(JuteWriter out) {
      out.writeString(path);
      out.writeBuffer(data);
      out.writeInt(version);
    }
  }

  /** setACL; {@code version} is the new version of the ACL. */
  record SetAcl(String path, List<Acl> acl, int version) implements OfPath {
    @Override
    public OpCode type() {
      return OpCode.SET_ACL;
    }

    @Override
    public void write(JuteWriter out) {
      out.writeString(path);
      Acl.writeList(out, acl);
      out.writeInt(version);
    }
  }

  /** check inside a multi: changes nothing. */
  record Check(String path, int version) implements OfPath {
    @Override
    public OpCode type() {
      return OpCode.CHECK;
    }

    @Override
    public void write(JuteWriter out) {
      out.writeString(path);
      out.writeInt(version);
    }
  }

  /** All at one zxid. A multi that was refused is one whose transactions are all {@link Error}s. */
  record Multi(List<Txn> txns) implements Txn {
    @Override
    public OpCode type() {
      return OpCode.MULTI;
    }

    @Override
    public void write(JuteWriter out) {
      out.writeInt(txns.size());
      for (Txn txn : txns) {
        out.writeInt(txn.type().code());
        int lengthAt = out.length();
        out.writeInt(0);
        txn.write(out);
        out.putInt(lengthAt, out.length() - lengthAt - 4);
      }
    }
  }

  /** Starts the header's client as a session. */
  record CreateSession(int timeoutMs) implements Txn {
    @Override
    public OpCode type() {
      return OpCode.CREATE_SESSION;
    }

    @Override
    public void write(JuteWriter out) {
      out.writeInt(timeoutMs);
    }
  }

  /**
   * Ends the header's client as a session.
   *
   * @param paths the ephemerals that go with it; null in logs that don't name them
   */
  record CloseSession(@Nullable List<String> paths) implements Txn {
    @Override
    public OpCode type() {
      return OpCode.CLOSE_SESSION;
    }

    @Override
    public void write(JuteWriter out) {
      if (paths != null) {
        out.writeVector(paths, JuteWriter::writeString);
      }
    }
  }

  /** A request that was refused, which took its place in the order all the same. */
  record Error(ErrorCode error) implements Txn {
    @Override
    public OpCode type() {
      return OpCode.ERROR;
    }

    @Override
    public void write(JuteWriter out) {
      out.writeInt(error.code());
    }
  }

  /** Reads the record of a transaction whose header says {@code type}. */
  static Txn read(OpCode type, JuteReader in) {
    return switch (type) {
      case CREATE, CREATE2 -> readCreate(type, in);
      case CREATE_CONTAINER ->
          new CreateContainer(in.readString(), in.readBuffer(), Acl.readList(in), in.readInt());
      case CREATE_TTL ->
          new CreateTtl(
              in.readString(), in.readBuffer(), Acl.readList(in), in.readInt(), in.readLong());
      case DELETE, DELETE_CONTAINER -> new Delete(type, in.readString());
      case SET_DATA, RECONFIG -> new SetData(type, in.readString(), in.readBuffer(), in.readInt());
      case SET_ACL -> new SetAcl(in.readString(), Acl.readList(in), in.readInt());
      case CHECK -> new Check(in.readString(), in.readInt());
      case MULTI -> readMulti(in);
      case CREATE_SESSION -> new CreateSession(in.readInt());
      case CLOSE_SESSION ->
          new CloseSession(hasPaths(in) ? in.readVector(JuteReader::readString) : null);
      case ERROR -> new Error(ErrorCode.of(in.readInt()));
      default -> throw new MalformedRecordException("not a transaction: " + type);
    };
  }

  private static Txn readCreate(OpCode type, JuteReader in) {
    return new Create(
        type,
        in.readString(),
        in.readBuffer(),
        Acl.readList(in),
        in.readBool(),
        // Before 3.4 the record ended here.
        in.remaining() > 0 ? in.readInt() : -1);
  }

  /**
   * Whether paths follow, or nothing (servers before 3.6), or only a digest (servers told not to
   * name the paths). Twelve bytes can't be both: as paths they would be two empty ones.
   */
  private static boolean hasPaths(JuteReader in) {
    return in.remaining() > 0
        && !(in.remaining() == TxnDigest.LENGTH && in.peekInt() == TxnDigest.VERSION);
  }

  private static Txn readMulti(JuteReader in) {
    return new Multi(
        in.readVector(
            item -> {
              int code = item.readInt();
              OpCode type = OpCode.of(code);
              byte[] body = item.readBuffer();
              if (type == null || type == OpCode.MULTI || body == null) {
                throw new MalformedRecordException("not a transaction of a multi: " + code);
              }
              return read(type, new JuteReader(body));
            }));
  }

  private static void writeCreate(JuteWriter out, CreateNode create) {
    out.writeString(create.path());
    out.writeBuffer(create.data());
    Acl.writeList(out, create.acl());
  }
}
