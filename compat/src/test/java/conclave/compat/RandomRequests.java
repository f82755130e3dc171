package conclave.compat;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * Requests from a seed: mostly sensible ones on a handful of paths, so that they meet each other,
 * some nonsensical.
 */
final class RandomRequests {
  private static final String[] NAMES = {"a", "b", "c", "a/b", "a/c", "b/a", "a/b/c", "e", "e/x"};
  private static final String[] BAD = {"", "x", "/..", "//a", "/./a", "/a\u0001", "/a/", "/a/../b"};

  private final Random random;
  private final String root;
  private final boolean closing;

  /**
   * @param closing whether there are znodes that not everybody may read. Then no watches are
   *     replayed: Apache's server tells of such a znode when watches are set again, Conclave not.
   */
  RandomRequests(Random random, String root, boolean closing) {
    this.random = random;
    this.root = root;
    this.closing = closing;
  }

  Request next(long baseZxid) {
    return switch (random.nextInt(36)) {
      case 0, 1, 2, 3, 4, 5, 32, 33, 34, 35 -> create();
      case 6, 7, 8 -> Requests.delete(path(), version());
      case 9, 10, 11 -> Requests.setData(path(), data(), version());
      case 12 -> Requests.getAllChildrenNumber(path());
      case 13 -> Requests.getAcl(path());
      case 14, 15 -> Requests.exists(path(), random.nextBoolean());
      case 16, 17 -> Requests.getData(path(), random.nextBoolean());
      case 18 -> Requests.getChildren(path(), random.nextBoolean());
      case 19, 20 -> Requests.getChildren2(path(), random.nextBoolean());
      case 21, 22, 23 -> multi();
      case 24 -> multiRead();
      case 25 -> Requests.addWatch(path(), random.nextInt(10) == 0 ? 7 : random.nextInt(2));
      case 26 -> Requests.removeWatches(path(), watcherType());
      case 27 -> Requests.checkWatches(path(), watcherType());
      case 28 -> replay(baseZxid);
      case 29 -> rare();
      case 30 -> quota();
      default -> Requests.getEphemerals(random.nextBoolean() ? root : path());
    };
  }

  /**
   * A request that must be alone for its outcome to depend on nothing else: Apache answers some on
   * the connection's own thread, past the requests before them in the pipeline, and judges the
   * requests right behind a change of an ACL sometimes by the old one, sometimes by the new.
   */
  Request alone() {
    return switch (random.nextInt(20)) {
      case 0 -> Requests.raw(clientType(random.nextInt(130) - 9), cut(create().body()));
      case 1 -> Requests.auth("nosuch", "x");
      case 2, 3, 4 -> Requests.raw(clientType(random.nextInt(22) + 1), cut(create().body()));
      case 5, 6, 7, 8, 9, 10, 11 -> Requests.setAcl(path(), acl(), version());
      case 12 -> Requests.auth("digest", "boss:secret");
      default -> Requests.auth("digest", "user" + random.nextInt(3) + ":pw");
    };
  }

  /** A request with some bytes of its body changed, cut off or added. */
  Request damaged(long baseZxid) {
    Request whole = next(baseZxid);
    byte[] body = whole.body().clone();
    int changes = body.length == 0 ? 0 : random.nextInt(3);
    for (int i = 0; i < changes; i++) {
      int position = random.nextInt(body.length);
      body[position] =
          (byte)
              (random.nextBoolean()
                  ? random.nextInt(256)
                  : body[position] ^ 1 << random.nextInt(8));
    }
    int length = body.length + (random.nextBoolean() ? 0 : random.nextInt(12) - 8);
    return Requests.raw(whole.type(), Arrays.copyOf(body, Math.max(0, length)));
  }

  /** Conclave takes this one from no client, on purpose. */
  private static int clientType(int type) {
    return type == Requests.DELETE_CONTAINER ? Requests.DELETE : type;
  }

  private Request rare() {
    return switch (random.nextInt(4)) {
      case 0 -> Requests.sync(path());
      case 1 -> Requests.getAllChildrenNumber(path());
      case 2 -> Requests.whoAmI();
      default -> Requests.reconfig(null, null, null, -1);
    };
  }

  private byte[] cut(byte[] body) {
    return Arrays.copyOf(body, random.nextInt(Math.min(body.length, 12)));
  }

  private Request create() {
    return create(acl());
  }

  /** In place of a null list, which spoils a whole multi in Apache without taking a zxid. */
  private List<Acl> acl(List<Acl> replacement) {
    List<Acl> acl = acl();
    return acl == null ? replacement : acl;
  }

  private Request create(@Nullable List<Acl> acl) {
    byte[] data = data();
    return switch (random.nextInt(8)) {
      case 0, 1, 2 -> Requests.create(Requests.CREATE, path(), data, acl, flags());
      case 3, 4, 5 -> Requests.create(Requests.CREATE2, path(), data, acl, flags());
      case 6 -> Requests.create(Requests.CREATE_CONTAINER, path(), data, acl, often(4));
      default ->
          Requests.createTtl(
              path(),
              data,
              acl == null ? List.of() : acl,
              often(5 + random.nextInt(2)),
              random.nextInt(10) == 0 ? random.nextInt(3) - 1 : 1_000_000 + random.nextInt(100));
    };
  }

  private Request multi() {
    List<Request> operations = new ArrayList<>();
    int count = random.nextInt(6);
    for (int i = 0; i < count; i++) {
      operations.add(
          switch (random.nextInt(8)) {
            case 0, 1, 2 -> create(acl(List.of()));
            case 3 -> Requests.delete(path(), version());
            case 4, 5 -> Requests.setData(path(), data(), version());
            case 6 -> Requests.check(path(), version());
            default -> Requests.create(root + "/" + NAMES[random.nextInt(NAMES.length)]);
          });
    }
    return Requests.multi(Requests.MULTI, operations);
  }

  private Request multiRead() {
    List<Request> operations = new ArrayList<>();
    int count = random.nextInt(4);
    for (int i = 0; i < count; i++) {
      operations.add(
          random.nextBoolean()
              ? Requests.getData(path(), random.nextBoolean())
              : Requests.getChildren(path(), random.nextBoolean()));
    }
    return Requests.multi(Requests.MULTI_READ, operations);
  }

  private Request replay(long baseZxid) {
    long relative = baseZxid + random.nextInt(400);
    if (closing) {
      return Requests.whoAmI();
    }
    if (random.nextBoolean()) {
      return Requests.setWatches(relative, paths(), paths(), paths());
    }
    return Requests.setWatches2(relative, paths(), paths(), paths(), paths(), paths());
  }

  private Request quota() {
    String node = "/zookeeper/quota" + root + "/a";
    String limits =
        "count=%d,bytes=%d=;byteHardLimit=%d;countHardLimit=%d"
            .formatted(
                random.nextInt(5) - 1,
                random.nextInt(20) - 1,
                random.nextInt(40) - 1,
                random.nextInt(6) - 1);
    return switch (random.nextInt(8)) {
      case 0 ->
          Requests.multi(
              Requests.create("/zookeeper/quota" + root),
              Requests.create(node),
              Requests.create(node + "/zookeeper_limits", limits.getBytes(UTF_8), 0),
              Requests.create(
                  node + "/zookeeper_stats",
                  "count=0,bytes=0=;byteHardLimit=-1;countHardLimit=-1".getBytes(UTF_8),
                  0));
      case 1 -> Requests.setData(node + "/zookeeper_limits", limits.getBytes(UTF_8), -1);
      case 2 -> Requests.delete(node + "/zookeeper_limits", -1);
      case 3 -> Requests.delete(node + "/zookeeper_stats", -1);
      case 4 -> Requests.getChildren2("/zookeeper/quota", false);
      default -> Requests.getData(node + "/zookeeper_stats", false);
    };
  }

  private List<String> paths() {
    List<String> paths = new ArrayList<>();
    int count = random.nextInt(3);
    for (int i = 0; i < count; i++) {
      paths.add(root + "/" + NAMES[random.nextInt(NAMES.length)]);
    }
    return paths;
  }

  private String path() {
    int dice = random.nextInt(60);
    if (dice == 0) {
      return root + BAD[random.nextInt(BAD.length)];
    }
    if (dice < 4) {
      return root;
    }
    return root + "/" + NAMES[random.nextInt(NAMES.length)];
  }

  private byte @Nullable [] data() {
    return switch (random.nextInt(8)) {
      case 0 -> null;
      case 1 -> new byte[0];
      default -> "d".repeat(random.nextInt(12)).getBytes(UTF_8);
    };
  }

  private @Nullable List<Acl> acl() {
    int dice = random.nextInt(40);
    if (dice >= 2 && dice <= 5 && !closing) {
      return Acl.world(Acl.READ | random.nextInt(32));
    }
    return switch (dice) {
      case 0 -> List.of();
      case 1 -> null;
      case 2 -> Acl.world(random.nextInt(32));
      case 3 -> List.of(new Acl(Acl.ALL, "auth", ""));
      case 4 -> List.of(new Acl(random.nextInt(32), "auth", "ignored"), Acl.OPEN.get(0));
      case 5 -> List.of(new Acl(Acl.ALL, "digest", "user0:A+M7S8ldRBpvRzfLUM9k5r8jqaA="));
      case 6 -> List.of(new Acl(Acl.ALL, "ip", "127.0.0.0/8"), new Acl(1, "world", "anyone"));
      case 7 -> List.of(new Acl(Acl.ALL, "ip", "127.0.0.300"));
      case 8 -> List.of(new Acl(Acl.ALL, "nosuch", "x"));
      case 9 -> List.of(new Acl(Acl.ALL, "world", "somebody"));
      case 10 -> List.of(Acl.OPEN.get(0), Acl.OPEN.get(0));
      case 11 -> List.of(new Acl(Acl.ALL, "digest", "nocolon"));
      default -> Acl.OPEN;
    };
  }

  private int flags() {
    int dice = random.nextInt(60);
    return dice == 0
        ? 9
        : dice < 4 ? random.nextInt(7) : dice < 36 ? 0 : dice < 46 ? 1 : dice < 54 ? 2 : 3;
  }

  private int often(int flags) {
    return random.nextInt(30) == 0 ? random.nextInt(8) : flags;
  }

  private int version() {
    int dice = random.nextInt(20);
    return dice < 13 ? -1 : dice == 13 ? -2 : random.nextInt(4);
  }

  private int watcherType() {
    return random.nextInt(20) == 0 ? 9 : 1 + random.nextInt(5);
  }
}
