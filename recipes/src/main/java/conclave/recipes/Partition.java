package conclave.recipes;

import java.util.Comparator;

/**
 * One of the parts of a topic, which are worked on independently of each other.
 *
 * @param number counted from 0
 */
public record Partition(String topic, int number) implements Comparable<Partition> {
  private static final Comparator<Partition> ORDER =
      Comparator.comparing(Partition::topic).thenComparingInt(Partition::number);

  public Partition {
    Group.childOf("/", topic);
    if (number < 0) {
      throw new IllegalArgumentException("number=" + number + ", but 0 is the least");
    }
  }

  /** {@code orders-3}, as it also names the znode of its owner. */
  @Override
  public String toString() {
    return topic + "-" + number;
  }

  static Partition parse(String text) {
    int dash = text.lastIndexOf('-');
    if (dash <= 0) {
      throw new IllegalArgumentException("\"" + text + "\" is no partition");
    }
    return new Partition(text.substring(0, dash), Integer.parseInt(text.substring(dash + 1)));
  }

  @Override
  public int compareTo(Partition other) {
    return ORDER.compare(this, other);
  }
}
