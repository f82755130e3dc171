package conclave.client;

import java.util.Random;
import java.util.UUID;

/**
 * Time and chance, as a client and what is built on it see them. They are the machine's, but where
 * a test invents a world of its own and wants the same run again: so whoever builds on a client
 * asks {@link ConclaveClient#runtime} and not the machine. Thread-safe.
 */
public interface ClientRuntime {
  /** As {@link System#nanoTime}. */
  long nanoTime();

  /** As {@link System#currentTimeMillis}. */
  long currentTimeMs();

  /** For pauses and for who comes first; not for secrets. */
  Random random();

  /** A name that nobody else has. */
  UUID newUuid();
}
