package conclave.server.config;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One value as text, with the place it stands at. Its readers turn it into a type; a wrong value
 * becomes a problem and the default is answered, so that reading goes on and all problems show
 * together.
 *
 * @param place what stands before the name in a message: {@code zoo.cfg:3: } or {@code -D}
 * @param numbers how whole numbers are written here
 */
record Setting(
    String place, String name, @Nullable String text, Numbers numbers, List<String> problems) {

  /**
   * Apache reads the file's own settings with {@code Integer.parseInt}, properties with {@code
   * Integer.getInteger}, which also takes {@code 0x10} and reads {@code 010} as eight.
   */
  enum Numbers {
    DECIMAL,
    DECODED
  }

  boolean isGiven() {
    return text != null;
  }

  Setting decimal() {
    return new Setting(place, name, text, Numbers.DECIMAL, problems);
  }

  /** For example {@code zoo.cfg:3: tickTime=abc} or {@code -Dzookeeper.snapCount=abc}. */
  String where() {
    return place + name + "=" + text;
  }

  void refuse(String allowed) {
    problems.add(where() + " is not allowed: " + allowed);
  }

  int integer(int byDefault, int min, int max) {
    return (int) whole(byDefault, min, max);
  }

  int integer(int byDefault, int min) {
    return integer(byDefault, min, Integer.MAX_VALUE);
  }

  long whole(long byDefault, long min, long max) {
    if (text == null) {
      return byDefault;
    }
    Long value = parseWhole(text);
    if (value != null && value >= min && value <= max) {
      return value;
    }
    refuse("give a whole number from " + min + " to " + max);
    return byDefault;
  }

  private @Nullable Long parseWhole(String digits) {
    try {
      return numbers == Numbers.DECODED ? Long.decode(digits) : Long.valueOf(digits);
    } catch (NumberFormatException e) {
      return null;
    }
  }

  double fraction(double byDefault, double min, double max) {
    if (text == null) {
      return byDefault;
    }
    try {
      double value = Double.parseDouble(text);
      if (value >= min && value <= max) {
        return value;
      }
    } catch (NumberFormatException e) {
      // Refused below, together with a number out of range.
    }
    refuse("give a number from " + min + " to " + max);
    return byDefault;
  }

  /**
   * True or false. Apache takes any other word as false where a property is read; here a misspelt
   * {@code ture} is refused, because what it switches off by accident may be a safety.
   */
  boolean flag(boolean byDefault) {
    return choice(byDefault, Map.of("true", true, "false", false), "give true or false");
  }

  /**
   * Yes or no, in the spelling in which Apache takes them; it would silently ignore {@code
   * forceSync=false}.
   */
  boolean yesNo(boolean byDefault) {
    if (text == null || text.equals("yes") || text.equals("no")) {
      return text == null ? byDefault : text.equals("yes");
    }
    refuse("give yes or no");
    return byDefault;
  }

  /** One of some words, in any case. */
  <T> T choice(T byDefault, Map<String, T> words, String allowed) {
    if (text == null) {
      return byDefault;
    }
    return named(text.toLowerCase(Locale.ROOT), byDefault, words, allowed);
  }

  /** One of some names, spelt exactly so. */
  <T> T name(T byDefault, Map<String, T> names, String allowed) {
    if (text == null) {
      return byDefault;
    }
    return named(text, byDefault, names, allowed);
  }

  private <T> T named(String key, T byDefault, Map<String, T> names, String allowed) {
    T value = names.get(key);
    if (value == null) {
      refuse(allowed);
      return byDefault;
    }
    return value;
  }

  String text(String byDefault) {
    return text == null ? byDefault : text;
  }

  /** The text, or null when it is absent or empty. */
  @Nullable String textOrNull() {
    return text == null || text.isEmpty() ? null : text;
  }

  @Nullable Secret secret() {
    return text == null || text.isEmpty() ? null : new Secret(text);
  }

  @Nullable Path path() {
    if (text == null || text.isEmpty()) {
      return null;
    }
    try {
      return Path.of(text);
    } catch (InvalidPathException e) {
      refuse("give a path that this system can have (" + e.getReason() + ")");
      return null;
    }
  }

  /** The parts between commas, trimmed, without empty ones. */
  List<String> list() {
    if (text == null) {
      return List.of();
    }
    return Arrays.stream(text.split(",", -1))
        .map(String::trim)
        .filter(part -> !part.isEmpty())
        .toList();
  }
}
