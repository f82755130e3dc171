package conclave.compat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * The kinds of an ensemble's servers in the order of their ids. The last voter leads at a fresh
 * start, as among equal histories the largest id wins.
 */
record Mix(List<Target> voters, List<Target> observers) {

  /**
   * A letter for each server: {@code A} Apache 3.9, {@code 8} Apache 3.8, {@code 6} Apache 3.6,
   * {@code C} Conclave; observers follow after a plus: {@code AAC+A}.
   */
  static Mix of(String letters) {
    String[] parts = letters.split("\\+", 2);
    return new Mix(kinds(parts[0]), parts.length == 1 ? List.of() : kinds(parts[1]));
  }

  /**
   * The mixes. With the system property {@code conclave.compat.target} one kind is put in the place
   * of the others: the oracle alone proves what the tests expect.
   */
  static List<Mix> selected(String... letters) {
    List<Target> kinds = Target.selected();
    return Arrays.stream(letters)
        .map(text -> kinds.size() > 1 ? text : allOf(kinds.get(0), text))
        .map(Mix::of)
        .distinct()
        .toList();
  }

  private static String allOf(Target kind, String letters) {
    return kind.isApache() ? letters.replace('C', 'A') : letters.replaceAll("[A-Z0-9]", "C");
  }

  List<Target> all() {
    return Stream.concat(voters.stream(), observers.stream()).toList();
  }

  int size() {
    return voters.size() + observers.size();
  }

  Target kind(int sid) {
    return all().get(sid - 1);
  }

  boolean isObserver(int sid) {
    return sid > voters.size();
  }

  private static List<Target> kinds(String letters) {
    List<Target> kinds = new ArrayList<>();
    for (char letter : letters.toCharArray()) {
      kinds.add(kind(letter));
    }
    return List.copyOf(kinds);
  }

  private static Target kind(char letter) {
    return switch (letter) {
      case 'A' -> Target.APACHE;
      case '8' -> Target.APACHE_3_8;
      case '6' -> Target.APACHE_3_6;
      case 'C' -> Target.CONCLAVE;
      default -> throw new IllegalArgumentException("no kind " + letter);
    };
  }

  private static char letter(Target kind) {
    return switch (kind) {
      case APACHE -> 'A';
      case APACHE_3_8 -> '8';
      case APACHE_3_6 -> '6';
      case CONCLAVE -> 'C';
    };
  }

  @Override
  public String toString() {
    StringBuilder letters = new StringBuilder();
    voters.forEach(kind -> letters.append(letter(kind)));
    if (!observers.isEmpty()) {
      letters.append('+');
      observers.forEach(kind -> letters.append(letter(kind)));
    }
    return letters.toString();
  }
}
