package conclave.recipes;

import java.util.concurrent.CompletableFuture;

/** One attempt to be let in somewhere, in one session. Belongs to the client's thread. */
interface Attempt {
  /** What one attempt comes to nothing for, where another may do better. */
  enum Setback {
    /** Somebody has deleted the contender's znode. */
    ZNODE_DELETED,
    /** It would have to wait, and was told not to. */
    WOULD_WAIT
  }

  /** Carries a {@link Setback}; never seen by users. */
  final class SetbackException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final Setback setback;

    SetbackException(Setback setback) {
      super(setback.name(), null, false, false);
      this.setback = setback;
    }

    Setback setback() {
      return setback;
    }
  }

  /**
   * Completes when let in. Fails with a {@link conclave.client.SessionEndedException} when the
   * session ends first, with a {@link SetbackException}, or with what the server refused.
   */
  CompletableFuture<Held> granted();

  /** Gives up, whatever it has come to; completes when no znode of it is left. */
  CompletableFuture<Void> leave();
}
