package conclave.recipes;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/**
 * Something that is held by an ephemeral znode: a lock, a lease, the leadership.
 *
 * <p>It is held from the moment that it was granted until it is released, and for no longer than
 * the session lives in which it was granted. How that shows:
 *
 * <ul>
 *   <li>CONNECTED: {@link #isHeld} is true, and {@link #certainFor} says how far that can be relied
 *       on while nothing more is heard.
 *   <li>SUSPENDED, which is also told by {@link conclave.client.ConclaveClient#onSession}: {@link
 *       #isHeld} is false, since nothing can be known; work had better pause. It is true again when
 *       the same session is connected again. Nobody else is let in before {@link #certainFor} has
 *       come to zero.
 *   <li>LOST: {@link #isHeld} is false for good, and {@link #lost} completes. The client judges
 *       this by its own clock, so that it comes, as long as clocks run at the same speed, not later
 *       than somebody else is let in; connected or not.
 * </ul>
 *
 * <p>A process that stands still between asking and acting (a long collection of garbage, SIGSTOP)
 * can learn of all this too late. Against that helps only the {@link #token}, checked by what the
 * lock protects: it refuses whoever comes with a smaller one than it has seen.
 *
 * <p>Thread-safe. Made for try-with-resources.
 */
public interface Held extends AutoCloseable {
  /**
   * The fencing token: the transaction number of the creation of the znode. Each later holder's is
   * greater.
   */
  long token();

  /** Whether it is held now, as far as anybody on this side of the network can know. */
  boolean isHeld();

  /**
   * For how long from now it is held for certain by this machine's clock, unless somebody deletes
   * the znode; zero when it isn't.
   */
  Duration certainFor();

  /**
   * Completes when it is lost without having been released, on the client's thread. Never completes
   * after a release.
   */
  CompletableFuture<Loss> lost();

  /**
   * Gives it back. Completes when the znode is certain to be gone: deleted, however often the
   * connection is lost meanwhile, or together with its session. Doing it again does nothing.
   */
  CompletableFuture<Void> release();

  /**
   * Gives it back and waits until that is done, which without a connection may take until the
   * session has ended. On the client's own thread it does not wait.
   */
  @Override
  void close();
}
