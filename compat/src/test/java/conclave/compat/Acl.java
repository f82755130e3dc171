package conclave.compat;

import java.util.List;

/** One entry of an access control list. */
record Acl(int perms, String scheme, String id) {
  static final int READ = 1;
  static final int WRITE = 2;
  static final int CREATE = 4;
  static final int DELETE = 8;
  static final int ADMIN = 16;
  static final int ALL = 31;

  static final List<Acl> OPEN = List.of(new Acl(ALL, "world", "anyone"));

  static List<Acl> world(int perms) {
    return List.of(new Acl(perms, "world", "anyone"));
  }
}
