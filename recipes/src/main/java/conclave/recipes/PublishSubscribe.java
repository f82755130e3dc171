package conclave.recipes;

import static java.nio.charset.StandardCharsets.UTF_8;

import conclave.client.Children;
import conclave.client.ConclaveClient;
import conclave.client.ConclaveException;
import conclave.client.Node;
import conclave.client.Outcome;
import conclave.client.Refusal;
import conclave.client.Registration;
import conclave.client.SessionEndedException;
import conclave.protocol.CreateMode;
import conclave.protocol.Paths;
import conclave.protocol.Stat;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A topic: every subscriber sees every message, all in the same order.
 *
 * <pre>{@code
 * PublishSubscribe topic = new PublishSubscribe(client, "/topics/prices");
 * Registration live = topic.subscribe(message -> System.out.println(message.number())).join();
 * Registration books =
 *     topic.subscribe("books", PublishSubscribe.From.EARLIEST, m -> book(m.data())).join();
 * topic.publish("apples 3.20".getBytes(UTF_8)).join();
 * books.close(); // goes on where it was when it subscribes again
 * topic.forget("books").join(); // or never
 * live.close();
 * topic.close().join();
 * }</pre>
 *
 * <p><b>Guarantee.</b> A message is published exactly once, as an item of a {@link Queue} is. Its
 * place in the order is that in which the server was given it. A subscriber without a name sees
 * every message that comes after it has subscribed, each once, through lost connections and
 * sessions, as long as its process lives and no more than the kept messages come while it is away;
 * what it missed then is skipped. A subscriber with a name sees every message at least once and
 * never a later one before an earlier one: how far it has come is kept at the server, behind the
 * message that it has dealt with, and goes on from there in whatever process subscribes by that
 * name next. Of several processes with one name, one at a time is given messages, and another one
 * goes on when its session ends; a process that has lost its session may still deal with one
 * message that the other one is given again.
 *
 * <p>A message is removed when all named subscribers have dealt with it and enough later ones are
 * there. So a named subscriber that does not come again has to be {@linkplain #forget forgotten}:
 * at a limit, publishing fails and names it.
 *
 * <p><b>Layout.</b> {@code messages/m-} and a number for each message; {@code subscribers/NAME} has
 * as text the number of the last message that it has dealt with, and below it {@code active}, an
 * ephemeral znode, is the process that is given its messages.
 *
 * <p>Thread-safe. Futures complete, and subscribers are called, on the client's thread.
 */
public final class PublishSubscribe {
  private static final Logger LOG = LoggerFactory.getLogger(PublishSubscribe.class);
  private static final String PREFIX = "m-";
  private static final Pattern NAME = Pattern.compile("m-\\d{1,18}");
  private static final String ACTIVE = "active";
  private static final int KEPT_MESSAGES = 1_000;
  private static final int MAX_MESSAGES = 100_000;
  private static final int TRIM_EVERY = 50;
  private static final Duration RETRY_AFTER = Duration.ofMillis(100);

  /** Where a subscriber begins that has not been there before. */
  public enum From {
    /** With the oldest message that is kept. */
    EARLIEST,
    /** With the first that is published after it has subscribed. */
    NOW
  }

  /**
   * A message.
   *
   * @param number grows from message to message; not always by one
   * @param time when the server was given it
   */
  public record Message(long number, byte[] data, Instant time) {}

  private final ConclaveClient client;
  private final String messages;
  private final String subscribers;
  private final int kept;
  private final int max;
  private final Journal journal;
  private final Offers offers;
  private int published;
  private volatile @Nullable String full;

  /** A topic that keeps at least 1,000 messages for late ones and at most 100,000. */
  public PublishSubscribe(ConclaveClient client, String path) {
    this(client, path, KEPT_MESSAGES, MAX_MESSAGES);
  }

  /**
   * Prepares a topic.
   *
   * @param keptMessages how many of the newest are kept, dealt with or not
   * @param maxMessages with how many of them publishing ends; by what is published meanwhile, it
   *     may be some more
   */
  public PublishSubscribe(ConclaveClient client, String path, int keptMessages, int maxMessages) {
    this.client = client;
    this.messages = Paths.child(path, "messages");
    this.subscribers = Paths.child(path, "subscribers");
    this.kept = keptMessages;
    this.max = maxMessages;
    this.journal = new Journal(client, messages);
    this.offers = new Offers(client, messages, journal);
  }

  /** Publishes a message; completes when every subscriber will see it. */
  public CompletableFuture<Void> publish(byte[] data) {
    if (full == null) {
      trimSometimes();
      return offers.add(PREFIX, data);
    }
    return trim()
        .thenCompose(
            trimmed -> {
              String why = full;
              return why == null
                  ? offers.add(PREFIX, data)
                  : CompletableFuture.failedFuture(new IllegalStateException(why));
            });
  }

  /**
   * Shows every message from now on, for as long as this process lives.
   *
   * @return completes when the subscription has begun: every message that is published after that
   *     is seen
   */
  public CompletableFuture<Registration> subscribe(Consumer<Message> subscriber) {
    Feed feed =
        new Feed(
            message -> {
              subscriber.accept(message);
              return CompletableFuture.completedFuture(null);
            },
            number -> {});
    return feed.startAt(Optional.empty()).thenApply(begun -> feed::stop);
  }

  /**
   * Shows every message from where the subscriber of this name was.
   *
   * @param from where to begin when there never was one
   * @param subscriber is given the next message when its stage is complete; the same one again when
   *     it failed
   * @return completes when the name is known to the topic, which keeps every message for it from
   *     then on; another process of that name may be the one that is given them
   */
  public CompletableFuture<Registration> subscribe(
      String name, From from, Function<Message, ? extends CompletionStage<?>> subscriber) {
    Durable durable = new Durable(name, from, subscriber);
    Trouble.onItsThread(client, durable.begun, durable::acquire);
    return durable.begun.thenApply(begun -> durable::stop);
  }

  /** Ends the subscription of a name for good: nothing is kept for it any more. */
  public CompletableFuture<Void> forget(String name) {
    return Trouble.untilAnswered(client, () -> client.deleteTree(Paths.child(subscribers, name)));
  }

  /** Ends what this object does at the server; subscriptions are ended by their registrations. */
  public CompletableFuture<Void> close() {
    return journal.close();
  }

  private static long number(String name) {
    return Long.parseLong(name.substring(PREFIX.length()));
  }

  private static String name(long number) {
    return PREFIX + number;
  }

  private static boolean isMessage(String name) {
    return NAME.matcher(name).matches();
  }

  /** Messages in their order, one after the other. */
  private final class Feed {
    private final Function<Message, ? extends CompletionStage<?>> subscriber;
    private final Consumer<Long> dealtWith;
    private final LiveNames names;
    private boolean positioned;
    private boolean busy;
    private boolean stopped;
    private long position = -1;

    Feed(Function<Message, ? extends CompletionStage<?>> subscriber, Consumer<Long> dealtWith) {
      this.subscriber = subscriber;
      this.dealtWith = dealtWith;
      this.names =
          new LiveNames(
              client,
              messages,
              Comparator.comparingLong(PublishSubscribe::number),
              PublishSubscribe::isMessage,
              this::next);
    }

    /** Begins behind a message; behind all that there are when none is given. */
    CompletableFuture<Void> startAt(Optional<Long> behind) {
      CompletableFuture<Void> begun = new CompletableFuture<>();
      Trouble.onItsThread(
          client,
          begun,
          () -> {
            behind.ifPresent(number -> position = number);
            positioned = behind.isPresent();
            names
                .start()
                .whenComplete(
                    (listed, failure) -> {
                      if (failure != null) {
                        begun.completeExceptionally(ConclaveException.causeOf(failure));
                        return;
                      }
                      next();
                      begun.complete(null);
                    });
          });
      return begun;
    }

    void stop() {
      client
          .executor()
          .execute(
              () -> {
                stopped = true;
                names.close();
              });
    }

    private void next() {
      if (stopped || busy || !names.isListed()) {
        return;
      }
      if (!positioned) {
        positioned = true;
        position = names.names().isEmpty() ? -1 : number(names.names().last());
      }
      String name = names.names().higher(name(position));
      if (name == null) {
        return;
      }
      busy = true;
      Trouble.untilAnswered(client, () -> client.getData(Paths.child(messages, name)))
          .thenCompose(outcome -> deliver(name, outcome))
          .whenComplete(
              (done, failure) -> client.executor().execute(() -> delivered(name, failure)));
    }

    private CompletionStage<?> deliver(String name, Outcome<Node> outcome) {
      Node node = outcome.orNullIf(Refusal.NO_NODE);
      if (stopped || node == null) {
        return CompletableFuture.completedFuture(null);
      }
      byte[] data = node.data();
      Instant time = Instant.ofEpochMilli(node.stat().ctimeMs());
      try {
        return subscriber.apply(new Message(number(name), data == null ? new byte[0] : data, time));
      } catch (RuntimeException mistake) {
        return CompletableFuture.failedFuture(mistake);
      }
    }

    private void delivered(String name, @Nullable Throwable failure) {
      if (stopped) {
        return;
      }
      busy = false;
      if (failure == null) {
        position = number(name);
        dealtWith.accept(position);
        next();
        return;
      }
      Throwable cause = ConclaveException.causeOf(failure);
      if (client.isEnded()) {
        return;
      }
      LOG.warn("{} in {} comes again: a subscriber failed with it", name, messages, cause);
      Trouble.later(client, RETRY_AFTER, this::next, new CompletableFuture<>());
    }
  }

  /** One process that has, or waits for, the messages of a name. On the client's thread. */
  private final class Durable {
    private final String cursor;
    private final String active;
    private final From from;
    private final Function<Message, ? extends CompletionStage<?>> subscriber;
    private final byte[] mark = client.runtime().newUuid().toString().getBytes(UTF_8);
    private final CompletableFuture<Void> begun = new CompletableFuture<>();
    private ConclaveClient bound = client;
    private @Nullable Feed feed;
    private int version;
    private boolean saving;
    private long toSave = -1;
    private long saved = -1;
    private boolean stopped;

    Durable(String name, From from, Function<Message, ? extends CompletionStage<?>> subscriber) {
      this.cursor = Paths.child(subscribers, name);
      this.active = Paths.child(cursor, ACTIVE);
      this.from = from;
      this.subscriber = subscriber;
    }

    void acquire() {
      if (stopped) {
        return;
      }
      ConclaveClient mine = client.inThisSession();
      bound = mine;
      Trouble.untilAnswered(mine, this::begin)
          .thenCompose(
              made -> {
                begun.complete(null);
                return activate(mine);
              })
          .thenCompose(activated -> takeOver(mine))
          .thenCompose(position -> run(mine, position))
          .whenComplete((over, failure) -> client.executor().execute(() -> lost(failure)));
    }

    /** Makes the cursor when there is none. */
    private CompletableFuture<Void> begin() {
      return client
          .exists(cursor)
          .thenCompose(
              stat ->
                  stat.isPresent()
                      ? CompletableFuture.<Void>completedFuture(null)
                      : firstPosition().thenCompose(this::makeCursor));
    }

    private CompletableFuture<Long> firstPosition() {
      if (from == From.EARLIEST) {
        return CompletableFuture.completedFuture(-1L);
      }
      return client
          .sync(messages)
          .thenCompose(synced -> client.getChildren(messages))
          .thenApply(
              outcome ->
                  outcome.value().map(Children::names).orElse(List.of()).stream()
                      .filter(PublishSubscribe::isMessage)
                      .mapToLong(PublishSubscribe::number)
                      .max()
                      .orElse(-1));
    }

    private CompletableFuture<Void> makeCursor(long position) {
      return client
          .ensurePath(subscribers)
          .thenCompose(made -> client.create(cursor, text(position), CreateMode.PERSISTENT))
          .thenAccept(outcome -> outcome.orNullIf(Refusal.NODE_EXISTS));
    }

    /** Completes when this process is the one that is given the messages. */
    private CompletableFuture<Void> activate(ConclaveClient mine) {
      return Trouble.untilAnswered(mine, () -> mine.create(active, mark, CreateMode.EPHEMERAL))
          .thenCompose(
              outcome -> {
                if (outcome.isDone()) {
                  return CompletableFuture.<Void>completedFuture(null);
                }
                if (outcome.was(Refusal.NO_NODE)) {
                  // Forgotten in between: begin anew.
                  return Trouble.untilAnswered(mine, this::begin)
                      .thenCompose(begun -> activate(mine));
                }
                return waitForTurn(mine);
              });
    }

    private CompletableFuture<Void> waitForTurn(ConclaveClient mine) {
      return Trouble.untilAnswered(mine, () -> mine.getDataAndWatch(active))
          .thenCompose(
              outcome -> {
                if (outcome.was(Refusal.NO_NODE)) {
                  return activate(mine);
                }
                Node holder = outcome.orThrow().value();
                boolean isMine =
                    Arrays.equals(holder.data(), mark)
                        && holder.stat().ephemeralOwner() == mine.sessionId();
                return isMine
                    ? CompletableFuture.<Void>completedFuture(null)
                    : outcome.orThrow().event().thenCompose(event -> activate(mine));
              });
    }

    /** Reads the position and writes it again: whoever was active before can't write any more. */
    private CompletableFuture<Long> takeOver(ConclaveClient mine) {
      return Trouble.untilAnswered(
              mine, () -> mine.sync(cursor).thenCompose(synced -> mine.getData(cursor)))
          .thenCompose(
              outcome -> {
                Node node = outcome.orThrow();
                byte[] data = node.data();
                long position = data == null ? -1 : Long.parseLong(new String(data, UTF_8).trim());
                return mine.setData(cursor, text(position), node.stat().version())
                    .thenApply(Optional::of)
                    .exceptionally(
                        failure -> {
                          if (Trouble.isPassing(ConclaveException.causeOf(failure))) {
                            return Optional.empty();
                          }
                          throw new CompletionException(ConclaveException.causeOf(failure));
                        })
                    .thenCompose(
                        written -> {
                          if (written.isEmpty() || !written.get().isDone()) {
                            return takeOver(mine);
                          }
                          version = written.get().orThrow().version();
                          saved = position;
                          return CompletableFuture.completedFuture(position);
                        });
              });
    }

    /** Runs until the session or the subscription ends. */
    private CompletableFuture<Void> run(ConclaveClient mine, long position) {
      if (!stopped) {
        Feed mineAlone = new Feed(subscriber, this::dealtWith);
        feed = mineAlone;
        mineAlone.startAt(Optional.of(position));
      }
      // The end of the session fails the watch; the end of the znode, whoever removed it, fires it.
      return Trouble.untilAnswered(mine, () -> mine.existsAndWatch(active))
          .thenCompose(
              watched ->
                  watched.value().isEmpty()
                      ? CompletableFuture.<Void>completedFuture(null)
                      : watched.event().thenAccept(event -> {}));
    }

    private void lost(@Nullable Throwable failure) {
      Feed running = feed;
      feed = null;
      if (running != null) {
        running.stop();
      }
      if (client.isEnded()) {
        begun.completeExceptionally(ConclaveException.causeOf(failure));
      }
      if (stopped || client.isEnded()) {
        return;
      }
      if (failure != null
          && !(ConclaveException.causeOf(failure) instanceof SessionEndedException)) {
        LOG.warn("subscriber {} can't go on for now", cursor, ConclaveException.causeOf(failure));
        Trouble.later(client, RETRY_AFTER, this::acquire, new CompletableFuture<>());
      } else {
        acquire();
      }
    }

    private void dealtWith(long number) {
      toSave = number;
      save();
    }

    private void save() {
      if (saving || toSave <= saved || feed == null) {
        return;
      }
      saving = true;
      long number = toSave;
      ConclaveClient mine = bound;
      mine.setData(cursor, text(number), version)
          .whenComplete(
              (outcome, failure) ->
                  client.executor().execute(() -> wasSaved(mine, number, outcome, failure)));
    }

    private void wasSaved(
        ConclaveClient mine,
        long number,
        @Nullable Outcome<Stat> outcome,
        @Nullable Throwable failure) {
      saving = false;
      if (mine != bound) {
        // Of a session that is over.
        save();
        return;
      }
      if (outcome != null && outcome.isDone()) {
        version = outcome.orThrow().version();
        saved = number;
        finishStopping();
        save();
      } else if (outcome != null) {
        // An answer was lost and the write was done, or somebody else has taken over: the latter
        // ends the session's watch on the active znode.
        refreshVersion(mine);
      } else if (Trouble.isPassing(ConclaveException.causeOf(failure))) {
        refreshVersion(mine);
      }
    }

    private void refreshVersion(ConclaveClient mine) {
      saving = true;
      Trouble.untilAnswered(
              mine, () -> mine.sync(cursor).thenCompose(s -> mine.getDataAndWatch(active)))
          .thenCompose(
              outcome -> {
                boolean isMine =
                    outcome
                        .value()
                        .filter(holder -> Arrays.equals(holder.value().data(), mark))
                        .isPresent();
                outcome.value().ifPresent(holder -> holder.event().cancel(false));
                return isMine
                    ? Trouble.untilAnswered(mine, () -> mine.exists(cursor))
                    : CompletableFuture.completedFuture(Optional.<Stat>empty());
              })
          .whenComplete(
              (stat, failure) ->
                  client
                      .executor()
                      .execute(
                          () -> {
                            saving = false;
                            if (mine == bound && failure == null && stat.isPresent()) {
                              version = stat.get().version();
                              save();
                            }
                          }));
    }

    void stop() {
      client
          .executor()
          .execute(
              () -> {
                stopped = true;
                Feed running = feed;
                if (running != null) {
                  running.stop();
                }
                finishStopping();
              });
    }

    /** Lets the next process have the messages, when the position is saved. */
    private void finishStopping() {
      if (stopped && !saving && toSave <= saved) {
        bound.deleteSurely(active);
      }
    }
  }

  private static byte[] text(long number) {
    return Long.toString(number).getBytes(UTF_8);
  }

  private void trimSometimes() {
    synchronized (this) {
      if (++published % TRIM_EVERY != 0) {
        return;
      }
    }
    trim().exceptionally(failure -> null);
  }

  /** Removes what all named subscribers have dealt with, but for the newest. */
  private CompletableFuture<Void> trim() {
    return Trouble.untilAnswered(client, () -> client.getChildren(subscribers))
        .thenCompose(outcome -> slowest(names(outcome)))
        .thenCombine(
            Trouble.untilAnswered(client, () -> client.getChildren(messages)),
            (slowest, outcome) -> {
              trim(slowest, names(outcome));
              return null;
            });
  }

  private static List<String> names(Outcome<Children> outcome) {
    return outcome.value().map(Children::names).orElse(List.of());
  }

  /** A subscriber and how far it has come. */
  private record Progress(String name, long number) {}

  private CompletableFuture<Progress> slowest(List<String> names) {
    List<CompletableFuture<Progress>> all = new ArrayList<>();
    for (String name : names) {
      all.add(
          Trouble.untilAnswered(client, () -> client.getData(Paths.child(subscribers, name)))
              .thenApply(
                  outcome ->
                      new Progress(
                          name,
                          outcome
                              .value()
                              .map(node -> new String(data(node), UTF_8).trim())
                              .map(Long::parseLong)
                              .orElse(Long.MAX_VALUE))));
    }
    return CompletableFuture.allOf(all.toArray(CompletableFuture<?>[]::new))
        .thenApply(
            read ->
                all.stream()
                    .map(CompletableFuture::join)
                    .min(Comparator.comparingLong(Progress::number))
                    .orElse(new Progress("", Long.MAX_VALUE)));
  }

  private static byte[] data(Node node) {
    byte[] data = node.data();
    return data == null ? new byte[0] : data;
  }

  private void trim(Progress slowest, List<String> names) {
    List<String> inOrder =
        names.stream()
            .filter(PublishSubscribe::isMessage)
            .sorted(Comparator.comparingLong(PublishSubscribe::number))
            .toList();
    List<String> removable =
        inOrder.subList(0, Math.max(0, inOrder.size() - kept)).stream()
            .filter(name -> number(name) <= slowest.number())
            .toList();
    for (String name : removable) {
      client.delete(Paths.child(messages, name), ConclaveClient.ANY_VERSION);
    }
    int left = inOrder.size() - removable.size();
    full =
        left < max
            ? null
            : "the topic "
                + messages
                + " is full: "
                + left
                + " messages wait for the subscriber "
                + slowest.name()
                + ", which has to come again or to be forgotten";
  }
}
