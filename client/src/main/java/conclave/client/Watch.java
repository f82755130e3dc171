package conclave.client;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * A state of the tree as it changes: the value of now first, and every later one at least once,
 * where values that a subscriber was too slow for are skipped and the newest never is. Each
 * subscription has its own watch, which outlives connections and sessions.
 *
 * <p>Subscribers are called on the client's thread. One that asks for one value at a time ({@link
 * Flow.Subscription#request}) is never called before it is ready. The stream ends with {@code
 * onComplete} when the client is closed, and with {@code onError} when the server refuses to tell.
 */
public final class Watch<T> implements Flow.Publisher<T> {
  private final ConclaveClient client;
  private final String path;
  private final WatchMode mode;
  private final Function<String, CompletableFuture<T>> read;
  private final Function<T, Object> version;

  /**
   * @param version what of a value tells it from others: two that agree in it are told once
   */
  Watch(
      ConclaveClient client,
      String path,
      WatchMode mode,
      Function<String, CompletableFuture<T>> read,
      Function<T, Object> version) {
    client.onServer(path);
    this.client = client;
    this.path = path;
    this.mode = mode;
    this.read = read;
    this.version = version;
  }

  @Override
  public void subscribe(Flow.Subscriber<? super T> subscriber) {
    new WatchSubscription<>(client, path, mode, read, version, subscriber).start();
  }

  /** Hands every value to {@code each}, on the client's thread, until it is closed. */
  public Registration forEach(Consumer<? super T> each) {
    return forEach(each, failure -> {});
  }

  /** The same; {@code failed} is told why the stream has ended, if it was not for closing. */
  public Registration forEach(Consumer<? super T> each, Consumer<Throwable> failed) {
    WatchSubscription<T> subscription =
        new WatchSubscription<>(
            client,
            path,
            mode,
            read,
            version,
            new Flow.Subscriber<T>() {
              @Override
              public void onSubscribe(Flow.Subscription mine) {
                mine.request(Long.MAX_VALUE);
              }

              @Override
              public void onNext(T value) {
                each.accept(value);
              }

              @Override
              public void onError(Throwable failure) {
                failed.accept(failure);
              }

              @Override
              public void onComplete() {
                // Closed by its owner.
              }
            });
    subscription.start();
    return subscription::cancel;
  }
}
