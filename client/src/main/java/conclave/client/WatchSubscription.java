package conclave.client;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One subscriber to a {@link Watch}: a watch that stays, and one read at a time behind it. Events
 * that come during a read cause one more read, however many they are. Belongs to the client's
 * thread.
 */
final class WatchSubscription<T> implements Flow.Subscription, WatchListener {
  private static final Logger LOG = LoggerFactory.getLogger(WatchSubscription.class);
  private static final Duration RETRY_AFTER = Duration.ofMillis(200);

  private final ConclaveClient client;
  private final String path;
  private final WatchMode mode;
  private final Function<String, CompletableFuture<T>> read;
  private final Function<T, Object> version;
  private final Flow.Subscriber<? super T> subscriber;

  private @Nullable Registration registration;
  private @Nullable T newest;
  private @Nullable Object toldVersion;
  private boolean untold;
  private boolean reading;
  private boolean stale;
  private boolean over;
  private long wanted;

  WatchSubscription(
      ConclaveClient client,
      String path,
      WatchMode mode,
      Function<String, CompletableFuture<T>> read,
      Function<T, Object> version,
      Flow.Subscriber<? super T> subscriber) {
    this.client = client;
    this.path = path;
    this.mode = mode;
    this.read = read;
    this.version = version;
    this.subscriber = subscriber;
  }

  void start() {
    client
        .executor()
        .execute(
            () -> {
              subscriber.onSubscribe(this);
              setWatch();
            });
  }

  private void setWatch() {
    if (over) {
      return;
    }
    client
        .addWatch(path, mode, this)
        .whenComplete((set, failure) -> client.executor().execute(() -> watchSet(set, failure)));
  }

  private void watchSet(@Nullable Registration set, @Nullable Throwable failure) {
    if (set == null) {
      failedOrAgain(failure, this::setWatch);
    } else if (over) {
      set.close();
    } else {
      registration = set;
      refresh();
    }
  }

  @Override
  public void changed(WatchEvent event) {
    refresh();
  }

  @Override
  public void mayHaveMissed() {
    refresh();
  }

  private void refresh() {
    if (over) {
      return;
    }
    if (reading) {
      stale = true;
      return;
    }
    reading = true;
    stale = false;
    read.apply(path)
        .whenComplete((value, failure) -> client.executor().execute(() -> wasRead(value, failure)));
  }

  private void wasRead(@Nullable T value, @Nullable Throwable failure) {
    reading = false;
    if (value == null) {
      failedOrAgain(failure, this::refresh);
      return;
    }
    Object its = version.apply(value);
    if (!its.equals(toldVersion)) {
      newest = value;
      untold = true;
      tell();
    } else {
      // Back to what was told last, before anything else could be.
      untold = false;
    }
    if (stale) {
      refresh();
    }
  }

  private void tell() {
    T value = newest;
    if (!untold || wanted == 0 || over || value == null) {
      return;
    }
    if (wanted != Long.MAX_VALUE) {
      wanted--;
    }
    untold = false;
    toldVersion = version.apply(value);
    try {
      subscriber.onNext(value);
    } catch (RuntimeException e) {
      LOG.error("a subscriber failed", e);
    }
  }

  /** What a better connection can heal is tried again; anything else ends the stream. */
  private void failedOrAgain(@Nullable Throwable failure, Runnable again) {
    Throwable cause = ConclaveException.causeOf(failure);
    if (over) {
      return;
    }
    if (cause instanceof ConnectionLostException || cause instanceof DeadlineException) {
      client.schedule(again, RETRY_AFTER);
      return;
    }
    end();
    if (cause instanceof SessionEndedException ended && ended.state() == SessionState.CLOSED) {
      subscriber.onComplete();
    } else {
      subscriber.onError(cause);
    }
  }

  @Override
  public void request(long count) {
    client
        .executor()
        .execute(
            () -> {
              if (count <= 0) {
                end();
                subscriber.onError(
                    new IllegalArgumentException("count=" + count + ", but 1 is the least"));
              } else {
                wanted = wanted + count < 0 ? Long.MAX_VALUE : wanted + count;
                tell();
              }
            });
  }

  @Override
  public void cancel() {
    client.executor().execute(this::end);
  }

  private void end() {
    over = true;
    Registration current = registration;
    if (current != null) {
      current.close();
    }
    registration = null;
  }
}
