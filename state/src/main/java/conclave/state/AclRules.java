package conclave.state;

import conclave.protocol.Acl;
import conclave.protocol.Id;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import javax.security.auth.x500.X500Principal;
import org.jspecify.annotations.Nullable;

/**
 * What access control lists mean: which ones a client may set, and whom a list lets in. All of it
 * depends on the arguments alone; nothing here looks a name up.
 *
 * <p>The rules are Apache ZooKeeper's to the letter, because in a mixed ensemble every server must
 * decide alike.
 */
public final class AclRules {

  private static final String SUPER = "super";

  private AclRules() {}

  /** As {@link #fixup(List, List, AuthSchemes)} with the schemes that every server has. */
  public static @Nullable List<Acl> fixup(List<Acl> requested, List<Id> authIds) {
    return fixup(requested, authIds, AuthSchemes.DEFAULT);
  }

  /**
   * The list to store for one that a client asked for: without repetitions, and with {@code auth}
   * replaced by the session's own authenticated ids.
   *
   * @return null when the list is empty or has an entry that is not valid, which is an INVALIDACL
   */
  public static @Nullable List<Acl> fixup(
      List<Acl> requested, List<Id> authIds, AuthSchemes schemes) {
    if (requested.equals(Acl.OPEN)) {
      return Acl.OPEN;
    }
    List<Acl> fixed = new ArrayList<>();
    for (Acl acl : new LinkedHashSet<>(requested)) {
      if (acl.id().equals(Id.ANYONE)) {
        fixed.add(acl);
      } else if (acl.id().scheme().equals("auth")) {
        int before = fixed.size();
        for (Id id : authIds) {
          if (schemes.isAuthenticated(id.scheme())) {
            fixed.add(new Acl(acl.perms(), id));
          }
        }
        if (fixed.size() == before) {
          return null;
        }
      } else if (schemes.names().contains(acl.id().scheme()) && isValid(acl.id())) {
        fixed.add(acl);
      } else {
        return null;
      }
    }
    return fixed.isEmpty() ? null : List.copyOf(fixed);
  }

  /** As {@link #permits(List, int, List, AuthSchemes)} with the schemes that every server has. */
  public static boolean permits(List<Acl> acl, int perm, List<Id> ids) {
    return permits(acl, perm, ids, AuthSchemes.DEFAULT);
  }

  /**
   * Whether a list lets any of the ids do it. An empty list lets everybody, and the id {@code
   * super} may do everything.
   *
   * @param perm one of the permissions of {@link Acl}, or a sum of which any suffices
   */
  public static boolean permits(List<Acl> acl, int perm, List<Id> ids, AuthSchemes schemes) {
    if (acl.isEmpty() || isSuper(ids)) {
      return true;
    }
    for (Acl entry : acl) {
      if ((entry.perms() & perm) != 0 && lets(entry.id(), ids, schemes)) {
        return true;
      }
    }
    return false;
  }

  /** Whether one of the ids is the super user's. */
  public static boolean isSuper(List<Id> ids) {
    for (Id id : ids) {
      if (id.scheme().equals(SUPER)) {
        return true;
      }
    }
    return false;
  }

  private static boolean lets(Id entry, List<Id> ids, AuthSchemes schemes) {
    if (entry.equals(Id.ANYONE)) {
      return true;
    }
    if (!schemes.names().contains(entry.scheme())) {
      return false;
    }
    for (Id id : ids) {
      if (id.scheme().equals(entry.scheme()) && matches(entry, id.id(), schemes)) {
        return true;
      }
    }
    return false;
  }

  private static boolean matches(Id entry, String id, AuthSchemes schemes) {
    return switch (entry.scheme()) {
      case "ip" -> IpRange.matches(entry.id(), id);
      case "sasl" ->
          id.equals(SUPER) || id.equals(entry.id()) || entry.id().equals(schemes.anySaslUserName());
      case "ensemble" -> false;
      default -> id.equals(entry.id());
    };
  }

  /** Whether an id can stand in a list, by the rules of its scheme. */
  static boolean isValid(Id id) {
    return switch (id.scheme()) {
      case "ip" -> IpRange.isValid(id.id());
      case "digest" -> isDigest(id.id());
      case "x509" -> isDistinguishedName(id.id());
      case "sasl" -> isPrincipal(id.id());
      default -> false;
    };
  }

  /**
   * Two parts around a colon. Apache overlooks further colons at the very end, and so {@code a:b:}
   * is valid.
   */
  private static boolean isDigest(String id) {
    int end = id.length();
    while (end > 0 && id.charAt(end - 1) == ':') {
      end--;
    }
    int colon = id.indexOf(':');
    return colon >= 0 && colon < end && id.lastIndexOf(':', end - 1) == colon;
  }

  private static boolean isDistinguishedName(String id) {
    try {
      new X500Principal(id);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /**
   * A plain name, or {@code service[/host]@realm}. Only a name with an at sign can be malformed:
   * two of them, or more than one slash before it.
   */
  private static boolean isPrincipal(String id) {
    int at = id.indexOf('@');
    if (at < 0) {
      return true;
    }
    String realm = id.substring(at + 1);
    String beforeRealm = id.substring(0, at);
    boolean oneSlashAtMost = beforeRealm.indexOf('/') == beforeRealm.lastIndexOf('/');
    return oneSlashAtMost && realm.indexOf('@') < 0 && realm.indexOf('/') < 0;
  }
}
