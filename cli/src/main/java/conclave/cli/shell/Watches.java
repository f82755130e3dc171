package conclave.cli.shell;

import conclave.cli.common.EventText;
import conclave.client.WatchEvent;
import conclave.recipes.json.Json;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;

/** The watches that the shell has set, and the printing of what they see. Thread-safe. */
final class Watches {
  enum Kind {
    DATA,
    CHILDREN,
    PERSISTENT,
    PERSISTENT_RECURSIVE
  }

  private record Entry(String path, Kind kind, Runnable remove) {}

  private final Console console;
  private final boolean json;
  private final Collection<Entry> entries = new ArrayList<>();
  private volatile boolean printing = true;

  Watches(Console console, boolean json) {
    this.console = console;
    this.json = json;
  }

  boolean isPrinting() {
    return printing;
  }

  void setPrinting(boolean on) {
    printing = on;
  }

  /** A watch that fires once; nothing is to be told of it when it fails, as with its session. */
  void add(String path, Kind kind, CompletableFuture<WatchEvent> event) {
    Entry entry = new Entry(path, kind, () -> event.cancel(false));
    synchronized (entries) {
      entries.add(entry);
    }
    event.whenComplete(
        (fired, failure) -> {
          synchronized (entries) {
            entries.remove(entry);
          }
          if (fired != null) {
            print(fired);
          }
        });
  }

  /** A watch that stays until it is removed. */
  void add(String path, Kind kind, Runnable remove) {
    synchronized (entries) {
      entries.add(new Entry(path, kind, remove));
    }
  }

  /**
   * Removes watches.
   *
   * @return whether there were any
   */
  boolean remove(String path, Predicate<Kind> kinds) {
    List<Entry> found = new ArrayList<>();
    synchronized (entries) {
      for (Entry entry : entries) {
        if (entry.path.equals(path) && kinds.test(entry.kind)) {
          found.add(entry);
        }
      }
      entries.removeAll(found);
    }
    found.forEach(entry -> entry.remove.run());
    return !found.isEmpty();
  }

  /** Their session has ended, and they with it. */
  void clear() {
    synchronized (entries) {
      entries.clear();
    }
  }

  /** In zkCli's words. */
  void print(WatchEvent event) {
    if (!printing) {
      return;
    }
    if (json) {
      console.tell(Json.line(EventText.object(event)));
      return;
    }
    console.tell("");
    console.tell(console.style().news("WATCHER::"));
    console.tell("");
    console.tell(
        "WatchedEvent state:SyncConnected type:"
            + EventText.type(event.type())
            + " path:"
            + event.path()
            + " zxid: "
            + event.zxid());
  }
}
