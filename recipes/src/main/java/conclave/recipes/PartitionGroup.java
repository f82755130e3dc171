package conclave.recipes;

import static java.nio.charset.StandardCharsets.UTF_8;

import conclave.client.Children;
import conclave.client.ConclaveClient;
import conclave.client.Node;
import conclave.client.Refusal;
import conclave.protocol.CreateMode;
import conclave.protocol.Paths;
import conclave.recipes.json.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Consumers that share topics' partitions among themselves: each partition is worked on by exactly
 * one of them, and when consumers come or go the partitions are spread anew, moving as few as
 * possible. With more consumers than partitions, some are idle.
 *
 * <pre>{@code
 * PartitionGroup group = new PartitionGroup(client, "/consumers/billing");
 * group.declareTopic("orders", 8).join();
 * PartitionConsumer consumer = group.join("host-1", listener).join();
 * System.out.println(consumer.owned().keySet());
 * }</pre>
 *
 * <p><b>When sessions are lost:</b> a partition has an owner only while there is an ephemeral znode
 * that says so, and the next owner is told only after it has made its own. A consumer that lost its
 * session is told so no later than the servers can have given the session up, by its machine's
 * clock. One that was frozen meanwhile can't be told in time: what it writes has to carry the token
 * of its ownership, which is greater with every owner, and whatever it writes to has to refuse
 * tokens smaller than the greatest seen. Nobody works on a partition from the death of its owner
 * until its session has expired.
 *
 * <p>The eldest consumer decides who shall have what and writes it down; the others follow what is
 * written. Two who believe to be the eldest can't harm: they overwrite each other's plan, and only
 * ownership counts.
 *
 * <p>Layout: {@code members/ID}, ephemeral; {@code topics/NAME} with the number of partitions;
 * {@code assignment}, JSON, the plan; {@code owners/TOPIC-NUMBER}, ephemeral, with the owner's id.
 *
 * <p>Thread-safe.
 */
public final class PartitionGroup {
  private static final String MEMBERS = "members";
  private static final String TOPICS = "topics";
  private static final String ASSIGNMENT = "assignment";
  private static final String OWNERS = "owners";

  /**
   * Who has a partition.
   *
   * @param token greater than that of any owner before
   */
  public record Owner(String id, long token) {}

  private final ConclaveClient client;
  private final String path;

  /**
   * @param path the group's znode, made when needed
   */
  public PartitionGroup(ConclaveClient client, String path) {
    this.client = client;
    this.path = path;
  }

  /** Says how many partitions a topic has, be it new or known. */
  public CompletableFuture<Void> declareTopic(String topic, int partitions) {
    Partition last = new Partition(topic, partitions - 1);
    byte[] count = Integer.toString(last.number() + 1).getBytes(UTF_8);
    String at = Paths.child(topicsPath(), topic);
    return client
        .setData(at, count, ConclaveClient.ANY_VERSION)
        .thenCompose(
            outcome -> {
              if (outcome.orNullIf(Refusal.NO_NODE) != null) {
                return CompletableFuture.<Void>completedFuture(null);
              }
              return client
                  .ensurePath(topicsPath())
                  .thenCompose(made -> client.create(at, count, CreateMode.PERSISTENT))
                  .thenCompose(
                      made ->
                          made.orNullIf(Refusal.NODE_EXISTS) == null
                              ? declareTopic(topic, partitions)
                              : CompletableFuture.<Void>completedFuture(null));
            });
  }

  /** Nobody is to work on this topic any more. */
  public CompletableFuture<Void> removeTopic(String topic) {
    return client
        .delete(Paths.child(topicsPath(), topic), ConclaveClient.ANY_VERSION)
        .thenAccept(outcome -> outcome.orNullIf(Refusal.NO_NODE));
  }

  /**
   * Takes part, until the consumer is closed. Completes when it is a member; partitions come to the
   * listener.
   *
   * @param id tells it from the other members; no slashes
   */
  public CompletableFuture<PartitionConsumer> join(String id, PartitionConsumer.Listener listener) {
    return new PartitionConsumer(client, this, id, listener).start();
  }

  /** Who owns what at present; what is on its way from one to another is not in it. */
  public CompletableFuture<SortedMap<Partition, Owner>> owners() {
    return client
        .getChildren(ownersPath())
        .thenCompose(
            outcome -> {
              Children children = outcome.orNullIf(Refusal.NO_NODE);
              return readOwners(children == null ? List.of() : children.names());
            });
  }

  private CompletableFuture<SortedMap<Partition, Owner>> readOwners(List<String> names) {
    SortedMap<Partition, Owner> owners = new TreeMap<>();
    List<CompletableFuture<Void>> reads = new ArrayList<>();
    for (String name : names) {
      reads.add(
          client
              .getData(Paths.child(ownersPath(), name))
              .thenAccept(
                  found -> {
                    Node node = found.orNullIf(Refusal.NO_NODE);
                    if (node != null) {
                      synchronized (owners) {
                        owners.put(
                            Partition.parse(name), new Owner(text(node), node.stat().czxid()));
                      }
                    }
                  }));
    }
    return CompletableFuture.allOf(reads.toArray(CompletableFuture<?>[]::new))
        .thenApply(done -> owners);
  }

  String path() {
    return path;
  }

  String membersPath() {
    return Paths.child(path, MEMBERS);
  }

  String topicsPath() {
    return Paths.child(path, TOPICS);
  }

  String assignmentPath() {
    return Paths.child(path, ASSIGNMENT);
  }

  String ownersPath() {
    return Paths.child(path, OWNERS);
  }

  static String text(Node node) {
    byte[] data = node.data();
    return data == null ? "" : new String(data, UTF_8);
  }

  /** {@code {"orders":["host-1","host-2"]}}: the owner of each partition, by its number. */
  static byte[] writeAssignment(SortedMap<Partition, String> assignment) {
    Map<String, List<@Nullable String>> topics = new LinkedHashMap<>();
    assignment.forEach(
        (partition, member) -> {
          List<@Nullable String> owners =
              topics.computeIfAbsent(partition.topic(), topic -> new ArrayList<>());
          while (owners.size() < partition.number()) {
            owners.add(null);
          }
          owners.add(member);
        });
    return Json.line(topics).getBytes(UTF_8);
  }

  static SortedMap<Partition, String> readAssignment(String json) {
    SortedMap<Partition, String> assignment = new TreeMap<>();
    Json.parseObject(json)
        .forEach(
            (topic, owners) -> {
              if (owners instanceof List<?> list) {
                for (int i = 0; i < list.size(); i++) {
                  if (list.get(i) instanceof String member) {
                    assignment.put(new Partition(topic, i), member);
                  }
                }
              }
            });
    return assignment;
  }
}
