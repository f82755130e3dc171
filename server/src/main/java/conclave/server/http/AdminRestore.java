package conclave.server.http;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The AdminServer's command {@code restore}: the body is a snapshot, as {@code snapshot} has sent
 * it, and takes the place of all that the server has. Who asks proves the same as for a snapshot.
 *
 * <p>Belongs to the thread that makes the pages.
 */
public final class AdminRestore {
  private static final Logger LOG = LoggerFactory.getLogger(AdminRestore.class);
  private static final String COMMAND = "restore";
  static final List<String> NAMES = List.of(COMMAND, "rest");

  /** What the command needs of the server. */
  public interface Target extends Permission.Judge {
    /** Why this server restores nothing at all, in a sentence; null if it does. */
    @Nullable String refusal();

    /** A snapshot comes; one at a time. */
    Incoming begin() throws IOException;

    /** Counts what went wrong, or came too often. */
    void failed(boolean tooOften);
  }

  /** A snapshot on its way in. */
  public interface Incoming extends AutoCloseable {
    void take(ByteBuffer piece) throws IOException;

    long length();

    /**
     * Puts the snapshot in place of what there is; there must be all of it.
     *
     * @return the zxid of the server from now on
     * @throws RestoreException when nothing was changed; the message says why
     */
    long install() throws RestoreException;

    /** Forgets what was taken. */
    @Override
    void close() throws IOException;
  }

  /** A restore that was not done; everything is as it was. */
  public static final class RestoreException extends Exception {
    private static final long serialVersionUID = 1L;

    public RestoreException(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }

  private final boolean enabled;
  private final long intervalMs;
  private final LongSupplier monotonicMs;
  private final Target target;
  private boolean busy;
  private boolean done;
  private long doneMs;

  /**
   * @param enabled {@code admin.restore.enabled}
   * @param intervalMs {@code admin.rateLimiterIntervalInMS}
   */
  public AdminRestore(boolean enabled, long intervalMs, LongSupplier monotonicMs, Target target) {
    this.enabled = enabled;
    this.intervalMs = intervalMs;
    this.monotonicMs = monotonicMs;
    this.target = target;
  }

  /** Decides whether the body of a request is looked at. */
  Reception receive(Visit visit) {
    Page refusal = Permission.refusal(COMMAND, visit, target);
    if (refusal != null) {
      return refusal;
    }
    if (!enabled) {
      return refused(503, "restore is switched off: admin.restore.enabled=false");
    }
    String why = target.refusal();
    if (why != null) {
      return refused(503, why);
    }
    // Apache counts tries; who has sent the wrong file may send the right one at once here.
    if (busy || done && monotonicMs.getAsLong() - doneMs < intervalMs) {
      target.failed(true);
      return refused(
          429,
          busy
              ? "Another snapshot is being restored"
              : "The last restore was less than " + intervalMs + " ms ago; try again later");
    }
    try {
      Upload upload = new Body(target.begin());
      busy = true;
      return upload;
    } catch (IOException e) {
      return failed("The snapshot can't be taken down", e);
    }
  }

  private Page failed(String what, Exception why) {
    LOG.error("{}; nothing was restored, and everything is as it was", what, why);
    target.failed(false);
    return refused(500, what + ": " + why.getMessage());
  }

  private static Page refused(int status, String why) {
    return AdminSite.answer(status, COMMAND, why);
  }

  private final class Body implements Upload {
    private final Incoming incoming;

    Body(Incoming incoming) {
      this.incoming = incoming;
    }

    @Override
    public void take(ByteBuffer piece) throws IOException {
      incoming.take(piece);
    }

    @Override
    public Page failed(IOException why) {
      return AdminRestore.this.failed("The snapshot can't be taken down", why);
    }

    @Override
    public Page finish() {
      try {
        if (incoming.length() == 0) {
          return refused(400, "Send the snapshot as the body of the request");
        }
        long zxid = incoming.install();
        done = true;
        doneMs = monotonicMs.getAsLong();
        Map<String, @Nullable Object> members = new LinkedHashMap<>();
        members.put("last_zxid", zxid);
        members.put("command", COMMAND);
        members.put("error", null);
        return new Page(200, AdminSite.JSON, Json.of(members));
      } catch (RestoreException e) {
        return AdminRestore.this.failed("The snapshot can't be restored", e);
      } finally {
        abandon();
      }
    }

    @Override
    public void abandon() {
      busy = false;
      try {
        incoming.close();
      } catch (IOException e) {
        LOG.warn("What was taken of a snapshot can't be removed; the next start does it", e);
      }
    }
  }
}
