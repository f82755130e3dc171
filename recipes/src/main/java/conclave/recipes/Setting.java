package conclave.recipes;

import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A named value of a {@link Configuration}: its type, its default, and what is allowed. It is kept
 * as text that people can read and write.
 */
public final class Setting<T> {
  private static final Pattern DURATION = Pattern.compile("(-?\\d+)\\s*(ms|s|m|h|d)");

  private record Check<T>(Predicate<T> holds, String what) {}

  private final String name;
  private final T whenUnset;
  private final String kind;
  private final Function<String, T> parse;
  private final Function<T, String> print;
  private final List<Check<T>> checks;

  private Setting(
      String name,
      T whenUnset,
      String kind,
      Function<String, T> parse,
      Function<T, String> print,
      List<Check<T>> checks) {
    if (name.isEmpty() || name.indexOf('/') >= 0) {
      throw new IllegalArgumentException("\"" + name + "\" can't be the name of a setting");
    }
    this.name = name;
    this.whenUnset = whenUnset;
    this.kind = kind;
    this.parse = parse;
    this.print = print;
    this.checks = List.copyOf(checks);
  }

  public static Setting<String> ofString(String name, String whenUnset) {
    return new Setting<>(name, whenUnset, "a text", text -> text, text -> text, List.of());
  }

  public static Setting<Integer> ofInt(String name, int whenUnset) {
    return new Setting<>(
        name, whenUnset, "a whole number", Integer::valueOf, String::valueOf, List.of());
  }

  public static Setting<Long> ofLong(String name, long whenUnset) {
    return new Setting<>(
        name, whenUnset, "a whole number", Long::valueOf, String::valueOf, List.of());
  }

  /** {@code true} or {@code false}. */
  public static Setting<Boolean> ofBoolean(String name, boolean whenUnset) {
    return new Setting<>(
        name, whenUnset, "true or false", Setting::parseBoolean, String::valueOf, List.of());
  }

  /** A number with {@code ms}, {@code s}, {@code m}, {@code h} or {@code d}; or as ISO 8601. */
  public static Setting<Duration> ofDuration(String name, Duration whenUnset) {
    return new Setting<>(
        name,
        whenUnset,
        "a duration, such as 250ms, 30s, 5m, 2h, 7d",
        Setting::parseDuration,
        Setting::print,
        List.of());
  }

  /** A line for each element. */
  public static Setting<List<String>> ofList(String name, List<String> whenUnset) {
    return new Setting<>(
        name,
        List.copyOf(whenUnset),
        "a list, an element a line",
        text -> text.isEmpty() ? List.of() : List.of(text.split("\n", -1)),
        elements -> String.join("\n", elements),
        List.of(
            new Check<>(
                elements -> elements.stream().noneMatch(element -> element.indexOf('\n') >= 0),
                "elements of one line")));
  }

  /**
   * The same setting with one more condition.
   *
   * @param what the condition in words, as in "must be WHAT"
   */
  public Setting<T> where(Predicate<T> holds, String what) {
    List<Check<T>> more = new ArrayList<>(checks);
    more.add(new Check<>(holds, what));
    return new Setting<>(name, whenUnset, kind, parse, print, more);
  }

  public String name() {
    return name;
  }

  /** The value while none is set. */
  public T whenUnset() {
    return whenUnset;
  }

  /** The value of a text; an {@link IllegalArgumentException} when it isn't one. */
  public T parse(String text) {
    T value;
    try {
      value = parse.apply(text);
    } catch (IllegalArgumentException | DateTimeParseException | ArithmeticException e) {
      throw new IllegalArgumentException(name + " must be " + kind + ", not \"" + text + "\"", e);
    }
    return check(value);
  }

  /** The text of a value; an {@link IllegalArgumentException} when it is not allowed. */
  public String print(T value) {
    return print.apply(check(value));
  }

  private T check(T value) {
    for (Check<T> check : checks) {
      if (!check.holds().test(value)) {
        throw new IllegalArgumentException(
            name + " must be " + check.what() + ", not \"" + print.apply(value) + "\"");
      }
    }
    return value;
  }

  private static boolean parseBoolean(String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "true" -> true;
      case "false" -> false;
      default -> throw new IllegalArgumentException(text);
    };
  }

  private static Duration parseDuration(String text) {
    Matcher matcher = DURATION.matcher(text);
    if (!matcher.matches()) {
      return Duration.parse(text);
    }
    long count = Long.parseLong(matcher.group(1));
    return switch (matcher.group(2)) {
      case "ms" -> Duration.ofMillis(count);
      case "s" -> Duration.ofSeconds(count);
      case "m" -> Duration.ofMinutes(count);
      case "h" -> Duration.ofHours(count);
      default -> Duration.ofDays(count);
    };
  }

  /** In the largest unit of which it is a whole number. */
  private static String print(Duration duration) {
    if (duration.getNano() % 1_000_000 != 0) {
      return duration.toString();
    }
    long ms = duration.toMillis();
    if (ms == 0 || ms % 1_000 != 0) {
      return ms + "ms";
    }
    long seconds = ms / 1_000;
    if (seconds % 60 != 0) {
      return seconds + "s";
    }
    if (seconds % 3_600 != 0) {
      return seconds / 60 + "m";
    }
    return seconds % 86_400 != 0 ? seconds / 3_600 + "h" : seconds / 86_400 + "d";
  }
}
