package conclave.cli.common;

import conclave.protocol.Acl;
import conclave.protocol.Id;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** ACL lists as people write them: {@code scheme:id:cdrwa,scheme:id:r}. */
public final class AclText {
  private static final String LETTERS = "rwcda";

  private AclText() {}

  public static List<Acl> parse(String text) throws CommandFailure {
    List<Acl> acl = new ArrayList<>();
    for (String entry : text.split(",", -1)) {
      acl.add(parseEntry(entry.strip()));
    }
    return acl;
  }

  /** A list as {@link #parse} reads it. */
  public static String text(List<Acl> acl) {
    return acl.stream()
        .map(each -> each.id().scheme() + ":" + each.id().id() + ":" + permissions(each.perms()))
        .collect(Collectors.joining(","));
  }

  /** Permissions as letters, in ZooKeeper's order. */
  public static String permissions(int perms) {
    StringBuilder letters = new StringBuilder();
    for (char letter : "cdrwa".toCharArray()) {
      if ((perms & 1 << LETTERS.indexOf(letter)) != 0) {
        letters.append(letter);
      }
    }
    return letters.toString();
  }

  /** The id may contain colons, as digest's does. */
  private static Acl parseEntry(String entry) throws CommandFailure {
    int first = entry.indexOf(':');
    int last = entry.lastIndexOf(':');
    if (first <= 0 || last == first) {
      throw malformed(entry);
    }
    int perms = 0;
    for (char letter : entry.substring(last + 1).toCharArray()) {
      int bit = LETTERS.indexOf(letter);
      if (bit < 0) {
        throw malformed(entry);
      }
      perms |= 1 << bit;
    }
    return new Acl(perms, new Id(entry.substring(0, first), entry.substring(first + 1, last)));
  }

  private static CommandFailure malformed(String entry) {
    return new CommandFailure(
        ExitCode.USAGE,
        "\""
            + entry
            + "\" is not an ACL; it has the form scheme:id:permissions with permissions out of cdrwa, as in world:anyone:r.");
  }
}
