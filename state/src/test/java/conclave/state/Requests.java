package conclave.state;

import conclave.protocol.Acl;
import conclave.protocol.Id;
import conclave.protocol.OpCode;
import conclave.protocol.Request;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Random requests in a small world, in which they often meet. */
final class Requests {
  static final List<Id> ALICE = List.of(new Id("digest", "alice:hash"));
  static final List<Id> BOB = List.of(new Id("digest", "bob:hash"));

  private static final String[] NAMES = {"a", "b", "é", "水", "n-", "a-long-name-with-more", "b0"};
  private static final List<Acl> GUARDED =
      List.of(new Acl(Acl.ALL, ALICE.get(0)), new Acl(Acl.READ, Id.ANYONE));
  private static final List<Acl> CLOSED = List.of(new Acl(Acl.ALL & ~Acl.READ, BOB.get(0)));

  private final Random random;
  private int cxid;

  Requests(long seed) {
    this.random = new Random(seed);
  }

  int below(int bound) {
    return random.nextInt(bound);
  }

  Caller caller() {
    List<Id> ids = random.nextInt(4) == 0 ? BOB : ALICE;
    return new Caller(1 + random.nextInt(3), cxid++, ids);
  }

  Request next() {
    int kind = random.nextInt(100);
    if (kind < 6) {
      return new Request.CloseSession();
    }
    if (kind < 14) {
      return new Request.CreateSession(4_000 + random.nextInt(3));
    }
    if (kind < 20) {
      return new Request.SetAcl(path(), acl(), version());
    }
    if (kind < 35) {
      List<Request> ops = new ArrayList<>();
      int count = random.nextInt(5);
      for (int i = 0; i < count; i++) {
        ops.add(operation());
      }
      return new Request.Multi(ops);
    }
    return operation();
  }

  private Request operation() {
    int kind = random.nextInt(100);
    if (kind < 45) {
      return creation();
    }
    if (kind < 70) {
      return new Request.Delete(path(), version());
    }
    if (kind < 95) {
      return new Request.SetData(path(), data(), version());
    }
    return new Request.Check(path(), version());
  }

  private Request creation() {
    int kind = random.nextInt(20);
    if (kind == 0) {
      return new Request.Create(OpCode.CREATE_CONTAINER, path(), data(), acl(), 4, 0);
    }
    if (kind == 1) {
      return new Request.Create(
          OpCode.CREATE_TTL, path(), data(), acl(), random.nextInt(8), random.nextInt(100) - 1);
    }
    OpCode op = random.nextBoolean() ? OpCode.CREATE : OpCode.CREATE2;
    int flags = random.nextInt(20) == 0 ? random.nextInt(9) - 1 : random.nextInt(4);
    return new Request.Create(op, path(), data(), acl(), flags, 0);
  }

  String path() {
    int odd = random.nextInt(40);
    if (odd == 0) {
      String[] paths = {
        "/", "", "a", "/a/", "//", "/zookeeper", "/zookeeper/x", "/a/./b", "/a\0", "/a/../b", "a/b"
      };
      return paths[random.nextInt(paths.length)];
    }
    StringBuilder path = new StringBuilder();
    int depth = 1 + random.nextInt(3);
    for (int i = 0; i < depth; i++) {
      path.append('/').append(NAMES[random.nextInt(NAMES.length)]);
    }
    return path.toString();
  }

  private int version() {
    return random.nextInt(3) == 0 ? random.nextInt(3) : -1;
  }

  private byte[] data() {
    int length = random.nextInt(12) - 1;
    if (length < 0) {
      return null;
    }
    byte[] data = new byte[length];
    random.nextBytes(data);
    return data;
  }

  private List<Acl> acl() {
    int kind = random.nextInt(12);
    return kind == 0
        ? GUARDED
        : kind == 1 ? CLOSED : kind == 2 && random.nextInt(5) == 0 ? List.of() : Acl.OPEN;
  }
}
