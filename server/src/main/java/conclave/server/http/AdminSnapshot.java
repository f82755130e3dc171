package conclave.server.http;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The AdminServer's command {@code snapshot}: writes a snapshot and, unless it is asked not to,
 * sends the file. Whoever asks proves to be somebody with permissions on the root znode, by the
 * header {@code Authorization: digest user:password}; and it is done so often and not more often.
 *
 * <p>Belongs to the thread that makes the pages.
 */
public final class AdminSnapshot {
  private static final Logger LOG = LoggerFactory.getLogger(AdminSnapshot.class);
  private static final String COMMAND = "snapshot";
  static final List<String> NAMES = List.of(COMMAND, "snap");

  /** What the command needs of the server. */
  public interface Source extends Permission.Judge {
    /** Takes a snapshot; fails when one is being taken. */
    CompletableFuture<Path> take();

    /** The zxid of a snapshot that {@link #take} has made. */
    long zxidOf(Path snapshot);

    /** Counts what went wrong, or came too often. */
    void failed(boolean tooOften);
  }

  private final boolean enabled;
  private final long intervalMs;
  private final LongSupplier monotonicMs;
  private final Source source;
  private boolean taken;
  private long takenMs;

  /**
   * @param enabled {@code admin.snapshot.enabled}
   * @param intervalMs {@code admin.rateLimiterIntervalInMS}. Apache takes the milliseconds for
   *     microseconds and so lets three hundred times as many through as its manual says; here it is
   *     as the manual says.
   */
  public AdminSnapshot(boolean enabled, long intervalMs, LongSupplier monotonicMs, Source source) {
    this.enabled = enabled;
    this.intervalMs = intervalMs;
    this.monotonicMs = monotonicMs;
    this.source = source;
  }

  Page show(Visit visit) {
    if (!enabled) {
      return refused(503, "snapshot is switched off: admin.snapshot.enabled=false");
    }
    Page refusal = Permission.refusal(COMMAND, visit, source);
    if (refusal != null) {
      return refusal;
    }
    long nowMs = monotonicMs.getAsLong();
    if (taken && nowMs - takenMs < intervalMs) {
      source.failed(true);
      return refused(
          429, "The last snapshot was less than " + intervalMs + " ms ago; try again later");
    }
    taken = true;
    takenMs = nowMs;
    return take(!"false".equalsIgnoreCase(visit.parameters().get("streaming")));
  }

  private Page take(boolean streaming) {
    try {
      Path file = source.take().join();
      FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
      Map<String, String> headers =
          Map.of(
              "last_zxid",
              "0x" + Long.toHexString(source.zxidOf(file)),
              "snapshot_size",
              Long.toString(channel.size()));
      if (streaming) {
        return Page.file(channel, headers);
      }
      channel.close();
      return AdminSite.answer(200, COMMAND, null).withHeaders(headers);
    } catch (CompletionException | CancellationException | IOException e) {
      LOG.error("The snapshot that an operator asked for could not be taken", e);
      source.failed(false);
      Throwable cause = e instanceof CompletionException && e.getCause() != null ? e.getCause() : e;
      return refused(500, "The snapshot could not be taken: " + cause.getMessage());
    }
  }

  private static Page refused(int status, String why) {
    return AdminSite.answer(status, COMMAND, why);
  }
}
