package conclave.recipes;

import conclave.client.Cache;
import conclave.client.ConclaveClient;
import conclave.client.Node;
import conclave.client.Registration;
import conclave.protocol.Paths;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A group of processes that know each other: who is in, with what data, and news of it.
 *
 * <pre>{@code
 * Group group = new Group(client, "/members").start().join();
 * group.onChange(event -> System.out.println(event));
 * Membership mine = group.join("host-1", "10.0.0.1:80".getBytes(UTF_8)).join();
 * System.out.println(group.members().keySet());
 * }</pre>
 *
 * <p><b>When sessions are lost:</b> a member is in the group for as long as its session lives at
 * the servers, so a member that died is out after its session timeout, and no sooner. One that
 * lives on joins again by itself in its next session, and the others are told of both. What {@link
 * #members} shows lags behind the server by a message, and while the connection is lost it is what
 * was known last: a member that must not be two at once needs a lock, not a group.
 *
 * <p>The layout is that of Curator's GroupMember: an ephemeral znode for each member below the
 * group's, named by the member's id, with its data.
 *
 * <p>Thread-safe. Listeners run on the client's thread.
 */
public final class Group implements AutoCloseable {

  /**
   * Somebody who is in the group.
   *
   * @param sessionId the session that the membership is bound to
   * @param token the transaction by which it joined: whoever joined later has a greater one
   * @param sinceMs when it joined, by the server's clock
   */
  public record Member(String id, byte[] data, long sessionId, long token, long sinceMs) {
    @Override
    public String toString() {
      return id;
    }
  }

  /** What has happened in the group. */
  public sealed interface Event {
    Member member();
  }

  public record Joined(Member member) implements Event {}

  public record Left(Member member) implements Event {}

  /** A member says something else now. */
  public record DataChanged(Member before, Member member) implements Event {}

  private final ConclaveClient client;
  private final String path;
  private final Cache cache;
  private final List<Consumer<Event>> listeners = new CopyOnWriteArrayList<>();

  /**
   * @param path the group's znode, made with the first member
   */
  public Group(ConclaveClient client, String path) {
    this.client = client;
    this.path = path;
    this.cache = client.cache(path, Cache.Depth.CHILDREN);
    cache.onChange(this::changed);
  }

  /** Begins to follow the group; completes when its members are known. */
  public CompletableFuture<Group> start() {
    return cache.start().thenApply(loaded -> this);
  }

  /**
   * Joins, and stays in through lost sessions until it is told to leave. Completes when the server
   * knows. While another session holds a member of that id, it waits for that one to go.
   *
   * @param id how others know this member; no slashes
   */
  public CompletableFuture<Membership> join(String id, byte[] data) {
    Membership membership = new Membership(client, childOf(path, id), data, () -> {});
    return membership.start();
  }

  /** Everybody who is in, by id: a copy. */
  public NavigableMap<String, Member> members() {
    NavigableMap<String, Member> members = new TreeMap<>();
    cache
        .nodes()
        .forEach(
            (at, node) -> {
              if (!at.equals(path)) {
                Member member = memberOf(at, node);
                members.put(member.id(), member);
              }
            });
    return Collections.unmodifiableNavigableMap(members);
  }

  public Optional<Member> member(String id) {
    return Optional.ofNullable(members().get(id));
  }

  /** Who has been in for the longest time; all who see the same members agree on it. */
  public Optional<Member> eldest() {
    return members().values().stream().min(Comparator.comparingLong(Member::token));
  }

  /** Is told who is in now, as if they joined at this moment, and then of every change. */
  public Registration onChange(Consumer<Event> listener) {
    client
        .executor()
        .execute(
            () -> {
              members().values().forEach(member -> listener.accept(new Joined(member)));
              listeners.add(listener);
            });
    return () -> listeners.remove(listener);
  }

  /** Completes when the members are as wanted, at once when they are. */
  public CompletableFuture<Void> when(Predicate<NavigableMap<String, Member>> wanted) {
    CompletableFuture<Void> met = new CompletableFuture<>();
    Registration registration =
        onChange(
            event -> {
              if (!met.isDone() && wanted.test(members())) {
                met.complete(null);
              }
            });
    // Nobody may ever join a group whose wanted state is that of now.
    client
        .executor()
        .execute(
            () -> {
              if (wanted.test(members())) {
                met.complete(null);
              }
            });
    met.whenComplete((done, failure) -> registration.close());
    return met;
  }

  /** Stops following the group; memberships stay. */
  @Override
  public void close() {
    cache.close();
  }

  private void changed(Cache.Change change) {
    if (change.path().equals(path)) {
      return;
    }
    for (Event event : eventsOf(change.path(), change.before(), change.now())) {
      for (Consumer<Event> listener : new ArrayList<>(listeners)) {
        listener.accept(event);
      }
    }
  }

  /** A member that left and joined again between two looks has done both. */
  private static List<Event> eventsOf(String at, @Nullable Node before, @Nullable Node now) {
    if (before == null || now == null) {
      List<Event> one = new ArrayList<>();
      if (before != null) {
        one.add(new Left(memberOf(at, before)));
      }
      if (now != null) {
        one.add(new Joined(memberOf(at, now)));
      }
      return one;
    }
    if (before.stat().czxid() == now.stat().czxid()) {
      return List.of(new DataChanged(memberOf(at, before), memberOf(at, now)));
    }
    return List.of(new Left(memberOf(at, before)), new Joined(memberOf(at, now)));
  }

  private static Member memberOf(String at, Node node) {
    byte[] data = node.data();
    return new Member(
        Paths.name(at),
        data == null ? new byte[0] : data,
        node.stat().ephemeralOwner(),
        node.stat().czxid(),
        node.stat().ctimeMs());
  }

  static String childOf(String parent, String id) {
    String child = Paths.child(parent, id);
    String problem = id.indexOf('/') >= 0 ? "no slashes" : Paths.problem(child);
    if (problem != null) {
      throw new IllegalArgumentException("\"" + id + "\" can't name a znode: " + problem);
    }
    return child;
  }
}
