package conclave.state;

import java.util.List;

/** Takes the watch events of changes, in the order of the changes. */
@FunctionalInterface
public interface EventSink {

  /** Takes none. */
  EventSink NONE = (event, watcher) -> {};

  /** Called with the tree locked: must only put the event somewhere. */
  void event(WatchEvent event, Watcher watcher);

  /**
   * The same event for several watchers of one table at once.
   *
   * @param watchers at least two, each once
   */
  default void events(WatchEvent event, List<Watcher> watchers) {
    for (Watcher watcher : watchers) {
      event(event, watcher);
    }
  }
}
