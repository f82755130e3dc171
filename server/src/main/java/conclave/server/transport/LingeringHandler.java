package conclave.server.transport;

import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoRegistration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Has an event loop's thread look for more for a moment before it sleeps, when a client was
 * answered that may ask for the next thing at once. To wake a thread on a core that has fallen
 * asleep costs the client more than the whole answer.
 *
 * <p>A moment in which nothing comes is a moment of a core wasted. So after one of these it does
 * not do it the next time, after two in a row not for three times, and so on up to {@value
 * #MOST_SKIPS}; as soon as it was worth it, it does it always.
 *
 * <p>Belongs to the event loop's thread.
 */
final class LingeringHandler implements IoHandler {
  /** About as long as a client's thread takes to wake up and to send its next request. */
  static final long LINGER_NANOS = TimeUnit.MICROSECONDS.toNanos(50);

  static final int MOST_SKIPS = 127;

  private final IoHandler handler;
  private final LongSupplier nanos;
  private boolean lingering;
  private long untilNanos;

  /** How many times it will not be done, and how many that were the last time. */
  private int skips;

  private int lastSkips;

  /** For the one that the loop gives each time. */
  private @Nullable Context context;

  LingeringHandler(IoHandler handler, LongSupplier nanos) {
    this.handler = handler;
    this.nanos = nanos;
  }

  /** The next wait begins with a look around. */
  void linger() {
    if (skips > 0) {
      skips--;
      return;
    }
    lingering = true;
    untilNanos = nanos.getAsLong() + LINGER_NANOS;
  }

  private boolean isLingering() {
    if (lingering && nanos.getAsLong() - untilNanos >= 0) {
      lingering = false;
      lastSkips = Math.min(MOST_SKIPS, 2 * lastSkips + 1);
      skips = lastSkips;
    }
    return lingering;
  }

  @Override
  public int run(IoHandlerContext asked) {
    Context asking = context;
    if (asking == null || asking.asked != asked) {
      asking = new Context(asked);
      context = asking;
    }
    int handled = handler.run(asking);
    // Not any more where the moment was over before something came.
    if (lingering && handled > 0) {
      lingering = false;
      lastSkips = 0;
    }
    return handled;
  }

  private final class Context implements IoHandlerContext {
    private final IoHandlerContext asked;

    Context(IoHandlerContext asked) {
      this.asked = asked;
    }

    @Override
    public boolean canBlock() {
      return asked.canBlock() && !isLingering();
    }

    @Override
    public long delayNanos(long nowNanos) {
      return asked.delayNanos(nowNanos);
    }

    @Override
    public long deadlineNanos() {
      return asked.deadlineNanos();
    }

    @Override
    public void reportActiveIoTime(long activeNanos) {
      asked.reportActiveIoTime(activeNanos);
    }

    @Override
    public boolean shouldReportActiveIoTime() {
      return asked.shouldReportActiveIoTime();
    }
  }

  // --- as it was

  @Override
  public void initialize() {
    handler.initialize();
  }

  @Override
  public IoRegistration register(IoHandle handle) throws Exception {
    return handler.register(handle);
  }

  @Override
  public void prepareToDestroy() {
    handler.prepareToDestroy();
  }

  @Override
  public void destroy() {
    handler.destroy();
  }

  @Override
  public void wakeup() {
    handler.wakeup();
  }

  @Override
  public boolean isCompatible(Class<? extends IoHandle> handleType) {
    return handler.isCompatible(handleType);
  }
}
