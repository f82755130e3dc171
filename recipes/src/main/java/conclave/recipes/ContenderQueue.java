package conclave.recipes;

import conclave.client.ConclaveClient;
import conclave.client.Created;
import conclave.client.Outcome;
import conclave.client.Refusal;
import conclave.protocol.Acl;
import conclave.protocol.CreateMode;
import conclave.protocol.Paths;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A queue of contenders in the layout of Curator: children of one container, each the ephemeral and
 * sequential znode {@code _c_UUID-NAMENNNNNNNNNN} of one contender, in the order of their numbers.
 *
 * @param path the container
 * @param name what this contender's znode is called between mark and number
 * @param names all names that take part, of the same length
 * @param rule who is let in
 * @param data what this contender's znode holds; others can read there who it is
 */
record ContenderQueue(
    String path, String name, List<String> names, Rule rule, byte @Nullable [] data) {

  // Not a compact one: NullAway does not see there that the data may be null.
  ContenderQueue(String path, String name, List<String> names, Rule rule, byte @Nullable [] data) {
    String problem = Paths.problem(path);
    if (problem != null) {
      throw new IllegalArgumentException("\"" + path + "\": " + problem);
    }
    this.path = path;
    this.name = name;
    this.names = names;
    this.rule = rule;
    this.data = data;
  }

  /** Decides from the contenders in their order which one a contender has to wait for. */
  @FunctionalInterface
  interface Rule {
    /** Waits for the one before, whatever it is. */
    Rule ONE_AT_A_TIME =
        (contenders, own) -> own == 0 ? Verdict.GO : new Verdict.Behind(contenders.get(own - 1));

    Verdict judge(List<String> contenders, int own);
  }

  /** What a contender is to do. */
  sealed interface Verdict {
    Verdict GO = new Go();
    Verdict ANY_CHANGE = new AnyChange();

    /** Is let in. */
    record Go() implements Verdict {}

    /** Waits until this one is gone, and nobody else waits for it in vain. */
    record Behind(String contender) implements Verdict {}

    /** Waits until there are others than now; for where only one ever waits. */
    record AnyChange() implements Verdict {}
  }

  static ContenderQueue oneAtATime(String path, String name, byte @Nullable [] data) {
    return new ContenderQueue(path, name, List.of(name), Rule.ONE_AT_A_TIME, data);
  }

  /**
   * What the owner of a contender is to do; null when that is not among the children any more. A
   * queue of which everybody waits for the one before need not be put in order for that: all who
   * wait ask it whenever somebody goes.
   */
  @Nullable Verdict judge(String own, List<String> children) {
    if (!children.contains(own)) {
      return null;
    }
    if (rule == Rule.ONE_AT_A_TIME) {
      String before = lastBefore(number(own), children);
      return before == null ? Verdict.GO : new Verdict.Behind(before);
    }
    List<String> contenders = inOrder(children);
    return rule.judge(contenders, contenders.indexOf(own));
  }

  private @Nullable String lastBefore(String ownNumber, List<String> children) {
    String last = null;
    String lastNumber = "";
    for (String child : children) {
      if (takesPart(child)) {
        String number = number(child);
        if (number.compareTo(ownNumber) < 0 && (last == null || number.compareTo(lastNumber) > 0)) {
          last = child;
          lastNumber = number;
        }
      }
    }
    return last;
  }

  /** The contenders among the names of children, in their order. */
  List<String> inOrder(List<String> children) {
    List<String> contenders = new ArrayList<>(children);
    contenders.removeIf(child -> !takesPart(child));
    // Text is compared, as Curator does: two clients that disagree on the order would both go in.
    contenders.sort(Comparator.comparing(this::number));
    return contenders;
  }

  private boolean takesPart(String child) {
    for (String each : names) {
      if (child.contains(each)) {
        return true;
      }
    }
    return false;
  }

  /** What the server has appended. */
  String number(String contender) {
    for (String each : names) {
      int at = contender.lastIndexOf(each);
      if (at >= 0) {
        return contender.substring(at + each.length());
      }
    }
    return contender;
  }

  /**
   * Numbers count on from the smallest int when they have passed the greatest, and then are before
   * all others: who has such a one would be let in beside the holder.
   */
  boolean isPastTheLastNumber(String contender) {
    return number(contender).startsWith("-");
  }

  /** Makes a contender's znode, and what is above it. */
  CompletableFuture<Created> add(ConclaveClient client) {
    return client
        .createGuarded(Paths.child(path, name), data, CreateMode.EPHEMERAL_SEQUENTIAL, Acl.OPEN)
        .thenCompose(outcome -> orMakeContainer(client, outcome));
  }

  private CompletionStage<Created> orMakeContainer(
      ConclaveClient client, Outcome<Created> outcome) {
    if (outcome.was(Refusal.NO_NODE)) {
      return client.ensureContainer(path).thenCompose(made -> add(client));
    }
    return CompletableFuture.completedFuture(outcome.orThrow());
  }

  /** Queues up until let in, in one session after another. Cancelling it gives up the place. */
  Acquisition acquire(ConclaveClient client) {
    return Acquisition.start(client, () -> Place.enter(Await.inOneSession(client), this));
  }

  /** The same for a limited time; empty when that was not enough. */
  CompletableFuture<Optional<Held>> tryAcquire(ConclaveClient client, Duration within) {
    boolean waits = !within.isZero();
    Supplier<Attempt> attempt = () -> new Place(Await.inOneSession(client), this, waits).enter();
    return Acquisition.startWithin(client, attempt, within);
  }
}
