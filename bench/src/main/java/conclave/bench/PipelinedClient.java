package conclave.bench;

import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One session of some Java client, asked without waiting. */
interface PipelinedClient extends AutoCloseable {
  /** Makes these znodes, and waits for that; parents come before children. */
  void create(List<String> paths, byte[] data) throws Exception;

  /**
   * Reads a znode.
   *
   * @param done is told on the client's own thread: null, or what went wrong
   */
  void get(String path, Consumer<@Nullable Throwable> done);

  /** Writes a znode, whatever its version. */
  void set(String path, byte[] data, Consumer<@Nullable Throwable> done);
}
