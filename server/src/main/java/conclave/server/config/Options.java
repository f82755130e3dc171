package conclave.server.config;

import conclave.server.config.Setting.Numbers;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Where a setting's value comes from: the file, or the JVM's properties, with Apache's precedence
 * between them.
 *
 * <p>Every look-up marks the file's key as known; what is left over at the end is what nobody asked
 * for.
 */
final class Options {

  static final String PREFIX = "zookeeper.";

  private final String fileName;
  private final Map<String, PropertiesText.Entry> file = new HashMap<>();
  private final Map<String, String> systemProperties;
  private final Set<String> known = new HashSet<>();
  private final List<String> problems;
  private final List<String> warnings;

  Options(
      String fileName,
      List<PropertiesText.Entry> entries,
      Map<String, String> systemProperties,
      List<String> problems,
      List<String> warnings) {
    this.fileName = fileName;
    this.systemProperties = systemProperties;
    this.problems = problems;
    this.warnings = warnings;
    for (PropertiesText.Entry entry : entries) {
      PropertiesText.Entry earlier = file.put(entry.key(), entry);
      if (earlier != null && !earlier.value().equals(entry.value())) {
        warnings.add(
            fileName
                + ":"
                + entry.line()
                + ": "
                + entry.key()
                + " was already given on line "
                + earlier.line()
                + "; the later one counts");
      }
    }
  }

  /** A setting that only the file can give. */
  Setting inFile(String key) {
    known.add(key);
    PropertiesText.Entry entry = file.get(key);
    return entry == null
        ? new Setting("", key, null, Numbers.DECIMAL, problems)
        : fromFile(entry, Numbers.DECIMAL);
  }

  /**
   * The property {@code zookeeper.<key>}: the file's key replaces the one of the command line, as
   * in Apache.
   */
  Setting property(String key) {
    known.add(key);
    PropertiesText.Entry entry = file.get(key);
    return entry == null ? onCommandLine(PREFIX + key) : fromFile(entry, Numbers.DECODED);
  }

  /**
   * A property of the JVM that the file cannot give, because it has no {@code zookeeper.} prefix.
   */
  Setting onCommandLine(String name) {
    String value = systemProperties.get(name);
    return new Setting("-D", name, value, Numbers.DECODED, problems);
  }

  /** The first of the two that is given. */
  static Setting either(Setting first, Setting second) {
    return first.isGiven() ? first : second;
  }

  /** All settings whose key starts so, from both sources, by the rest of the key. */
  SortedMap<String, Setting> propertiesStarting(String keyPrefix) {
    SortedMap<String, Setting> found = new TreeMap<>();
    systemProperties.forEach(
        (name, value) -> {
          if (name.startsWith(PREFIX + keyPrefix)) {
            found.put(name.substring(PREFIX.length() + keyPrefix.length()), onCommandLine(name));
          }
        });
    found.putAll(inFileStarting(keyPrefix));
    return found;
  }

  SortedMap<String, Setting> inFileStarting(String keyPrefix) {
    SortedMap<String, Setting> found = new TreeMap<>();
    file.forEach(
        (key, entry) -> {
          if (key.startsWith(keyPrefix)) {
            known.add(key);
            found.put(key.substring(keyPrefix.length()), fromFile(entry, Numbers.DECIMAL));
          }
        });
    return found;
  }

  /** Marks keys as known whose value makes no difference to this server. */
  void ignore(Iterable<String> keys) {
    keys.forEach(known::add);
  }

  /** The file's keys that nobody asked for, in the file's order. */
  List<PropertiesText.Entry> unknown() {
    List<PropertiesText.Entry> left = new ArrayList<>();
    file.values().stream()
        .filter(entry -> !known.contains(entry.key()))
        .sorted((a, b) -> Integer.compare(a.line(), b.line()))
        .forEach(left::add);
    return left;
  }

  void problem(String text) {
    problems.add(fileName + ": " + text);
  }

  void warnAtLine(int line, String text) {
    warnings.add(fileName + ":" + line + ": " + text);
  }

  void warn(Setting about, String text) {
    warnings.add(about.where() + " " + text);
  }

  private Setting fromFile(PropertiesText.Entry entry, Numbers numbers) {
    return new Setting(
        fileName + ":" + entry.line() + ": ", entry.key(), entry.value(), numbers, problems);
  }
}
