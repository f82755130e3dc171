package conclave.recipes;

import conclave.client.ConclaveClient;
import conclave.client.ConclaveException;
import conclave.protocol.Acl;
import conclave.protocol.CreateMode;
import conclave.protocol.Paths;
import conclave.recipes.ContenderQueue.Verdict;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A lock that many readers have together, or one writer alone, in the order in which they asked: a
 * reader waits for the writers that were there before it, a writer for everybody. Curator's {@code
 * InterProcessReadWriteLock} can contend for the same one.
 *
 * <pre>{@code
 * ReadWriteLock lock = new ReadWriteLock(client, "/locks/catalogue");
 * try (Held reading = lock.read().lock()) {
 *   show(catalogue);
 * }
 * try (Held writing = lock.write().lock()) {
 *   catalogue.write(entry, writing.token());
 * }
 * }</pre>
 *
 * <p><b>Guarantee.</b> That of {@link Lock}, for writers against all others.
 *
 * <p><b>Fencing token.</b> A writer's is greater than those of all readers and writers that held
 * the lock before; a reader's is greater than those of all writers before. Readers who hold it
 * together may come in any order: so what is read should remember the greatest token of a writer
 * and refuse smaller ones.
 *
 * <p>Each waits with a watch on one other only: a reader on the last writer before it, a writer on
 * whoever is just before. Not reentrant, and a reader can't become a writer; a writer can become a
 * reader by {@link #downgrade}. Thread-safe.
 */
public final class ReadWriteLock {
  private static final String READ = "__READ__";
  private static final String WRITE = "__WRIT__";
  private static final List<String> BOTH = List.of(READ, WRITE);

  private final ConclaveClient client;
  private final ContenderQueue readers;
  private final Lock read;
  private final Lock write;

  public ReadWriteLock(ConclaveClient client, String path) {
    this(client, path, null);
  }

  /**
   * The same.
   *
   * @param data what the znodes of this client hold; others can read there who has the lock
   */
  public ReadWriteLock(ConclaveClient client, String path, byte @Nullable [] data) {
    this.client = client;
    this.readers = new ContenderQueue(path, READ, BOTH, ReadWriteLock::afterWriters, data);
    this.read = new Lock(client, readers);
    this.write =
        new Lock(
            client, new ContenderQueue(path, WRITE, BOTH, ContenderQueue.Rule.ONE_AT_A_TIME, data));
  }

  private static Verdict afterWriters(List<String> contenders, int own) {
    String mine = contenders.get(own);
    for (int i = own - 1; i >= 0; i--) {
      String other = contenders.get(i);
      if (other.contains(WRITE) && !number(other).equals(number(mine))) {
        return new Verdict.Behind(other);
      }
    }
    return Verdict.GO;
  }

  private static String number(String contender) {
    return contender.substring(contender.lastIndexOf("__") + 2);
  }

  /** The side of those who read. */
  public Lock read() {
    return read;
  }

  /** The side of those who write. */
  public Lock write() {
    return write;
  }

  /**
   * Makes a reader of a writer, which lets the readers behind it in and no writer between. The
   * future fails, and nothing is held any more, when the write lock is lost before.
   *
   * @param writing what {@link #write} gave; it is released
   */
  public CompletableFuture<Held> downgrade(Held writing) {
    if (!(writing instanceof Place writer)
        || !writer.isIn(readers.path())
        || !writer.znode().contains(WRITE)) {
      throw new IllegalArgumentException("not held by this lock's writing side: " + writing);
    }
    String number = number(writer.znode());
    ConclaveClient itsSession = writer.client();
    CompletableFuture<Held> result = new CompletableFuture<>();
    Runnable begin =
        () -> {
          // The writer's own number, as Curator's: readers with it are before all who wait.
          var creation =
              itsSession
                  .createGuarded(
                      Paths.child(readers.path(), READ + number),
                      readers.data(),
                      CreateMode.EPHEMERAL,
                      Acl.OPEN)
                  .thenApply(outcome -> outcome.orThrow());
          new Place(itsSession, readers, true)
              .enter(creation)
              .granted()
              .whenComplete(
                  (reading, failure) -> {
                    boolean lost = writer.isGone();
                    writer.release();
                    if (reading != null && !lost) {
                      result.complete(reading);
                    } else {
                      if (reading != null) {
                        reading.release();
                      }
                      result.completeExceptionally(
                          failure == null
                              ? new IllegalStateException("the write lock is lost")
                              : ConclaveException.causeOf(failure));
                    }
                  });
        };
    client.executor().execute(begin);
    return result;
  }
}
