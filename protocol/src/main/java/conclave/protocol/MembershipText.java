package conclave.protocol;

import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * An ensemble's configuration, as it stands in the znode {@code /zookeeper/config}, in {@code
 * zoo.cfg.dynamic} and in election notifications: lines {@code server.N=}, {@code group.N=}, {@code
 * weight.N=} and {@code version=}.
 *
 * @param version the zxid of the change that made it; 0 for one that only a file says
 * @param members by their id
 * @param groups the group of each server; empty when every voter has the same weight
 * @param weights of the servers; where there are groups, every voter has one
 */
public record MembershipText(
    long version,
    SortedMap<Long, EnsembleMember> members,
    SortedMap<Long, Long> groups,
    SortedMap<Long, Long> weights) {

  /** Refuses, as malformed, what Apache refuses: a voter without a group, a group of strangers. */
  public MembershipText {
    members = Collections.unmodifiableSortedMap(new TreeMap<>(members));
    groups = Collections.unmodifiableSortedMap(new TreeMap<>(groups));
    weights =
        groups.isEmpty() && weights.isEmpty()
            ? Collections.emptySortedMap()
            : Collections.unmodifiableSortedMap(weightsOfAll(members, groups, weights));
  }

  /** Without groups and weights. */
  public MembershipText(long version, SortedMap<Long, EnsembleMember> members) {
    this(version, members, Collections.emptySortedMap(), Collections.emptySortedMap());
  }

  private static TreeMap<Long, Long> weightsOfAll(
      SortedMap<Long, EnsembleMember> members,
      SortedMap<Long, Long> groups,
      SortedMap<Long, Long> given) {
    TreeMap<Long, Long> weights = new TreeMap<>(given);
    members.forEach(
        (id, member) -> {
          if (!member.observer()) {
            weights.putIfAbsent(id, 1L);
            if (!groups.containsKey(id)) {
              throw new MalformedRecordException("server." + id + " is in no group");
            }
          }
        });
    groups.forEach(
        (id, group) -> {
          if (!weights.containsKey(id)) {
            throw new MalformedRecordException(
                "group." + group + " has server " + id + ", which has no vote and no weight");
          }
        });
    weights.forEach(
        (id, weight) -> {
          if (weight < 0) {
            throw new MalformedRecordException("weight." + id + "=" + weight);
          }
        });
    return weights;
  }

  /** The same members at another version. */
  public MembershipText withVersion(long newVersion) {
    return new MembershipText(newVersion, members, groups, weights);
  }

  /** Whether groups and weights decide, and not the mere number of voters. */
  public boolean isHierarchical() {
    return !weights.isEmpty();
  }

  /**
   * The text, byte for byte as Apache's servers print it. They put it into the tree, each by
   * itself, so a server that orders the lines in another way has another tree than the rest of a
   * mixed ensemble. The order is not defined but is the same everywhere: Apache reads the lines
   * into {@link Properties} and from there into {@link HashMap}s by number, and prints these. So
   * the same is done here; with numbers below 16 it is the ascending order. (What can't be known is
   * which weights a file left out; they matter to the order from number 16 on.)
   */
  public String text() {
    Map<Long, EnsembleMember> byHash = new HashMap<>();
    Map<Long, Long> groupsByHash = new HashMap<>();
    Map<Long, Long> weightsByHash = new HashMap<>();
    for (Object key : asProperties().keySet()) {
      String name = key.toString();
      if (name.equals("version")) {
        continue;
      }
      long id = Long.parseLong(name.substring(name.indexOf('.') + 1));
      if (name.startsWith("server.")) {
        EnsembleMember member = members.get(id);
        if (member != null) {
          byHash.put(id, member);
        }
      } else if (name.startsWith("group.")) {
        groups.forEach(
            (server, group) -> {
              if (group == id) {
                groupsByHash.put(server, group);
              }
            });
      } else {
        weightsByHash.put(id, weights.getOrDefault(id, 1L));
      }
    }
    StringBuilder text = new StringBuilder();
    byHash.forEach((id, member) -> line(text, "server.", id, member.text()));
    groupLines(groupsByHash).forEach((group, ids) -> line(text, "group.", group, ids));
    weightsByHash.forEach((id, weight) -> line(text, "weight.", id, weight));
    return text.append("version=").append(Long.toHexString(version)).toString();
  }

  private Properties asProperties() {
    Properties lines = new Properties();
    members.keySet().forEach(id -> lines.put("server." + id, ""));
    groups.values().forEach(group -> lines.put("group." + group, ""));
    weights.keySet().forEach(id -> lines.put("weight." + id, ""));
    lines.put("version", "");
    return lines;
  }

  private static Map<Long, String> groupLines(Map<Long, Long> groupsByHash) {
    Map<Long, String> lines = new HashMap<>();
    groupsByHash.forEach(
        (server, group) -> {
          // Not merge: it puts a new key before those in the same bucket, put behind them.
          String before = lines.get(group);
          lines.put(group, before == null ? Long.toString(server) : before + ":" + server);
        });
    return lines;
  }

  private static void line(StringBuilder text, String prefix, long id, Object value) {
    text.append(prefix).append(id).append('=').append(value).append('\n');
  }

  /** Reads such a text, whatever the order of its lines. */
  public static MembershipText parse(String text) {
    long version = 0;
    TreeMap<Long, EnsembleMember> members = new TreeMap<>();
    TreeMap<Long, Long> groups = new TreeMap<>();
    TreeMap<Long, Long> weights = new TreeMap<>();
    for (Map.Entry<String, String> line : lines(text).entrySet()) {
      String key = line.getKey();
      String value = line.getValue();
      if (key.equals("version")) {
        version = hex(value);
      } else if (key.startsWith("server.")) {
        long id = number(key);
        members.put(id, EnsembleMember.parse(id, value));
      } else if (key.startsWith("group.")) {
        group(groups, number(key), value);
      } else if (key.startsWith("weight.")) {
        weights.put(number(key), AddressText.number(value));
      } else {
        throw new MalformedRecordException("unknown line " + key + "=" + value);
      }
    }
    return new MembershipText(version, members, groups, weights);
  }

  private static void group(Map<Long, Long> groups, long group, String value) {
    for (String part : value.split(":", -1)) {
      long server = AddressText.number(part);
      Long before = groups.put(server, group);
      if (before != null) {
        throw new MalformedRecordException(
            "server " + server + " is in group " + before + " and in group " + group);
      }
    }
  }

  /** The last of several lines with one key counts, as in all files of this kind. */
  private static Map<String, String> lines(String text) {
    Map<String, String> lines = new LinkedHashMap<>();
    text.lines()
        .map(String::strip)
        .filter(line -> !line.isEmpty() && line.charAt(0) != '#')
        .forEach(
            line -> {
              int equals = line.indexOf('=');
              if (equals < 0) {
                throw new MalformedRecordException("no '=' in " + line);
              }
              lines.put(line.substring(0, equals).strip(), line.substring(equals + 1).strip());
            });
    return lines;
  }

  private static long number(String key) {
    return AddressText.number(key.substring(key.indexOf('.') + 1));
  }

  private static long hex(String text) {
    try {
      return Long.parseLong(text, 16);
    } catch (NumberFormatException e) {
      throw new MalformedRecordException("version=" + text);
    }
  }
}
