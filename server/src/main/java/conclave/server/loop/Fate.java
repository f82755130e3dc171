package conclave.server.loop;

/**
 * What becomes of the process when it can't go on: a disk that failed, an invariant that broke.
 *
 * <p>Called at most a few times, from any thread, and expected to end the server; the caller does
 * no further work whether it returns or not.
 */
public interface Fate {

  /**
   * @param exitCode of the process, as documented in docs/operating.md
   * @param what happened, in words for the operator
   */
  void stop(int exitCode, String what, Throwable cause);
}
