package conclave.recipes;

import static java.nio.charset.StandardCharsets.UTF_8;

import conclave.client.ConclaveClient;
import conclave.recipes.PublishSubscribe.From;
import conclave.recipes.PublishSubscribe.Message;
import conclave.simulator.Guest;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/**
 * Users who tell each other news, and keep books of them together. A message is published once. Who
 * listens hears every message from then on, once and in order; in the books each is entered, in
 * order, whichever process does it.
 */
final class Publishing extends SimulatedUsers {
  private static final String PATH = "/news";
  private static final String BOOKS = "books";
  private static final int WANTED_AT_PEACE = 3;

  /** The recipe under test. */
  interface Recipe {
    /** What the books' keeper answers when it is given a message that it deals with so. */
    CompletableFuture<Void> deal(CompletableFuture<Void> dealing);

    PublishSubscribe topic(ConclaveClient client);
  }

  static Recipe plain() {
    return new Recipe() {
      @Override
      public CompletableFuture<Void> deal(CompletableFuture<Void> dealing) {
        return dealing;
      }

      @Override
      public PublishSubscribe topic(ConclaveClient client) {
        return new PublishSubscribe(client, PATH);
      }
    };
  }

  /** What one process has heard since it began to listen. */
  private static final class Ears {
    long listeningSince = Long.MAX_VALUE;
    long newest = -1;
    final Set<String> heard = new HashSet<>();
  }

  private final Recipe recipe;
  private final Map<Integer, Ears> ears = new HashMap<>();

  /** When it was begun to publish what was acknowledged, by the judge's own time. */
  private final Map<String, Long> acknowledged = new HashMap<>();

  private final Map<Long, String> byNumber = new TreeMap<>();
  private final Map<String, Long> numbers = new HashMap<>();
  private final Set<Long> begun = new HashSet<>();
  private final Set<String> booked = new HashSet<>();
  private long newestBegun = -1;
  private long now;
  private int sent;

  Publishing(int machines, int members, Recipe recipe) {
    super(machines, members);
    this.recipe = recipe;
  }

  @Override
  void work(Guest machine, ConclaveClient client) {
    PublishSubscribe topic = recipe.topic(client);
    Ears own = new Ears();
    ears.put(machine.number(), own);
    topic
        .subscribe(message -> guarded(machine, () -> hear(machine, own, message)))
        .whenComplete(
            (listening, failure) -> {
              if (failure == null) {
                own.listeningSince = ++now;
              } else if (!client.isEnded()) {
                failed(machine, "to subscribe does not fail", failure);
              }
            });
    topic.subscribe(BOOKS, From.EARLIEST, message -> recipe.deal(book(machine, message)));
    publish(machine, client, topic);
  }

  private void publish(Guest machine, ConclaveClient client, PublishSubscribe topic) {
    if (client.isEnded() || user(machine).doneAtPeace >= WANTED_AT_PEACE) {
      return;
    }
    String news = machine.number() + "-" + machine.process() + "-" + sent++;
    long begunAt = ++now;
    topic
        .publish(news.getBytes(UTF_8))
        .whenComplete(
            (done, failure) -> {
              if (failure == null) {
                machine.say(() -> "has published " + news);
                acknowledged.put(news, begunAt);
                if (isHealed()) {
                  user(machine).doneAtPeace++;
                }
              } else if (!client.isEnded()) {
                failed(machine, "to publish does not fail", failure);
              }
            });
    later(machine, 1_500, () -> publish(machine, client, topic));
  }

  private String look(Guest machine, Message message) {
    String news = new String(message.data(), UTF_8);
    String known = byNumber.putIfAbsent(message.number(), news);
    Long before = numbers.putIfAbsent(news, message.number());
    if (known != null && !known.equals(news) || before != null && before != message.number()) {
      machine.fail(
          "a message is published once", news + " as " + message.number() + " and " + before);
    }
    return news;
  }

  private void hear(Guest machine, Ears own, Message message) {
    String news = look(machine, message);
    machine.say(() -> "hears " + message.number() + " " + news);
    if (message.number() <= own.newest) {
      machine.fail(
          "who listens hears everything once and in order",
          machine + " hears " + message.number() + " behind " + own.newest);
    }
    own.newest = message.number();
    own.heard.add(news);
  }

  private CompletableFuture<Void> book(Guest machine, Message message) {
    String news = look(machine, message);
    machine.say(() -> "books " + message.number() + " " + news);
    if (begun.add(message.number())) {
      if (message.number() < newestBegun) {
        machine.fail(
            "no later one is dealt with before an earlier one",
            message.number() + " behind " + newestBegun);
      }
      newestBegun = message.number();
    }
    CompletableFuture<Void> dealing = new CompletableFuture<>();
    if (machine.random().nextInt(30) == 0) {
      dealing.completeExceptionally(new NotNow());
    } else {
      later(
          machine,
          200,
          () -> {
            booked.add(news);
            dealing.complete(null);
          });
    }
    return dealing;
  }

  @Override
  public void ended(Guest machine) {
    super.ended(machine);
    ears.remove(machine.number());
  }

  @Override
  public String missing() {
    if (users.stream().anyMatch(user -> user.doneAtPeace < WANTED_AT_PEACE)) {
      return "somebody can't publish";
    }
    Set<String> unbooked = new HashSet<>(acknowledged.keySet());
    unbooked.removeAll(booked);
    if (!unbooked.isEmpty()) {
      return "not booked: " + unbooked;
    }
    for (Map.Entry<Integer, Ears> each : ears.entrySet()) {
      for (Map.Entry<String, Long> news : acknowledged.entrySet()) {
        if (news.getValue() > each.getValue().listeningSince
            && !each.getValue().heard.contains(news.getKey())) {
          return each.getKey() + " has not heard " + news.getKey();
        }
      }
    }
    return "";
  }

  @Override
  public String toString() {
    return "acknowledged=" + acknowledged.size() + " booked=" + booked.size();
  }
}
