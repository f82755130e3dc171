package conclave.server.transport;

import io.netty.channel.IoEvent;
import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.unix.FileDescriptor;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Lets another thread in while an event loop's own thread waits for its sockets: a small reply is
 * written sooner by whoever has made it than by a thread that has to be woken for it.
 *
 * <p>The loop's thread has the lock for as long as it runs anything of ours, and lets it go only
 * for the wait itself. It can't say when the wait is over before Netty has looked up whose event it
 * was; so a visitor must leave alone what that takes, which is the set of the loop's channels: it
 * may neither register nor close any.
 */
final class VisitableHandler implements IoHandler {
  private final IoHandler handler;
  private final ReentrantLock lock = new ReentrantLock();

  /** For the one that the loop gives each time. */
  private @Nullable Context context;

  /**
   * @param handler epoll's
   */
  VisitableHandler(IoHandler handler) {
    this.handler = handler;
  }

  // --- a visitor

  /**
   * Whether the loop's thread waits, and waits for {@link #leave} from now on. Not before it has
   * come back, if it wants to: visits that follow each other closely must not keep it out.
   */
  boolean tryEnter() {
    return !lock.hasQueuedThreads() && lock.tryLock();
  }

  void leave() {
    lock.unlock();
  }

  /** Whether the loop's thread has something to do that a visitor keeps it from. */
  boolean isWaitedFor() {
    return lock.hasQueuedThreads();
  }

  // --- the loop's thread

  private void comeBack() {
    if (!lock.isHeldByCurrentThread()) {
      lock.lock();
    }
  }

  @Override
  public void initialize() {
    comeBack();
    handler.initialize();
  }

  @Override
  public int run(IoHandlerContext asked) {
    comeBack();
    Context asking = context;
    if (asking == null || asking.asked != asked) {
      asking = new Context(asked);
      context = asking;
    }
    try {
      return handler.run(asking);
    } finally {
      comeBack();
    }
  }

  /** What epoll's handler asks before it waits, and while it decides for how long. */
  private final class Context implements IoHandlerContext {
    private final IoHandlerContext asked;

    Context(IoHandlerContext asked) {
      this.asked = asked;
    }

    /** The last question before the wait, though not every such question is the last. */
    @Override
    public boolean canBlock() {
      comeBack();
      boolean waits = asked.canBlock();
      if (waits) {
        lock.unlock();
      }
      return waits;
    }

    @Override
    public long delayNanos(long nowNanos) {
      boolean away = !lock.isHeldByCurrentThread();
      comeBack();
      try {
        return asked.delayNanos(nowNanos);
      } finally {
        if (away) {
          lock.unlock();
        }
      }
    }

    @Override
    public long deadlineNanos() {
      boolean away = !lock.isHeldByCurrentThread();
      comeBack();
      try {
        return asked.deadlineNanos();
      } finally {
        if (away) {
          lock.unlock();
        }
      }
    }

    @Override
    public void reportActiveIoTime(long activeNanos) {
      comeBack();
      asked.reportActiveIoTime(activeNanos);
    }

    @Override
    public boolean shouldReportActiveIoTime() {
      return asked.shouldReportActiveIoTime();
    }
  }

  @Override
  public IoRegistration register(IoHandle handle) throws Exception {
    return handler.register(new Handle((EpollIoHandle) handle));
  }

  /** A channel's, which is not to be disturbed by a visitor. */
  private final class Handle implements EpollIoHandle {
    private final EpollIoHandle handle;

    Handle(EpollIoHandle handle) {
      this.handle = handle;
    }

    @Override
    public FileDescriptor fd() {
      return handle.fd();
    }

    @Override
    public void handle(IoRegistration registration, IoEvent event) {
      comeBack();
      handle.handle(registration, event);
    }

    @Override
    public void registered() {
      handle.registered();
    }

    @Override
    public void unregistered() {
      handle.unregistered();
    }

    @Override
    public void close() throws Exception {
      handle.close();
    }
  }

  // --- as it was

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
