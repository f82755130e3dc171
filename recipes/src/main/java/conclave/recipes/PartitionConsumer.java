package conclave.recipes;

import static java.nio.charset.StandardCharsets.UTF_8;

import conclave.client.Cache;
import conclave.client.ConclaveClient;
import conclave.client.ConclaveException;
import conclave.client.Created;
import conclave.client.Node;
import conclave.client.Outcome;
import conclave.client.Refusal;
import conclave.client.Registration;
import conclave.client.SessionEndedException;
import conclave.client.SessionEvent;
import conclave.client.SessionState;
import conclave.protocol.CreateMode;
import conclave.protocol.Paths;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One consumer of a {@link PartitionGroup}, which says what it guarantees. Thread-safe; the
 * listener runs on the client's thread.
 */
public final class PartitionConsumer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(PartitionConsumer.class);

  private static final Duration COALESCE_FOR = Duration.ofMillis(5);

  /** Is told which partitions to work on. Must not block. */
  public interface Listener {
    /**
     * The partition is this consumer's.
     *
     * @param token to be sent with everything that is written on its behalf
     */
    void assigned(Partition partition, long token);

    /**
     * The partition is to go to somebody else, who gets it when the future completes: by then
     * nothing may be done to it any more.
     */
    CompletableFuture<Void> revoked(Partition partition);

    /** The session is lost and the partition with it; somebody else may be its owner by now. */
    void lost(Partition partition);
  }

  private enum Phase {
    /** The znode of the owner is being made. */
    TAKING,
    OWNED,
    /** The listener is finishing its work. */
    REVOKING
  }

  private static final class Holding {
    Phase phase = Phase.TAKING;
    long token;
  }

  private final ConclaveClient client;
  private final PartitionGroup group;
  private final String id;
  private final Listener listener;
  private final Membership membership;
  private final Cache cache;
  private final SortedMap<Partition, Holding> holdings = new TreeMap<>();
  private final SortedMap<Partition, Long> owned = new ConcurrentSkipListMap<>();
  private final CompletableFuture<Void> gone = new CompletableFuture<>();

  private @Nullable Registration session;
  private boolean planning;
  private boolean lookingSoon;
  private boolean closed;
  private boolean finishing;

  PartitionConsumer(ConclaveClient client, PartitionGroup group, String id, Listener listener) {
    this.client = client;
    this.group = group;
    this.id = id;
    this.listener = listener;
    this.membership =
        new Membership(client, Group.childOf(group.membersPath(), id), new byte[0], this::lookSoon);
    this.cache = client.cache(group.path(), Cache.Depth.TREE);
  }

  CompletableFuture<PartitionConsumer> start() {
    return client
        .ensurePath(group.ownersPath())
        .thenCompose(made -> cache.start())
        .thenCompose(
            loaded -> {
              cache.onChange(change -> lookSoon());
              session = client.onSession(this::sessionChanged);
              return membership.start();
            })
        .thenApply(
            joined -> {
              lookSoon();
              return this;
            });
  }

  public String id() {
    return id;
  }

  /** What it works on now, with the tokens. */
  public SortedMap<Partition, Long> owned() {
    return new TreeMap<>(owned);
  }

  /** Whether it decides who shall have what. */
  public boolean isPlanner() {
    return membership.isIn() && id.equals(eldest());
  }

  /** Gives everything back, as when it is revoked, and leaves; completes when that is done. */
  public CompletableFuture<Void> leave() {
    client
        .executor()
        .execute(
            () -> {
              closed = true;
              lookSoon();
            });
    if (client.state() == SessionState.CLOSED || client.state() == SessionState.AUTH_FAILED) {
      gone.complete(null);
    }
    return gone.copy();
  }

  /** Leaves, without waiting. */
  @Override
  public void close() {
    leave();
  }

  private void sessionChanged(SessionEvent news) {
    switch (news.state()) {
      case LOST, CLOSED, AUTH_FAILED -> {
        List<Partition> held = new ArrayList<>(owned.keySet());
        holdings.clear();
        owned.clear();
        held.forEach(listener::lost);
        lookSoon();
      }
      case CONNECTED -> lookSoon();
      default -> {
        // Nothing is certain, and nothing has to be done before the session is lost.
      }
    }
  }

  /** Many changes at once are looked at once. */
  private void lookSoon() {
    client
        .executor()
        .execute(
            () -> {
              if (!lookingSoon) {
                lookingSoon = true;
                client.schedule(this::look, COALESCE_FOR);
              }
            });
  }

  private void look() {
    lookingSoon = false;
    if (closed && holdings.isEmpty()) {
      finish();
      return;
    }
    if (!closed && membership.isIn() && id.equals(eldest())) {
      plan();
    }
    SortedSet<Partition> mine = closed || !membership.isIn() ? new TreeSet<>() : planned();
    for (Map.Entry<Partition, Holding> held : List.copyOf(holdings.entrySet())) {
      if (held.getValue().phase == Phase.OWNED && !mine.contains(held.getKey())) {
        revoke(held.getKey(), held.getValue());
      }
    }
    for (Partition partition : mine) {
      boolean taken = cache.get(ownerPath(partition)).isPresent();
      if (!holdings.containsKey(partition) && (!taken || isOfThisSession(partition))) {
        take(partition);
      }
    }
  }

  private void finish() {
    if (finishing) {
      return;
    }
    finishing = true;
    Registration listening = session;
    if (listening != null) {
      listening.close();
    }
    cache.close();
    membership
        .leave()
        .whenComplete(
            (left, failure) -> {
              if (failure == null) {
                gone.complete(null);
              } else {
                gone.completeExceptionally(ConclaveException.causeOf(failure));
              }
            });
  }

  private @Nullable String eldest() {
    String eldest = null;
    long least = Long.MAX_VALUE;
    for (String name : cache.children(group.membersPath())) {
      Node node = cache.get(Paths.child(group.membersPath(), name)).orElse(null);
      if (node != null && node.stat().czxid() < least) {
        least = node.stat().czxid();
        eldest = name;
      }
    }
    return eldest;
  }

  private SortedSet<Partition> planned() {
    SortedSet<Partition> mine = new TreeSet<>();
    SortedSet<Partition> all = partitions();
    assignment()
        .forEach(
            (partition, member) -> {
              if (member.equals(id) && all.contains(partition)) {
                mine.add(partition);
              }
            });
    return mine;
  }

  private SortedMap<Partition, String> assignment() {
    Node node = cache.get(group.assignmentPath()).orElse(null);
    if (node == null) {
      return new TreeMap<>();
    }
    try {
      return PartitionGroup.readAssignment(PartitionGroup.text(node));
    } catch (IllegalArgumentException e) {
      LOG.warn("{} is no assignment and is replaced: {}", group.assignmentPath(), e.getMessage());
      return new TreeMap<>();
    }
  }

  private SortedSet<Partition> partitions() {
    SortedSet<Partition> all = new TreeSet<>();
    for (String topic : cache.children(group.topicsPath())) {
      Node node = cache.get(Paths.child(group.topicsPath(), topic)).orElse(null);
      String count = node == null ? "" : PartitionGroup.text(node);
      if (count.matches("\\d{1,6}")) {
        for (int i = 0; i < Integer.parseInt(count); i++) {
          all.add(new Partition(topic, i));
        }
      }
    }
    return all;
  }

  /** Writes down who shall have what, unless that is what is written. */
  private void plan() {
    SortedMap<Partition, String> before = assignment();
    SortedMap<Partition, String> wanted =
        PartitionBalance.spread(
            partitions(), new TreeSet<>(cache.children(group.membersPath())), before);
    if (planning || wanted.equals(before)) {
      return;
    }
    planning = true;
    byte[] json = PartitionGroup.writeAssignment(wanted);
    Node there = cache.get(group.assignmentPath()).orElse(null);
    ConclaveClient bound = client.inThisSession();
    CompletableFuture<?> written =
        there == null
            ? bound
                .create(group.assignmentPath(), json, CreateMode.PERSISTENT)
                .thenAccept(outcome -> outcome.orNullIf(Refusal.NODE_EXISTS))
            : bound
                .setData(group.assignmentPath(), json, there.stat().version())
                .thenAccept(
                    outcome -> {
                      if (!outcome.was(Refusal.NO_NODE)) {
                        outcome.orNullIf(Refusal.BAD_VERSION);
                      }
                    });
    written.whenComplete(
        (done, failure) -> {
          planning = false;
          lookAgainAfter(failure);
        });
  }

  /** Success shows as a change; after a failure nothing may ever change. */
  private void lookAgainAfter(@Nullable Throwable failure) {
    if (failure != null) {
      Throwable cause = ConclaveException.causeOf(failure);
      if (!Retry.isWorthIt(cause) && !(cause instanceof SessionEndedException)) {
        LOG.warn("{} is tried again: {}", group.path(), cause.getMessage());
      }
    }
    client.schedule(this::lookSoon, Retry.AFTER);
  }

  private void take(Partition partition) {
    Holding holding = new Holding();
    holdings.put(partition, holding);
    ConclaveClient bound = client.inThisSession();
    bound
        .create(ownerPath(partition), id.getBytes(UTF_8), CreateMode.EPHEMERAL)
        .thenCompose(outcome -> tokenOf(bound, partition, outcome))
        .whenComplete(
            (token, failure) -> {
              if (holdings.get(partition) != holding) {
                return;
              }
              if (token == null || token == 0) {
                holdings.remove(partition);
                lookAgainAfter(failure);
                return;
              }
              holding.token = token;
              holding.phase = Phase.OWNED;
              owned.put(partition, token);
              listener.assigned(partition, token);
              lookSoon();
            });
  }

  /** The token of the owner's znode if it is of this session, even of a lost answer; else 0. */
  private CompletableFuture<Long> tokenOf(
      ConclaveClient bound, Partition partition, Outcome<Created> outcome) {
    if (outcome.was(Refusal.NODE_EXISTS)) {
      return bound
          .exists(ownerPath(partition))
          .thenApply(
              stat ->
                  stat.isPresent() && stat.get().ephemeralOwner() == bound.sessionId()
                      ? stat.get().czxid()
                      : 0L);
    }
    return CompletableFuture.completedFuture(outcome.orThrow().stat().czxid());
  }

  private boolean isOfThisSession(Partition partition) {
    return cache
        .get(ownerPath(partition))
        .filter(node -> node.stat().ephemeralOwner() == membership.sessionId())
        .isPresent();
  }

  private void revoke(Partition partition, Holding holding) {
    holding.phase = Phase.REVOKING;
    CompletableFuture<Void> finished;
    try {
      finished = listener.revoked(partition);
    } catch (RuntimeException e) {
      finished = CompletableFuture.failedFuture(e);
    }
    finished.whenComplete(
        (done, failure) -> {
          if (failure != null) {
            LOG.warn(
                "the listener failed to give {} up; it is given up anyway", partition, failure);
          }
          client.executor().execute(() -> giveUp(partition, holding));
        });
  }

  private void giveUp(Partition partition, Holding holding) {
    if (holdings.get(partition) != holding) {
      return;
    }
    owned.remove(partition);
    client
        .inThisSession()
        .deleteSurely(ownerPath(partition))
        .whenComplete(
            (done, failure) -> {
              holdings.remove(partition, holding);
              lookSoon();
            });
  }

  private String ownerPath(Partition partition) {
    return Paths.child(group.ownersPath(), partition.toString());
  }
}
