package conclave.compat;

import static conclave.compat.Jute.jute;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Builds the body of every request of the protocol. */
final class Requests {
  static final int CREATE = 1;
  static final int DELETE = 2;
  static final int EXISTS = 3;
  static final int GET_DATA = 4;
  static final int SET_DATA = 5;
  static final int GET_ACL = 6;
  static final int SET_ACL = 7;
  static final int GET_CHILDREN = 8;
  static final int SYNC = 9;
  static final int PING = 11;
  static final int GET_CHILDREN2 = 12;
  static final int CHECK = 13;
  static final int MULTI = 14;
  static final int CREATE2 = 15;
  static final int RECONFIG = 16;
  static final int CHECK_WATCHES = 17;
  static final int REMOVE_WATCHES = 18;
  static final int CREATE_CONTAINER = 19;
  static final int DELETE_CONTAINER = 20;
  static final int CREATE_TTL = 21;
  static final int MULTI_READ = 22;
  static final int AUTH = 100;
  static final int SET_WATCHES = 101;
  static final int SASL = 102;
  static final int GET_EPHEMERALS = 103;
  static final int GET_ALL_CHILDREN_NUMBER = 104;
  static final int SET_WATCHES2 = 105;
  static final int ADD_WATCH = 106;
  static final int WHO_AM_I = 107;
  static final int CREATE_SESSION = -10;
  static final int CLOSE_SESSION = -11;

  private static final byte[] EMPTY = {};

  private Requests() {}

  static Request raw(int type, byte[] body) {
    return new Request(type, body, "type " + type + " " + Hex.of(body));
  }

  static Request create(String path) {
    return create(path, EMPTY, 0);
  }

  static Request create(String path, byte @Nullable [] data, int flags) {
    return create(CREATE, path, data, Acl.OPEN, flags);
  }

  static Request create(
      int type, @Nullable String path, byte @Nullable [] data, @Nullable List<Acl> acl, int flags) {
    return new Request(
        type,
        jute().string(path).buffer(data).acls(acl).int32(flags).bytes(),
        "create/%d %s %s flags=%d acl=%s".formatted(type, path, text(data), flags, acl));
  }

  static Request createTtl(String path, byte @Nullable [] data, int flags, long ttlMs) {
    return createTtl(path, data, Acl.OPEN, flags, ttlMs);
  }

  static Request createTtl(
      String path, byte @Nullable [] data, List<Acl> acl, int flags, long ttlMs) {
    return new Request(
        CREATE_TTL,
        jute().string(path).buffer(data).acls(acl).int32(flags).int64(ttlMs).bytes(),
        "createTTL %s flags=%d ttl=%d acl=%s".formatted(path, flags, ttlMs, acl));
  }

  static Request delete(@Nullable String path, int version) {
    return new Request(
        DELETE, jute().string(path).int32(version).bytes(), "delete " + path + " v" + version);
  }

  static Request exists(String path, boolean watch) {
    return watched(EXISTS, "exists", path, watch);
  }

  static Request getData(String path, boolean watch) {
    return watched(GET_DATA, "getData", path, watch);
  }

  static Request getChildren(String path, boolean watch) {
    return watched(GET_CHILDREN, "getChildren", path, watch);
  }

  static Request getChildren2(String path, boolean watch) {
    return watched(GET_CHILDREN2, "getChildren2", path, watch);
  }

  private static Request watched(int type, String name, String path, boolean watch) {
    return new Request(
        type, jute().string(path).bool(watch).bytes(), name + " " + path + (watch ? " watch" : ""));
  }

  static Request setData(@Nullable String path, byte @Nullable [] data, int version) {
    return new Request(
        SET_DATA,
        jute().string(path).buffer(data).int32(version).bytes(),
        "setData %s %s v%d".formatted(path, text(data), version));
  }

  static Request getAcl(String path) {
    return new Request(GET_ACL, jute().string(path).bytes(), "getACL " + path);
  }

  static Request setAcl(String path, @Nullable List<Acl> acl, int version) {
    return new Request(
        SET_ACL,
        jute().string(path).acls(acl).int32(version).bytes(),
        "setACL %s %s v%d".formatted(path, acl, version));
  }

  static Request sync(String path) {
    return new Request(SYNC, jute().string(path).bytes(), "sync " + path);
  }

  static Request check(String path, int version) {
    return new Request(
        CHECK, jute().string(path).int32(version).bytes(), "check " + path + " v" + version);
  }

  static Request multi(Request... operations) {
    return multi(MULTI, List.of(operations));
  }

  static Request multiRead(Request... operations) {
    return multi(MULTI_READ, List.of(operations));
  }

  static Request multi(int type, List<Request> operations) {
    Jute body = jute();
    for (Request operation : operations) {
      body.int32(operation.type()).bool(false).int32(-1).raw(operation.body());
    }
    body.raw(END_OF_MULTI);
    return new Request(type, body.bytes(), "multi/" + type + " " + operations);
  }

  /** The header that ends a multi, in both directions. */
  static final byte[] END_OF_MULTI = jute().int32(-1).bool(true).int32(-1).bytes();

  static Request reconfig(
      @Nullable String joining, @Nullable String leaving, @Nullable String members, long config) {
    return new Request(
        RECONFIG,
        jute().string(joining).string(leaving).string(members).int64(config).bytes(),
        "reconfig");
  }

  static Request checkWatches(String path, int watcherType) {
    return new Request(
        CHECK_WATCHES,
        jute().string(path).int32(watcherType).bytes(),
        "checkWatches " + path + " type " + watcherType);
  }

  static Request removeWatches(String path, int watcherType) {
    return new Request(
        REMOVE_WATCHES,
        jute().string(path).int32(watcherType).bytes(),
        "removeWatches " + path + " type " + watcherType);
  }

  static Request addWatch(String path, int mode) {
    return new Request(
        ADD_WATCH, jute().string(path).int32(mode).bytes(), "addWatch " + path + " mode " + mode);
  }

  static Request setWatches(
      long relativeZxid, List<String> data, List<String> exist, List<String> child) {
    return new Request(
        SET_WATCHES,
        jute().int64(relativeZxid).strings(data).strings(exist).strings(child).bytes(),
        "setWatches data=%s exist=%s child=%s".formatted(data, exist, child));
  }

  static Request setWatches2(
      long relativeZxid,
      List<String> data,
      List<String> exist,
      List<String> child,
      List<String> persistent,
      List<String> recursive) {
    return new Request(
        SET_WATCHES2,
        jute()
            .int64(relativeZxid)
            .strings(data)
            .strings(exist)
            .strings(child)
            .strings(persistent)
            .strings(recursive)
            .bytes(),
        "setWatches2 data=%s exist=%s child=%s persistent=%s recursive=%s"
            .formatted(data, exist, child, persistent, recursive));
  }

  static Request getEphemerals(@Nullable String prefix) {
    return new Request(GET_EPHEMERALS, jute().string(prefix).bytes(), "getEphemerals " + prefix);
  }

  static Request getAllChildrenNumber(String path) {
    return new Request(
        GET_ALL_CHILDREN_NUMBER, jute().string(path).bytes(), "getAllChildrenNumber " + path);
  }

  static Request whoAmI() {
    return new Request(WHO_AM_I, EMPTY, "whoAmI");
  }

  static Request auth(String scheme, String credentials) {
    return new Request(
        AUTH,
        jute().int32(0).string(scheme).buffer(credentials.getBytes(UTF_8)).bytes(),
        "auth " + scheme + " " + credentials);
  }

  private static String text(byte @Nullable [] data) {
    if (data == null) {
      return "null";
    }
    return data.length > 40 ? data.length + " bytes" : "'" + new String(data, UTF_8) + "'";
  }
}
