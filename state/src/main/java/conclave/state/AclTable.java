package conclave.state;

import conclave.protocol.Acl;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Every distinct ACL once, under a number; most znodes have one of very few. Numbers are counted,
 * and used again when no znode has them any more. {@link #OPEN} is never counted nor listed:
 * snapshots need no entry for it in their map (Apache's give it one but understand it without).
 */
final class AclTable {
  static final int OPEN = 0;

  /** A znode has 24 bits for the number. */
  private static final int MAX = (1 << 24) - 1;

  private final Map<List<Acl>, Integer> numbers = new HashMap<>();
  private @Nullable List<Acl>[] lists;
  private int[] uses = new int[8];
  private int[] free = new int[8];
  private int freeCount;
  private int used = 1;

  AclTable() {
    this.lists = newLists(8);
    lists[OPEN] = Acl.OPEN;
  }

  @SuppressWarnings("unchecked") // An array of a generic type can't be made otherwise.
  private static @Nullable List<Acl>[] newLists(int length) {
    return (@Nullable List<Acl>[]) new @Nullable List<?>[length];
  }

  /** The list of that number. */
  List<Acl> list(int number) {
    List<Acl> list = lists[number];
    if (list == null) {
      throw new IllegalStateException("no ACL of number " + number + ", used=" + used);
    }
    return list;
  }

  /** The number of that list, for one more znode. */
  int acquire(List<Acl> acl) {
    if (acl.equals(Acl.OPEN)) {
      return OPEN;
    }
    Integer known = numbers.get(acl);
    if (known != null) {
      uses[known]++;
      return known;
    }
    int number = freeCount > 0 ? free[--freeCount] : append();
    List<Acl> copy = List.copyOf(acl);
    lists[number] = copy;
    uses[number] = 1;
    numbers.put(copy, number);
    return number;
  }

  /** One znode less has that number. */
  void release(int number) {
    if (number == OPEN || --uses[number] > 0) {
      return;
    }
    List<Acl> list = list(number);
    numbers.remove(list);
    lists[number] = null;
    if (freeCount == free.length) {
      free = Arrays.copyOf(free, 2 * free.length);
    }
    free[freeCount++] = number;
  }

  /** Lists in use, without the open one. */
  int size() {
    return numbers.size();
  }

  /** Number by number, what is in use now. */
  List<Numbered> inUse() {
    List<Numbered> all = new ArrayList<>(numbers.size());
    for (int number = 1; number < used; number++) {
      List<Acl> list = lists[number];
      if (list != null) {
        all.add(new Numbered(number, list));
      }
    }
    return all;
  }

  record Numbered(int number, List<Acl> acl) {}

  private int append() {
    if (used > MAX) {
      throw new IllegalStateException("too many distinct ACLs: " + used);
    }
    if (used == lists.length) {
      @Nullable List<Acl>[] more = newLists(2 * used);
      System.arraycopy(lists, 0, more, 0, used);
      uses = Arrays.copyOf(uses, 2 * used);
      lists = more;
    }
    return used++;
  }
}
