package conclave.failover;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * A mapping of a YAML file, read key by key. Whatever is wrong is told with file, line and key, and
 * {@link #done} refuses keys that nobody has asked for.
 */
final class YamlMap {
  private static final Pattern DURATION = Pattern.compile("(\\d{1,12})\\s*(ms|s|m|h)");

  private final Path file;
  private final String path;
  private final Node at;
  private final Map<String, Node> values = new LinkedHashMap<>();
  private final Map<String, Node> keys = new LinkedHashMap<>();
  private final Set<String> asked = new LinkedHashSet<>();

  YamlMap(Path file, String path, Node node) throws ConfigException {
    this.file = file;
    this.path = path;
    at = node;
    if (!(node instanceof MappingNode mapping)) {
      throw wrong(
          node, (path.isEmpty() ? "the file" : path) + " takes a mapping of keys to values");
    }
    for (NodeTuple tuple : mapping.getValue()) {
      if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
        throw wrong(tuple.getKeyNode(), "a key has to be a word");
      }
      if (values.put(key.getValue(), tuple.getValueNode()) != null) {
        throw wrong(key, named(key.getValue()) + " is there twice");
      }
      keys.put(key.getValue(), key);
    }
  }

  Set<String> keys() {
    return values.keySet();
  }

  boolean has(String key) {
    asked.add(key);
    return values.containsKey(key);
  }

  private @Nullable Node find(String key) {
    asked.add(key);
    return values.get(key);
  }

  private Node need(String key, String what) throws ConfigException {
    Node node = find(key);
    if (node == null) {
      throw wrong(at, named(key) + " is missing; it takes " + what);
    }
    return node;
  }

  // --- values

  String text(String key, String what) throws ConfigException {
    return scalar(key, need(key, what), what);
  }

  String text(String key, String otherwise, String what) throws ConfigException {
    Node node = find(key);
    return node == null ? otherwise : scalar(key, node, what);
  }

  private String scalar(String key, Node node, String what) throws ConfigException {
    if (node instanceof ScalarNode scalar && !scalar.getValue().isBlank()) {
      return scalar.getValue().strip();
    }
    throw wrong(node, named(key) + " takes " + what);
  }

  /** With a unit, always: nobody should have to guess. */
  long duration(String key, long otherwiseMs, long leastMs, long mostMs) throws ConfigException {
    Node node = find(key);
    if (node == null) {
      return otherwiseMs;
    }
    String what =
        "a time from " + shown(leastMs) + " to " + shown(mostMs) + ", such as 500ms, 10s or 2m";
    String text = scalar(key, node, what);
    Matcher matcher = DURATION.matcher(text);
    long ms = matcher.matches() ? Long.parseLong(matcher.group(1)) * unitMs(matcher.group(2)) : -1;
    if (ms < leastMs || ms > mostMs) {
      throw wrong(node, named(key) + " is \"" + text + "\"; it takes " + what);
    }
    return ms;
  }

  private static long unitMs(String unit) {
    return switch (unit) {
      case "ms" -> 1;
      case "s" -> 1_000;
      case "m" -> 60_000;
      default -> 3_600_000;
    };
  }

  static String shown(long ms) {
    return ms % 3_600_000 == 0 && ms > 0
        ? ms / 3_600_000 + "h"
        : ms % 1_000 == 0 && ms > 0 ? ms / 1_000 + "s" : ms + "ms";
  }

  int number(String key, int otherwise, int least, int most) throws ConfigException {
    Node node = find(key);
    if (node == null) {
      return otherwise;
    }
    String what = "a whole number from " + least + " to " + most;
    String text = scalar(key, node, what);
    try {
      int number = Integer.parseInt(text);
      if (number >= least && number <= most) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Told below, as a number that is out of range is.
      throw wrong(node, named(key) + " is \"" + text + "\"; it takes " + what);
    }
    throw wrong(node, named(key) + " is " + text + "; it takes " + what);
  }

  boolean flag(String key, boolean otherwise) throws ConfigException {
    Node node = find(key);
    if (node == null) {
      return otherwise;
    }
    String text = scalar(key, node, "true or false");
    if (!text.equals("true") && !text.equals("false")) {
      throw wrong(node, named(key) + " is \"" + text + "\"; it takes true or false");
    }
    return text.equals("true");
  }

  /** {@code host:port}. */
  String address(String key) throws ConfigException {
    String what = "a host and a port, such as 10.0.0.1:6379";
    Node node = need(key, what);
    String text = scalar(key, node, what);
    int colon = text.lastIndexOf(':');
    try {
      int port = Integer.parseInt(text.substring(colon + 1));
      if (colon > 0 && port > 0 && port <= 0xffff) {
        return text;
      }
    } catch (NumberFormatException e) {
      throw wrong(node, named(key) + " is \"" + text + "\"; it takes " + what);
    }
    throw wrong(node, named(key) + " is \"" + text + "\"; it takes " + what);
  }

  /** A list of words; a single word is a list of one. */
  List<String> words(String key, List<String> otherwise) throws ConfigException {
    Node node = find(key);
    if (node == null) {
      return otherwise;
    }
    if (!(node instanceof SequenceNode sequence)) {
      return List.of(scalar(key, node, "a text, or a list of texts"));
    }
    List<String> words = new ArrayList<>();
    for (Node item : sequence.getValue()) {
      if (!(item instanceof ScalarNode word)) {
        throw wrong(item, named(key) + " takes a list of texts");
      }
      words.add(word.getValue());
    }
    return words;
  }

  boolean isList(String key) {
    return find(key) instanceof SequenceNode;
  }

  /** A text for each key. */
  Map<String, String> texts(String key) throws ConfigException {
    Map<String, String> texts = new LinkedHashMap<>();
    if (find(key) != null) {
      YamlMap map = map(key, "");
      for (String name : map.keys()) {
        texts.put(name, map.text(name, "a text"));
      }
    }
    return texts;
  }

  YamlMap map(String key, String what) throws ConfigException {
    return new YamlMap(file, named(key), need(key, what));
  }

  /** Empty when it isn't there. */
  YamlMap mapOrEmpty(String key) throws ConfigException {
    Node node = find(key);
    return node == null
        ? new YamlMap(
            file,
            named(key),
            new MappingNode(
                org.snakeyaml.engine.v2.nodes.Tag.MAP,
                List.of(),
                org.snakeyaml.engine.v2.common.FlowStyle.BLOCK))
        : new YamlMap(file, named(key), node);
  }

  List<YamlMap> maps(String key, String what) throws ConfigException {
    Node node = need(key, what);
    if (!(node instanceof SequenceNode sequence)) {
      throw wrong(node, named(key) + " takes " + what);
    }
    List<YamlMap> maps = new ArrayList<>();
    for (Node item : sequence.getValue()) {
      maps.add(new YamlMap(file, named(key) + "[" + maps.size() + "]", item));
    }
    return maps;
  }

  // --- what is wrong

  /** Refuses what nobody has asked for: a mistyped key must not be a default. */
  void done() throws ConfigException {
    for (Map.Entry<String, Node> key : keys.entrySet()) {
      if (!asked.contains(key.getKey())) {
        throw wrong(
            key.getValue(),
            named(key.getKey())
                + " is unknown; "
                + (path.isEmpty() ? "there are " : path + " takes ")
                + String.join(", ", asked));
      }
    }
  }

  ConfigException wrong(String key, String text) {
    return wrong(values.getOrDefault(key, at), named(key) + " " + text);
  }

  ConfigException wrongHere(String text) {
    return wrong(at, (path.isEmpty() ? "the file" : path) + " " + text);
  }

  private String named(String key) {
    return path.isEmpty() ? key : path + "." + key;
  }

  private ConfigException wrong(Node node, String text) {
    String line = node.getStartMark().map(mark -> ", line " + (mark.getLine() + 1)).orElse("");
    return new ConfigException(file + line + ": " + text + ".");
  }
}
