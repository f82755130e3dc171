package conclave.recipes;

import static java.nio.charset.StandardCharsets.UTF_8;

import conclave.client.Children;
import conclave.client.ConclaveClient;
import conclave.client.ConclaveException;
import conclave.client.Node;
import conclave.client.Refusal;
import conclave.client.Registration;
import conclave.client.Transaction;
import conclave.client.TransactionOutcome;
import conclave.protocol.CreateMode;
import conclave.protocol.Paths;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Settings that many processes share: typed, checked before they are written, with a history, and
 * told to everybody when they change.
 *
 * <pre>{@code
 * Setting<Integer> threads = Setting.ofInt("threads", 8).where(n -> n > 0, "greater than 0");
 * Configuration config = new Configuration(client, "/config/shop", "alice");
 * config.onChange(threads, n -> System.out.println("threads: " + n));
 * config.set(threads, 16).join();
 * config.set(threads, 32).join();
 * List<Configuration.Revision> history = config.history(threads).join();
 * config.rollBack(threads, history.get(0).number()).join();
 * int now = config.get(threads).join(); // 16 again
 * }</pre>
 *
 * <p><b>Guarantee.</b> A change is made exactly once, together with its entry in the history, or
 * not at all, whichever connections and sessions are lost meanwhile: nothing belongs to a session,
 * and a change whose answer was lost is looked up in the history before it is made again. Its
 * future fails when the value is not allowed, in which case nothing was written, or when the client
 * is closed; only then the change may or may not have been made. Listeners are told the value of
 * now and every later one; of several that come faster than they can be told, at least the newest.
 *
 * <p><b>Layout.</b> Everything can be read, and values can be written, with any ZooKeeper tool:
 * {@code values/NAME} has the value as text; {@code history/NAME/v-} and a number has, for each
 * change, a line {@code author: NAME}, a line {@code id: UUID}, {@code rolled back to: NUMBER}
 * where that is what it was, an empty line and the text. When it was made, the znode's own time
 * says. What was written by other tools has no entry; when it is not allowed, it is not told but
 * reported.
 *
 * <p>Thread-safe. Futures complete, and listeners run, on the client's thread.
 */
public final class Configuration {
  private static final int KEPT_REVISIONS = 100;
  private static final int TRIM_EVERY = 10;
  private static final String ENTRY = "v-";
  private static final Pattern NAME = Pattern.compile("v-\\d{1,18}");

  /**
   * One change of a setting.
   *
   * @param number grows from change to change; not always by one
   * @param rolledBackTo the revision that it brought back, empty for a new value
   */
  public record Revision(
      long number, String text, String author, Instant time, Optional<Long> rolledBackTo) {}

  private final ConclaveClient client;
  private final String values;
  private final String histories;
  private final String author;
  private final int kept;

  /**
   * Prepares a configuration, with a history of 100 revisions for each setting.
   *
   * @param author who makes changes through this object, for the history
   */
  public Configuration(ConclaveClient client, String path, String author) {
    this(client, path, author, KEPT_REVISIONS);
  }

  /** The same with another number of revisions that are kept, give or take ten. */
  public Configuration(ConclaveClient client, String path, String author, int keptRevisions) {
    if (author.indexOf('\n') >= 0) {
      throw new IllegalArgumentException("an author's name has one line");
    }
    this.client = client;
    this.values = Paths.child(path, "values");
    this.histories = Paths.child(path, "history");
    this.author = author;
    this.kept = keptRevisions;
  }

  /** A setting's value; its default while it is not set. */
  public <T> CompletableFuture<T> get(Setting<T> setting) {
    String path = valuePath(setting);
    return Trouble.untilAnswered(client, () -> client.getData(path))
        .thenApply(outcome -> value(setting, outcome.orNullIf(Refusal.NO_NODE)));
  }

  private <T> T value(Setting<T> setting, @Nullable Node node) {
    if (node == null) {
      return setting.whenUnset();
    }
    try {
      return setting.parse(text(node));
    } catch (IllegalArgumentException e) {
      throw new IllegalStateException(valuePath(setting) + ": " + e.getMessage(), e);
    }
  }

  /**
   * Changes a setting, whatever it is. Throws an {@link IllegalArgumentException} on the spot when
   * the value is not allowed.
   */
  public <T> CompletableFuture<Revision> set(Setting<T> setting, T value) {
    return write(setting, setting.print(value), Optional.empty(), Optional.empty())
        .thenApply(Optional::orElseThrow);
  }

  /**
   * Changes a setting if its newest revision is the expected one.
   *
   * @return empty when somebody else has changed it
   */
  public <T> CompletableFuture<Optional<Revision>> compareAndSet(
      Setting<T> setting, Revision expected, T value) {
    return write(setting, setting.print(value), Optional.empty(), Optional.of(expected));
  }

  /** Changes a setting as somebody typed it, who has to be told what is wrong with it. */
  public CompletableFuture<Revision> setText(Setting<?> setting, String text) {
    setting.parse(text);
    return write(setting, text, Optional.empty(), Optional.empty())
        .thenApply(Optional::orElseThrow);
  }

  /** Brings back what a setting was, as a new revision. */
  public CompletableFuture<Revision> rollBack(Setting<?> setting, long number) {
    return history(setting)
        .thenCompose(
            revisions -> {
              Revision old =
                  revisions.stream()
                      .filter(revision -> revision.number() == number)
                      .findAny()
                      .orElseThrow(
                          () ->
                              new IllegalArgumentException(
                                  setting.name() + " has no revision " + number + " any more"));
              setting.parse(old.text());
              return write(setting, old.text(), Optional.of(number), Optional.empty());
            })
        .thenApply(Optional::orElseThrow);
  }

  /** The revisions of a setting that are kept, the oldest first. */
  public CompletableFuture<List<Revision>> history(Setting<?> setting) {
    return entries(setting).thenApply(all -> all.stream().map(Entry::revision).toList());
  }

  /** Tells the value of now and every later one that is allowed. */
  public <T> Registration onChange(Setting<T> setting, Consumer<T> listener) {
    return onChange(setting, listener, failure -> {});
  }

  /** The same; {@code refused} is told of values that are not allowed, and of the end. */
  public <T> Registration onChange(
      Setting<T> setting, Consumer<T> listener, Consumer<Throwable> refused) {
    AtomicReference<@Nullable T> told = new AtomicReference<>();
    return client
        .watch(valuePath(setting))
        .forEach(
            node -> {
              T value;
              try {
                value = value(setting, node.orElse(null));
              } catch (IllegalStateException e) {
                refused.accept(e);
                return;
              }
              if (!Objects.equals(told.getAndSet(value), value)) {
                listener.accept(value);
              }
            },
            refused);
  }

  private String valuePath(Setting<?> setting) {
    return Paths.child(values, setting.name());
  }

  private String historyPath(Setting<?> setting) {
    return Paths.child(histories, setting.name());
  }

  private CompletableFuture<Optional<Revision>> write(
      Setting<?> setting, String text, Optional<Long> rolledBackTo, Optional<Revision> expected) {
    return new Change(setting, text, rolledBackTo, expected).attempt(false);
  }

  /** A change that is made once: its id in the history tells whether it is made. */
  private final class Change {
    private final Setting<?> setting;
    private final String text;
    private final Optional<Revision> expected;
    private final String id = client.runtime().newUuid().toString();
    private final byte[] entry;

    Change(
        Setting<?> setting, String text, Optional<Long> rolledBackTo, Optional<Revision> expected) {
      this.setting = setting;
      this.text = text;
      this.expected = expected;
      String back = rolledBackTo.map(number -> "rolled back to: " + number + "\n").orElse("");
      this.entry =
          ("author: " + author + "\nid: " + id + "\n" + back + "\n" + text).getBytes(UTF_8);
    }

    /**
     * Tries to write, on the condition that the value is the one that was read.
     *
     * @param unsure whether an attempt before this one may have been made
     */
    CompletableFuture<Optional<Revision>> attempt(boolean unsure) {
      String path = valuePath(setting);
      // The history is read behind the value: an older attempt that is made in between changes the
      // value's version, and this one fails.
      return Trouble.untilAnswered(
              client, () -> client.sync(path).thenCompose(synced -> client.exists(path)))
          .thenCompose(
              stat -> {
                int version = stat.map(found -> found.version()).orElse(-1);
                if (!unsure && expected.isEmpty()) {
                  return commit(version, unsure);
                }
                return entries(setting)
                    .thenCompose(
                        entries -> {
                          Optional<Revision> mine =
                              entries.stream()
                                  .filter(found -> found.id().equals(id))
                                  .map(Entry::revision)
                                  .findAny();
                          if (mine.isPresent()) {
                            return CompletableFuture.completedFuture(mine);
                          }
                          return isAsExpected(entries)
                              ? commit(version, unsure)
                              : CompletableFuture.completedFuture(Optional.<Revision>empty());
                        });
              });
    }

    private boolean isAsExpected(List<Entry> entries) {
      long newest = entries.isEmpty() ? -1 : entries.get(entries.size() - 1).revision().number();
      return expected.isEmpty() || expected.get().number() == newest;
    }

    private CompletableFuture<Optional<Revision>> commit(int version, boolean unsure) {
      String path = valuePath(setting);
      Transaction transaction = client.transaction();
      if (version < 0) {
        transaction.create(path, text.getBytes(UTF_8), CreateMode.PERSISTENT);
      } else {
        transaction.setData(path, text.getBytes(UTF_8), version);
      }
      transaction.create(
          Paths.child(historyPath(setting), ENTRY), entry, CreateMode.PERSISTENT_SEQUENTIAL);
      return transaction
          .commit()
          .handle((outcome, failure) -> answered(unsure, outcome, failure))
          .thenCompose(next -> next);
    }

    private CompletableFuture<Optional<Revision>> answered(
        boolean unsure, @Nullable TransactionOutcome outcome, @Nullable Throwable failure) {
      if (outcome instanceof TransactionOutcome.Committed done) {
        TransactionOutcome.Result made = done.results().get(1);
        long timeMs = made.stat() == null ? 0 : made.stat().ctimeMs();
        Revision revision =
            parse(Paths.name(made.path()), new String(entry, UTF_8), timeMs).revision();
        if (revision.number() % TRIM_EVERY == 0) {
          trim(setting);
        }
        return CompletableFuture.completedFuture(Optional.of(revision));
      }
      if (outcome instanceof TransactionOutcome.RolledBack refused) {
        if (refused.because(Refusal.NO_NODE)) {
          return makeRoom(setting).thenCompose(made -> attempt(unsure));
        }
        if (refused.because(Refusal.BAD_VERSION) || refused.because(Refusal.NODE_EXISTS)) {
          return attempt(unsure);
        }
        return CompletableFuture.failedFuture(
            new IllegalStateException(
                "the server refused to write " + refused.path() + ": " + refused.error()));
      }
      Throwable cause = ConclaveException.causeOf(failure);
      return Trouble.isPassing(cause) ? attempt(true) : CompletableFuture.failedFuture(cause);
    }
  }

  private CompletableFuture<Void> makeRoom(Setting<?> setting) {
    return Trouble.untilAnswered(
        client,
        () ->
            client.ensurePath(values).thenCompose(made -> client.ensurePath(historyPath(setting))));
  }

  /** An entry of the history with what is not for the public. */
  private record Entry(Revision revision, String id) {}

  private CompletableFuture<List<Entry>> entries(Setting<?> setting) {
    String path = historyPath(setting);
    return Trouble.untilAnswered(client, () -> client.getChildren(path))
        .thenCompose(
            outcome -> {
              Children children = outcome.orNullIf(Refusal.NO_NODE);
              List<CompletableFuture<Optional<Entry>>> reads = new ArrayList<>();
              for (String name : children == null ? List.<String>of() : children.names()) {
                if (NAME.matcher(name).matches()) {
                  reads.add(entry(path, name));
                }
              }
              return CompletableFuture.allOf(reads.toArray(CompletableFuture<?>[]::new))
                  .thenApply(
                      all ->
                          reads.stream()
                              .map(CompletableFuture::join)
                              .flatMap(Optional::stream)
                              .sorted(Comparator.comparing(found -> found.revision().number()))
                              .toList());
            });
  }

  private CompletableFuture<Optional<Entry>> entry(String path, String name) {
    return Trouble.untilAnswered(client, () -> client.getData(Paths.child(path, name)))
        .thenApply(
            outcome -> outcome.value().map(node -> parse(name, text(node), node.stat().ctimeMs())));
  }

  private static Entry parse(String name, String content, long timeMs) {
    int end = content.indexOf("\n\n");
    String text = end < 0 ? "" : content.substring(end + 2);
    String author = "";
    String id = "";
    Optional<Long> rolledBackTo = Optional.empty();
    for (String line : (end < 0 ? content : content.substring(0, end)).split("\n", -1)) {
      int colon = line.indexOf(": ");
      String value = colon < 0 ? "" : line.substring(colon + 2);
      switch (colon < 0 ? "" : line.substring(0, colon).toLowerCase(Locale.ROOT)) {
        case "author" -> author = value;
        case "id" -> id = value;
        case "rolled back to" -> rolledBackTo = Optional.of(Long.valueOf(value));
        default -> {
          // Something that a later version may add.
        }
      }
    }
    return new Entry(
        new Revision(number(name), text, author, Instant.ofEpochMilli(timeMs), rolledBackTo), id);
  }

  private static long number(String name) {
    return Long.parseLong(name.substring(ENTRY.length()));
  }

  private static String text(Node node) {
    byte[] data = node.data();
    return data == null ? "" : new String(data, UTF_8);
  }

  /** Removes the oldest entries; if it fails, the next change tries again. */
  private void trim(Setting<?> setting) {
    String path = historyPath(setting);
    client
        .getChildren(path)
        .thenAccept(
            outcome -> {
              List<String> names =
                  outcome.value().map(Children::names).orElse(List.of()).stream()
                      .filter(name -> NAME.matcher(name).matches())
                      .sorted()
                      .toList();
              for (String name : names.subList(0, Math.max(0, names.size() - kept))) {
                client.delete(Paths.child(path, name), ConclaveClient.ANY_VERSION);
              }
            });
  }
}
