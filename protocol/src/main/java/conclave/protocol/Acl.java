package conclave.protocol;

import java.util.List;

/** Permissions that somebody has on a znode; {@code perms} is a sum of the constants here. */
public record Acl(int perms, Id id) {
  public static final int READ = 1;
  public static final int WRITE = 2;
  public static final int CREATE = 4;
  public static final int DELETE = 8;
  public static final int ADMIN = 16;
  public static final int ALL = 31;

  /** Everything to everybody: the list that most znodes have. */
  public static final List<Acl> OPEN = List.of(new Acl(ALL, Id.ANYONE));

  /** Reading to everybody. */
  public static final List<Acl> READ_ONLY = List.of(new Acl(READ, Id.ANYONE));

  public void write(JuteWriter out) {
    out.writeInt(perms);
    id.write(out);
  }

  public static Acl read(JuteReader in) {
    return new Acl(in.readInt(), Id.read(in));
  }

  public static void writeList(JuteWriter out, List<Acl> acl) {
    out.writeVector(acl, (w, item) -> item.write(w));
  }

  public static List<Acl> readList(JuteReader in) {
    return in.readVector(Acl::read);
  }
}
