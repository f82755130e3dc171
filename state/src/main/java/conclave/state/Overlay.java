package conclave.state;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the changes in flight, prepared but not applied, will make of the tree: by path, the newest
 * of them.
 */
final class Overlay {
  private final Tree tree;
  private final boolean digestEnabled;
  private final Map<String, Pending> byPath = new HashMap<>();

  /** In the order of the changes. */
  private final ArrayDeque<Pending> queue = new ArrayDeque<>();

  /** Sessions of which a beginning or an end is in flight. */
  private final Map<Long, PendingSession> sessions = new HashMap<>();

  private final ArrayDeque<PendingSession> sessionQueue = new ArrayDeque<>();

  /** What undoes the change that is being prepared: for each put, what was there before. */
  private final ArrayList<@Nullable Pending> undo = new ArrayList<>();

  private long digest;
  private long digestBefore;

  private record PendingSession(long id, long zxid, boolean open) {}

  Overlay(Tree tree, boolean digestEnabled) {
    this.tree = tree;
    this.digestEnabled = digestEnabled;
  }

  /** The znode, or null. What comes back must be changed by way of {@link #change} only. */
  @Nullable Pending find(String path) {
    if (!byPath.isEmpty()) {
      Pending pending = byPath.get(path);
      if (pending != null) {
        return pending.exists ? pending : null;
      }
    }
    Znode node = tree.find(path);
    if (node == null) {
      return null;
    }
    Pending read = new Pending(path, node, tree.acl(node));
    if (digestEnabled) {
      read.digest = tree.digestOf(path, node);
    }
    return read;
  }

  /** Starts a change: all that is {@link #put} until the next one is undone together. */
  void begin() {
    undo.clear();
    if (queue.isEmpty()) {
      digest = tree.digest();
    }
    digestBefore = digest;
  }

  /** The znode for changing; {@link #put} it then. */
  Pending change(Pending found) {
    return found.zxid == 0 ? found : found.copy();
  }

  void put(Pending changed, long zxid) {
    if (digestEnabled) {
      long before = changed.digest;
      changed.digest = changed.exists ? tree.digester().of(changed) : 0;
      digest += changed.digest - before;
    }
    changed.zxid = zxid;
    undo.add(byPath.put(changed.path, changed));
    queue.addLast(changed);
  }

  /** Takes back everything since {@link #begin}. */
  void rollBack() {
    for (int i = undo.size() - 1; i >= 0; i--) {
      Pending undone = queue.removeLast();
      Pending before = undo.get(i);
      if (before == null) {
        byPath.remove(undone.path);
      } else {
        byPath.put(undone.path, before);
      }
    }
    undo.clear();
    digest = digestBefore;
  }

  /** Everything up to that transaction has been applied. */
  void applied(long zxid) {
    for (Pending first = queue.peekFirst();
        first != null && first.zxid <= zxid;
        first = queue.peekFirst()) {
      queue.removeFirst();
      byPath.remove(first.path, first);
    }
    for (PendingSession first = sessionQueue.peekFirst();
        first != null && first.zxid <= zxid;
        first = sessionQueue.peekFirst()) {
      sessionQueue.removeFirst();
      sessions.remove(first.id, first);
    }
  }

  /** Nothing is in flight any more: what was will never be applied. */
  void clear() {
    byPath.clear();
    queue.clear();
    sessions.clear();
    sessionQueue.clear();
    undo.clear();
  }

  /** What the tree will sum up to. */
  long digest() {
    return queue.isEmpty() ? tree.digest() : digest;
  }

  // --- sessions

  void putSession(long id, boolean open, long zxid) {
    PendingSession pending = new PendingSession(id, zxid, open);
    sessions.put(id, pending);
    sessionQueue.addLast(pending);
  }

  /** Whether the session will be open; null when nothing in flight concerns it. */
  @Nullable Boolean session(long id) {
    if (sessions.isEmpty()) {
      return null;
    }
    PendingSession pending = sessions.get(id);
    return pending == null ? null : pending.open;
  }

  /** The paths of the ephemerals that the session will have. */
  Collection<String> ephemeralsOf(long sessionId) {
    Set<String> paths = new LinkedHashSet<>();
    ZnodeSet applied = tree.ephemeralsOf(sessionId);
    if (applied != null) {
      for (Znode node : applied.toArray()) {
        paths.add(node.path());
      }
    }
    for (Pending pending : queue) {
      if (pending.exists && pending.owner == sessionId) {
        paths.add(pending.path);
      } else if (!pending.exists && !paths.isEmpty()) {
        paths.remove(pending.path);
      }
    }
    return paths;
  }
}
