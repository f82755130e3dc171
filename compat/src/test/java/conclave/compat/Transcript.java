package conclave.compat;

import java.nio.BufferUnderflowException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Writes down what a server answered so that two servers can be compared: times, session ids and
 * the zxid at which a run began are replaced by what they mean, everything else stays as the bytes
 * say. The order of children, ephemerals, identities and the entries of an ACL made from identities
 * is not part of the protocol.
 */
final class Transcript {
  private final long baseZxid;
  private final Map<Long, String> sessionNames = new HashMap<>();

  Transcript(long baseZxid) {
    this.baseZxid = baseZxid;
  }

  long baseZxid() {
    return baseZxid;
  }

  void nameSession(long id, String name) {
    sessionNames.put(id, name);
  }

  String event(Incoming.Event event) {
    return "event %s state=%d zxid=%s".formatted(event.brief(), event.state(), zxid(event.zxid()));
  }

  String reply(Request request, Incoming.Reply reply) {
    return "xid=%d err=%d zxid=%s %s"
        .formatted(reply.xid(), reply.err(), zxid(reply.zxid()), body(request.type(), reply));
  }

  private String body(int type, Incoming.Reply reply) {
    if (reply.err() != 0 || reply.body().length == 0) {
      return Hex.of(reply.body());
    }
    JuteReader in = reply.read();
    try {
      String text =
          switch (type) {
            case Requests.MULTI, Requests.MULTI_READ -> items(in);
            case Requests.GET_EPHEMERALS -> sorted(in.strings());
            case Requests.WHO_AM_I -> identities(in);
            case Requests.GET_ACL ->
                sorted(in.acls().stream().map(Acl::toString).toList()) + " " + stat(in);
            default -> plain(type, in);
          };
      return text + (in.remaining() == 0 ? "" : " + " + Hex.of(in.rest()));
    } catch (BufferUnderflowException e) {
      return "unreadable " + Hex.of(reply.body());
    }
  }

  private String items(JuteReader in) {
    List<String> items = new ArrayList<>();
    while (true) {
      int type = in.int32();
      boolean done = in.bool();
      int err = in.int32();
      String header = "{" + type + " " + done + " " + err + "}";
      if (done) {
        return items + " " + header;
      }
      items.add(header + (type == -1 ? "err " + in.int32() : plain(type, in)));
    }
  }

  private String plain(int type, JuteReader in) {
    return switch (type) {
      case Requests.CREATE -> String.valueOf(in.string());
      case Requests.CREATE2, Requests.CREATE_CONTAINER, Requests.CREATE_TTL ->
          in.string() + " " + stat(in);
      case Requests.EXISTS, Requests.SET_DATA, Requests.SET_ACL -> stat(in);
      case Requests.GET_DATA -> data(in) + " " + stat(in);
      case Requests.GET_CHILDREN -> sorted(in.strings());
      case Requests.GET_CHILDREN2 -> sorted(in.strings()) + " " + stat(in);
      case Requests.CHECK, Requests.DELETE -> "";
      default -> Hex.of(in.rest());
    };
  }

  private static String data(JuteReader in) {
    byte[] data = in.buffer();
    return data == null ? "null" : Hex.of(data);
  }

  private String stat(JuteReader in) {
    Stat stat = in.stat();
    return "czxid=%s mzxid=%s pzxid=%s v=%d cv=%d av=%d owner=%s len=%d kids=%d born=%b"
        .formatted(
            zxid(stat.czxid()),
            zxid(stat.mzxid()),
            zxid(stat.pzxid()),
            stat.version(),
            stat.cversion(),
            stat.aversion(),
            sessionNames.getOrDefault(
                stat.ephemeralOwner(), Long.toHexString(stat.ephemeralOwner())),
            stat.dataLength(),
            stat.numChildren(),
            stat.ctime() > 0);
  }

  private static String identities(JuteReader in) {
    int count = in.int32();
    List<String> all = new ArrayList<>();
    Supplier<String> next = () -> in.string() + ":" + in.string();
    for (int i = 0; i < count; i++) {
      all.add(next.get());
    }
    return sorted(all);
  }

  private static String sorted(List<String> values) {
    return values.stream().sorted().collect(Collectors.joining(",", "[", "]"));
  }

  private String zxid(long zxid) {
    return zxid <= 0 ? Long.toString(zxid) : "+" + (zxid - baseZxid);
  }
}
