package conclave.cli.common;

import java.io.PrintStream;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * A bar for work that takes long: it appears when there has been work for two seconds, and is
 * painted a few times a second, on a line of its own that {@link #clear} gives free again.
 *
 * <p>Not thread-safe.
 */
public final class Progress {
  private static final long APPEARS_AFTER_NANOS = TimeUnit.SECONDS.toNanos(2);
  private static final long BETWEEN_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
  private static final int WIDTH = 30;

  /** Back to the line's start, and everything behind it gone. */
  private static final String CLEAR = "\r\u001b[K";

  private final PrintStream out;
  private final boolean on;
  private final LongSupplier nanoTime;
  private final long beganNanos;
  private long paintedNanos;
  private boolean painted;

  private Progress(PrintStream out, boolean on, LongSupplier nanoTime) {
    this.out = out;
    this.on = on;
    this.nanoTime = nanoTime;
    this.beganNanos = nanoTime.getAsLong();
    this.paintedNanos = beganNanos - BETWEEN_NANOS;
  }

  /** On the terminal, by way of standard error, so that what is piped elsewhere stays clean. */
  public static Progress onTerminal() {
    return new Progress(System.err, Tty.isInteractive(), System::nanoTime);
  }

  /** One that never shows. */
  public static Progress none() {
    return new Progress(System.err, false, System::nanoTime);
  }

  public static Progress on(PrintStream out, LongSupplier nanoTime) {
    return new Progress(out, true, nanoTime);
  }

  /**
   * Says how far the work is.
   *
   * @param all at least 1; more than that may be done, where nobody could know before
   * @param text what stands behind the bar
   */
  public void show(long done, long all, String text) {
    if (!on) {
      return;
    }
    long now = nanoTime.getAsLong();
    if (now - beganNanos < APPEARS_AFTER_NANOS || now - paintedNanos < BETWEEN_NANOS) {
      return;
    }
    paintedNanos = now;
    painted = true;
    out.print(CLEAR + bar(done, all) + " " + text);
    out.flush();
  }

  /** The same for bytes. */
  public void showBytes(long done, long all, String text) {
    show(
        done,
        all,
        String.format(
            Locale.ROOT,
            "%d%% of %s  %s",
            Math.min(100, 100 * done / Math.max(1, all)),
            Sizes.text(all),
            text));
  }

  static String bar(long done, long all) {
    int filled = (int) Math.min(WIDTH, WIDTH * Math.max(0, done) / Math.max(1, all));
    return "[" + "#".repeat(filled) + ".".repeat(WIDTH - filled) + "]";
  }

  /** Takes the bar away, before something else is printed. */
  public void clear() {
    if (painted) {
      out.print(CLEAR);
      out.flush();
      painted = false;
    }
  }
}
