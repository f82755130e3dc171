package conclave.recipes;

import conclave.client.ConclaveClient;
import conclave.client.Registration;
import conclave.client.SessionEvent;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Watches who of those expected is present in a {@link Group}: since when, or since when not, who
 * comes and goes all the time, and who is there that nobody expects.
 *
 * <pre>{@code
 * LivenessMonitor monitor =
 *     new LivenessMonitor(client, "/members", List.of("host-1", "host-2")).start().join();
 * monitor.onChange(status -> System.out.println(status));
 * System.out.println(monitor.report());
 * }</pre>
 *
 * <p><b>When sessions are lost:</b> a member counts as present until its session has expired at the
 * servers, which is up to a session timeout after its death. When the monitor itself has no
 * connection it goes on showing what it knew last, and the report says since when it knows nothing
 * new. A member that went and came back while nobody could look is seen to have done so.
 *
 * <p>Thread-safe. Listeners run on the client's thread.
 */
public final class LivenessMonitor implements AutoCloseable {
  /** Who leaves this often within {@link #FLAPPING_WITHIN} is flapping. */
  static final int FLAPPING_FROM = 3;

  static final Duration FLAPPING_WITHIN = Duration.ofMinutes(10);

  /** How it is with a member. */
  public enum State {
    PRESENT,
    ABSENT,
    /** Absent since before the monitor began. */
    NEVER_SEEN,
    /** Present, and not among the expected. */
    UNEXPECTED
  }

  /**
   * A member as the monitor knows it.
   *
   * @param since when it came into this state: presence by the server's clock, absence by the
   *     monitor's
   * @param flapping whether it has left three times or more within ten minutes
   * @param departures how often it has left since the monitor began
   */
  public record Status(String id, State state, Instant since, boolean flapping, int departures) {}

  private static final class History {
    State state = State.NEVER_SEEN;
    Instant since;
    int departures;
    final Deque<Instant> recent = new ArrayDeque<>();

    History(Instant since) {
      this.since = since;
    }
  }

  private final ConclaveClient client;
  private final Group group;
  private final List<String> expected;
  private final Clock clock;
  private final Map<String, History> histories = new TreeMap<>();
  private final List<Consumer<Status>> listeners = new CopyOnWriteArrayList<>();

  private @Nullable Registration session;
  private @Nullable Instant blindSince;

  /**
   * @param path the group's znode
   * @param expected the ids of those who should be present
   */
  public LivenessMonitor(ConclaveClient client, String path, Collection<String> expected) {
    this(client, path, expected, Clock.systemUTC());
  }

  LivenessMonitor(ConclaveClient client, String path, Collection<String> expected, Clock clock) {
    this.client = client;
    this.group = new Group(client, path);
    this.expected = List.copyOf(expected);
    this.clock = clock;
    Instant now = clock.instant();
    this.expected.forEach(id -> histories.put(id, new History(now)));
  }

  /** Completes when it knows who is present. */
  public CompletableFuture<LivenessMonitor> start() {
    group.onChange(this::happened);
    session = client.onSession(this::sessionChanged);
    return group.start().thenApply(started -> this);
  }

  /** Is told of every change of a member's state. */
  public Registration onChange(Consumer<Status> listener) {
    listeners.add(listener);
    return () -> listeners.remove(listener);
  }

  /** All who are expected or were ever seen, by id. */
  public synchronized List<Status> statuses() {
    List<Status> all = new ArrayList<>();
    histories.forEach((id, history) -> all.add(statusOf(id, history)));
    return all;
  }

  /** Whether all who are expected are present and nobody is flapping. */
  public boolean isHealthy() {
    return statuses().stream()
        .allMatch(
            status ->
                !status.flapping()
                    && (status.state() == State.PRESENT || !expected.contains(status.id())));
  }

  /** The state of everybody, for people to read: a line on the whole, and one for each member. */
  public String report() {
    List<Status> all = statuses();
    long present =
        all.stream().filter(s -> s.state() == State.PRESENT && expected.contains(s.id())).count();
    StringBuilder out = new StringBuilder();
    out.append(present).append(" of ").append(expected.size()).append(" present");
    Instant blind = blindSince();
    if (blind != null) {
      out.append(", as known ").append(ago(blind)).append(" ago, when the connection was lost");
    }
    out.append('\n');
    int width = all.stream().mapToInt(status -> status.id().length()).max().orElse(0);
    for (Status status : all) {
      out.append(String.format("%-" + Math.max(width, 1) + "s  ", status.id()));
      out.append(String.format("%-10s for %s", describe(status.state()), ago(status.since())));
      if (status.departures() > 0) {
        out.append(", has left ").append(times(status.departures()));
      }
      if (status.flapping()) {
        out.append(", flapping");
      }
      out.append('\n');
    }
    return out.toString();
  }

  @Override
  public void close() {
    Registration listening = session;
    if (listening != null) {
      listening.close();
    }
    group.close();
  }

  private void happened(Group.Event event) {
    Status status;
    synchronized (this) {
      String id = event.member().id();
      History history = histories.computeIfAbsent(id, unknown -> new History(clock.instant()));
      if (event instanceof Group.Left) {
        history.state = State.ABSENT;
        history.since = clock.instant();
        history.departures++;
        history.recent.add(history.since);
        if (history.recent.size() > FLAPPING_FROM) {
          history.recent.remove();
        }
      } else if (event instanceof Group.Joined) {
        history.state = expected.contains(id) ? State.PRESENT : State.UNEXPECTED;
        history.since = Instant.ofEpochMilli(event.member().sinceMs());
      } else {
        return;
      }
      status = statusOf(id, history);
    }
    listeners.forEach(listener -> listener.accept(status));
  }

  private synchronized void sessionChanged(SessionEvent news) {
    if (news.state().isConnected()) {
      blindSince = null;
    } else if (blindSince == null) {
      blindSince = clock.instant();
    }
  }

  private synchronized @Nullable Instant blindSince() {
    return blindSince;
  }

  private Status statusOf(String id, History history) {
    Instant then = clock.instant().minus(FLAPPING_WITHIN);
    long recently = history.recent.stream().filter(left -> left.isAfter(then)).count();
    return new Status(
        id, history.state, history.since, recently >= FLAPPING_FROM, history.departures);
  }

  private static String describe(State state) {
    return switch (state) {
      case PRESENT -> "present";
      case ABSENT -> "absent";
      case NEVER_SEEN -> "never seen";
      case UNEXPECTED -> "unexpected";
    };
  }

  private static String times(int count) {
    return count == 1 ? "once" : count + " times";
  }

  /** In the two largest units: 3 d 4 h, 5 min 12 s, 8 s. */
  private String ago(Instant then) {
    long seconds = Math.max(0, ChronoUnit.SECONDS.between(then, clock.instant()));
    if (seconds < 60) {
      return seconds + " s";
    }
    if (seconds < 3_600) {
      return seconds / 60 + " min " + seconds % 60 + " s";
    }
    if (seconds < 86_400) {
      return seconds / 3_600 + " h " + seconds / 60 % 60 + " min";
    }
    return seconds / 86_400 + " d " + seconds / 3_600 % 24 + " h";
  }
}
