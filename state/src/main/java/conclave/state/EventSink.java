package conclave.state;

/** Takes the watch events of changes, in the order of the changes. */
@FunctionalInterface
public interface EventSink {

  /** Takes none. */
  EventSink NONE = (event, watcher) -> {};

  /** Called with the tree locked: must only put the event somewhere. */
  void event(WatchEvent event, Watcher watcher);
}
