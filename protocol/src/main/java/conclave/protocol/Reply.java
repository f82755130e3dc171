package conclave.protocol;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The body of a reply that tells of success; a refusal has no body, its code is in the {@link
 * ReplyHeader}.
 */
public sealed interface Reply {

  /** A success without anything to tell. */
  Reply NOTHING = new Nothing();

  void write(JuteWriter out);

  record Nothing() implements Reply {
    @Override
    public void write(JuteWriter out) {}
  }

  /** To create and sync. */
  record OfPath(String path) implements Reply {
    @Override
    public void write(JuteWriter out) {
      out.writeString(path);
    }
  }

  /** To create2, createContainer and createTTL. */
  record OfPathAndStat(String path, Stat stat) implements Reply {
    @Override
    public void write(JuteWriter out) {
      out.writeString(path);
      stat.write(out);
    }
  }

  /** To exists, setData and setACL. */
  record OfStat(Stat stat) implements Reply {
    @Override
    public void write(JuteWriter out) {
      stat.write(out);
    }
  }

  /** To getData and reconfig. */
  record OfData(byte @Nullable [] data, Stat stat) implements Reply {
    @Override
    public void write(JuteWriter out) {
      out.writeBuffer(data);
      stat.write(out);
    }
  }

  /** To getACL. */
  record OfAcl(List<Acl> acl, Stat stat) implements Reply {
    @Override
    public void write(JuteWriter out) {
      Acl.writeList(out, acl);
      stat.write(out);
    }
  }

  /** To getChildren and getEphemerals. */
  record OfNames(List<String> names) implements Reply {
    @Override
    public void write(JuteWriter out) {
      out.writeVector(names, JuteWriter::writeString);
    }
  }

  /** To getChildren2. */
  record OfNamesAndStat(List<String> names, Stat stat) implements Reply {
    @Override
    public void write(JuteWriter out) {
      out.writeVector(names, JuteWriter::writeString);
      stat.write(out);
    }
  }

  /** To getAllChildrenNumber, and to addWatch, where it is an error code and 0. */
  record OfNumber(int number) implements Reply {
    @Override
    public void write(JuteWriter out) {
      out.writeInt(number);
    }
  }

  /** To whoAmI. */
  record OfClients(List<ClientInfo> clients) implements Reply {
    @Override
    public void write(JuteWriter out) {
      out.writeVector(clients, (w, client) -> client.write(w));
    }
  }

  /** To sasl. */
  record OfToken(byte @Nullable [] token) implements Reply {
    @Override
    public void write(JuteWriter out) {
      out.writeBuffer(token);
    }
  }

  /** To multi and multiRead. */
  record OfMulti(List<OpResult> results) implements Reply {
    @Override
    public void write(JuteWriter out) {
      for (OpResult result : results) {
        result.write(out);
      }
      MultiHeader.writeEnd(out);
    }
  }

  /**
   * What became of one operation of a multi: the reply of kind {@code op} when {@code error} is
   * {@link ErrorCode#OK}.
   *
   * <p>An operation that was refused, or rolled back, or never tried because another was refused,
   * is an item of type &minus;1 whose body is the code. Those rolled back carry OK there: use
   * {@link #refused}.
   *
   * @param op null for an item of type &minus;1
   */
  record OpResult(@Nullable OpCode op, ErrorCode error, Reply reply) {

    public static OpResult refused(ErrorCode error) {
      return new OpResult(null, error, NOTHING);
    }

    void write(JuteWriter out) {
      if (op == null) {
        MultiHeader.write(out, OpCode.ERROR.code(), false, error.code());
        out.writeInt(error.code());
      } else {
        MultiHeader.write(out, op.code(), false, 0);
        reply.write(out);
      }
    }

    static OpResult read(MultiHeader header, JuteReader in) {
      OpCode op = OpCode.of(header.type());
      if (op == null || op == OpCode.ERROR) {
        return refused(ErrorCode.of(in.readInt()));
      }
      return new OpResult(op, ErrorCode.OK, Reply.read(op, in));
    }
  }

  /** Reads the body of the reply to a request of kind {@code op}. */
  static Reply read(OpCode op, JuteReader in) {
    return switch (op) {
      case CREATE, SYNC -> new OfPath(in.readString());
      case CREATE2, CREATE_CONTAINER, CREATE_TTL ->
          new OfPathAndStat(in.readString(), Stat.read(in));
      case EXISTS, SET_DATA, SET_ACL -> new OfStat(Stat.read(in));
      case GET_DATA, RECONFIG -> new OfData(in.readBuffer(), Stat.read(in));
      case GET_ACL -> new OfAcl(Acl.readList(in), Stat.read(in));
      case GET_CHILDREN, GET_EPHEMERALS -> new OfNames(in.readVector(JuteReader::readString));
      case GET_CHILDREN2 ->
          new OfNamesAndStat(in.readVector(JuteReader::readString), Stat.read(in));
      case GET_ALL_CHILDREN_NUMBER, ADD_WATCH -> new OfNumber(in.readInt());
      case WHO_AM_I -> new OfClients(in.readVector(ClientInfo::read));
      case SASL -> new OfToken(in.readBuffer());
      case MULTI, MULTI_READ -> readMulti(in);
      case DELETE,
          DELETE_CONTAINER,
          CHECK,
          PING,
          AUTH,
          SET_WATCHES,
          SET_WATCHES2,
          CHECK_WATCHES,
          REMOVE_WATCHES,
          CREATE_SESSION,
          CLOSE_SESSION ->
          NOTHING;
      case NOTIFICATION, ERROR -> throw new MalformedRecordException("not a reply: " + op);
    };
  }

  private static Reply readMulti(JuteReader in) {
    List<OpResult> results = new ArrayList<>();
    while (true) {
      MultiHeader header = MultiHeader.read(in);
      if (header.done()) {
        return new OfMulti(results);
      }
      results.add(OpResult.read(header, in));
    }
  }
}
