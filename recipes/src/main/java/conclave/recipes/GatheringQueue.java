package conclave.recipes;

import static java.nio.charset.StandardCharsets.UTF_8;

import conclave.client.ConclaveClient;
import conclave.client.ConclaveException;
import conclave.client.Node;
import conclave.client.Refusal;
import conclave.client.SessionEndedException;
import conclave.client.Transaction;
import conclave.client.TransactionOutcome;
import conclave.protocol.CreateMode;
import conclave.protocol.Paths;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A queue that starts when its members are complete: everybody who joins waits until there are as
 * many as are needed, and then all are told the same members in the same order.
 *
 * <pre>{@code
 * GatheringQueue game = new GatheringQueue(client, "/games/17", 2);
 * CompletableFuture<GatheringQueue.Start> alice = game.join("alice".getBytes(UTF_8));
 * CompletableFuture<GatheringQueue.Start> bob = game.join("bob".getBytes(UTF_8));
 * GatheringQueue.Start start = alice.join(); // when bob is there too
 * start.members().forEach(member -> System.out.println(new String(member, UTF_8)));
 * System.out.println("I am number " + start.position());
 * }</pre>
 *
 * <p><b>Guarantee.</b> A queue starts at most once, with exactly as many members as it needs, the
 * first ones of those that were there in that moment; everybody is told the same. Who loses its
 * session before the start joins anew by itself, behind those that are there then; who loses it
 * after the start is told of it nevertheless. So a future of {@link #join} completes with the start
 * or fails because the client is closed, and then a start may count on it until the server knows
 * that. Who comes too late is told so by a {@linkplain Start#position position} of &minus;1.
 *
 * <p><b>Layout.</b> As the classic notes on ZooKeeper's recipes describe it: an ephemeral znode for
 * each that has joined, {@code member-} and a random name, and {@code start} when they are
 * complete, whose data is the members' names, a line for each. {@code start} is made in one step
 * with a check that every member it names is still there. The members' own data is copied below
 * {@code start}, so that it outlives them.
 *
 * <p>Thread-safe. Futures complete on the client's thread.
 */
public final class GatheringQueue {
  private static final String MEMBER = "member-";

  private final ConclaveClient client;
  private final String path;
  private final String startPath;
  private final int size;

  /**
   * Prepares a queue, which is good for one start.
   *
   * @param size how many members it needs
   */
  public GatheringQueue(ConclaveClient client, String path, int size) {
    if (size < 1) {
      throw new IllegalArgumentException("size=" + size + ", but 1 is the least");
    }
    this.client = client;
    this.path = path;
    this.startPath = Paths.child(path, "start");
    this.size = size;
  }

  /**
   * The queue has started.
   *
   * @param members what each member has brought, in their order
   * @param position which of them the caller is, from 0; &minus;1 when it came too late
   */
  public record Start(List<byte[]> members, int position) {
    public Start {
      members = List.copyOf(members);
    }
  }

  /** Joins, and waits for the start; not to be taken back, but by closing the client. */
  public CompletableFuture<Start> join(byte[] data) {
    return new Joining(MEMBER + client.runtime().newUuid(), data).run();
  }

  /** One that joins, under a name that it keeps from session to session. */
  private final class Joining {
    private final String mine;
    private final byte[] data;

    Joining(String mine, byte[] data) {
      this.mine = mine;
      this.data = data;
    }

    CompletableFuture<Start> run() {
      ConclaveClient bound = client.inThisSession();
      return enter(bound)
          .thenCompose(entered -> attend(bound))
          .handle((start, failure) -> settle(start, failure))
          .thenCompose(next -> next);
    }

    private CompletableFuture<Void> enter(ConclaveClient bound) {
      String path = Paths.child(GatheringQueue.this.path, mine);
      return Trouble.untilAnswered(bound, () -> bound.create(path, data, CreateMode.EPHEMERAL))
          .thenCompose(
              outcome -> {
                if (outcome.was(Refusal.NO_NODE)) {
                  return Trouble.untilAnswered(
                          bound, () -> bound.ensurePath(GatheringQueue.this.path))
                      .thenCompose(made -> enter(bound));
                }
                return outcome.orNullIf(Refusal.NODE_EXISTS) == null
                    ? takeOver(bound, path)
                    : CompletableFuture.<Void>completedFuture(null);
              });
    }

    /** The znode is this session's own, or of the one that was lost and is not over yet. */
    private CompletableFuture<Void> takeOver(ConclaveClient bound, String path) {
      return Trouble.untilAnswered(bound, () -> bound.exists(path))
          .thenCompose(
              stat -> {
                if (stat.isPresent() && stat.get().ephemeralOwner() == bound.sessionId()) {
                  return CompletableFuture.<Void>completedFuture(null);
                }
                return Trouble.untilAnswered(
                        bound, () -> bound.delete(path, ConclaveClient.ANY_VERSION))
                    .thenCompose(gone -> enter(bound));
              });
    }

    /** Starts the queue if this member completes it, or waits for the start. */
    private CompletableFuture<Start> attend(ConclaveClient bound) {
      return Trouble.untilAnswered(bound, () -> bound.getChildren(path))
          .thenCompose(
              outcome -> {
                List<String> names =
                    outcome.orThrow().names().stream()
                        .filter(name -> name.startsWith(MEMBER))
                        .toList();
                // Whoever joins last sees all, so it is enough that each one looks once.
                return names.size() < size ? waitForStart(bound) : start(bound, names);
              });
    }

    private CompletableFuture<Start> start(ConclaveClient bound, List<String> names) {
      Map<String, Node> members = new ConcurrentHashMap<>();
      List<CompletableFuture<Void>> reads = new ArrayList<>();
      for (String name : names) {
        String member = Paths.child(path, name);
        reads.add(
            Trouble.untilAnswered(bound, () -> bound.getData(member))
                .thenAccept(found -> found.value().ifPresent(node -> members.put(name, node))));
      }
      return CompletableFuture.allOf(reads.toArray(CompletableFuture<?>[]::new))
          .thenCompose(all -> members.size() < size ? attend(bound) : start(bound, members));
    }

    private CompletableFuture<Start> start(ConclaveClient bound, Map<String, Node> members) {
      List<String> names =
          members.entrySet().stream()
              .sorted(Comparator.comparing(entry -> entry.getValue().stat().czxid()))
              .limit(size)
              .map(Map.Entry::getKey)
              .toList();
      Transaction transaction = bound.transaction();
      for (String name : names) {
        transaction.check(Paths.child(path, name), ConclaveClient.ANY_VERSION);
      }
      transaction.create(
          startPath, String.join("\n", names).getBytes(UTF_8), CreateMode.PERSISTENT);
      for (String name : names) {
        Node member = Objects.requireNonNull(members.get(name));
        transaction.create(Paths.child(startPath, name), member.data(), CreateMode.PERSISTENT);
      }
      return transaction
          .commit()
          .handle(
              (outcome, failure) -> {
                boolean memberLeft =
                    outcome instanceof TransactionOutcome.RolledBack refused
                        && refused.because(Refusal.NO_NODE);
                boolean unsure =
                    outcome == null && Trouble.isPassing(ConclaveException.causeOf(failure));
                if (memberLeft || unsure) {
                  // A start that was made all the same is found by the next attempt.
                  return attend(bound);
                }
                return outcome != null
                    ? waitForStart(bound)
                    : CompletableFuture.<Start>failedFuture(ConclaveException.causeOf(failure));
              })
          .thenCompose(next -> next);
    }

    private CompletableFuture<Start> waitForStart(ConclaveClient bound) {
      return Trouble.untilAnswered(bound, () -> bound.existsAndWatch(startPath))
          .thenCompose(
              watched -> {
                if (watched.value().isEmpty()) {
                  return watched.event().thenCompose(event -> waitForStart(bound));
                }
                watched.event().cancel(false);
                return readStart(bound, mine).thenApply(Optional::orElseThrow);
              });
    }

    private CompletableFuture<Start> settle(@Nullable Start start, @Nullable Throwable failure) {
      if (start != null) {
        return start.position() >= 0
            ? CompletableFuture.completedFuture(start)
            : withdraw().thenApply(gone -> start);
      }
      Throwable cause = ConclaveException.causeOf(failure);
      if (!(cause instanceof SessionEndedException)) {
        return CompletableFuture.failedFuture(cause);
      }
      // A start may have counted on the session that is lost. When there is no other, this fails.
      return readStart(client, mine)
          .thenCompose(
              found ->
                  found.isPresent() && found.get().position() >= 0
                      ? CompletableFuture.completedFuture(found.get())
                      : run());
    }

    private CompletableFuture<Void> withdraw() {
      return Trouble.untilAnswered(
              client, () -> client.delete(Paths.child(path, mine), ConclaveClient.ANY_VERSION))
          .thenAccept(outcome -> outcome.orNullIf(Refusal.NO_NODE));
    }
  }

  private CompletableFuture<Optional<Start>> readStart(ConclaveClient reader, String mine) {
    return Trouble.untilAnswered(reader, () -> reader.getData(startPath))
        .thenCompose(
            outcome -> {
              Node node = outcome.orNullIf(Refusal.NO_NODE);
              if (node == null) {
                return CompletableFuture.completedFuture(Optional.<Start>empty());
              }
              byte[] text = node.data();
              List<String> names =
                  text == null ? List.of() : List.of(new String(text, UTF_8).split("\n"));
              return readMembers(reader, names)
                  .thenApply(members -> Optional.of(new Start(members, names.indexOf(mine))));
            });
  }

  private CompletableFuture<List<byte[]>> readMembers(ConclaveClient reader, List<String> names) {
    List<CompletableFuture<byte[]>> reads = new ArrayList<>();
    for (String name : names) {
      String member = Paths.child(startPath, name);
      reads.add(
          Trouble.untilAnswered(reader, () -> reader.getData(member))
              .thenApply(outcome -> bytes(outcome.orThrow().data())));
    }
    return CompletableFuture.allOf(reads.toArray(CompletableFuture<?>[]::new))
        .thenApply(all -> reads.stream().map(CompletableFuture::join).toList());
  }

  private static byte[] bytes(byte @Nullable [] data) {
    return data == null ? new byte[0] : data;
  }
}
