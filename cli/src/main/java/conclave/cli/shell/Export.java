package conclave.cli.shell;

import conclave.cli.common.DataText;
import conclave.protocol.Acl;
import conclave.protocol.Id;
import conclave.protocol.Paths;
import conclave.recipes.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A subtree as JSON: {@code {"format":"conclave-export-1","path":…,"znodes":[…]}}, a znode a line,
 * parents first, paths relative to the top, which is {@code /}. A znode has {@code data} (text) or
 * {@code dataBase64}, and {@code acl}. Servers don't tell clients which znodes are containers or
 * have a time to live, so these come back as persistent ones.
 */
final class Export {
  static final String FORMAT = "conclave-export-1";
  private static final int ALL = 31;

  /**
   * A znode of an export.
   *
   * @param path relative to the top
   */
  record Znode(String path, byte @Nullable [] data, List<Acl> acl) {}

  private Export() {}

  /** A path below another, or that one itself, as if that were the root. */
  static String relative(String top, String path) {
    if (path.equals(top)) {
      return Paths.ROOT;
    }
    return top.equals(Paths.ROOT) ? path : path.substring(top.length());
  }

  /** The reverse. */
  static String absolute(String top, String relative) {
    if (relative.equals(Paths.ROOT)) {
      return top;
    }
    return top.equals(Paths.ROOT) ? relative : top + relative;
  }

  static Map<String, @Nullable Object> object(
      String relative, byte @Nullable [] data, List<Acl> acl) {
    Map<String, @Nullable Object> object = Json.object("path", relative);
    DataText.put(object, data);
    List<Object> entries = new ArrayList<>();
    for (Acl each : acl) {
      entries.add(
          Json.object("scheme", each.id().scheme(), "id", each.id().id(), "perms", each.perms()));
    }
    object.put("acl", entries);
    return object;
  }

  /**
   * Reads an export.
   *
   * @throws IllegalArgumentException with what is wrong with it
   */
  static List<Znode> parse(String text) {
    if (!(Json.parse(text) instanceof Map<?, ?> top) || !FORMAT.equals(top.get("format"))) {
      throw new IllegalArgumentException("its \"format\" is not \"" + FORMAT + "\"");
    }
    if (!(top.get("znodes") instanceof List<?> list)) {
      throw new IllegalArgumentException("it has no \"znodes\"");
    }
    List<Znode> znodes = new ArrayList<>();
    for (Object item : list) {
      if (!(item instanceof Map<?, ?> object)) {
        throw new IllegalArgumentException("znode " + znodes.size() + " is no object");
      }
      znodes.add(znode(object, znodes.size()));
    }
    return znodes;
  }

  private static Znode znode(Map<?, ?> object, int number) {
    if (!(object.get("path") instanceof String path) || !Paths.isValid(path)) {
      throw new IllegalArgumentException("znode " + number + " has no valid \"path\"");
    }
    return new Znode(path, data(object, path), acl(object.get("acl"), path));
  }

  private static byte @Nullable [] data(Map<?, ?> object, String path) {
    if (object.get("dataBase64") instanceof String base64) {
      try {
        return Base64.getDecoder().decode(base64);
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException("the data of " + path + " are no base64", e);
      }
    }
    return object.get("data") instanceof String text ? text.getBytes(StandardCharsets.UTF_8) : null;
  }

  private static List<Acl> acl(@Nullable Object value, String path) {
    if (value == null) {
      return Acl.OPEN;
    }
    List<Acl> acl = new ArrayList<>();
    for (Object item : value instanceof List<?> list ? list : List.of(value)) {
      if (item instanceof Map<?, ?> entry
          && entry.get("scheme") instanceof String scheme
          && entry.get("id") instanceof String id
          && entry.get("perms") instanceof Long perms
          && (perms & ALL) == perms) {
        acl.add(new Acl(perms.intValue(), new Id(scheme, id)));
      } else {
        throw new IllegalArgumentException("the \"acl\" of " + path + " is none");
      }
    }
    return acl;
  }
}
