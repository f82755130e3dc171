package conclave.server.admin;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * One thread's measurements by the first element of a path. The thread writes, anybody may read.
 */
final class NamespaceCells {

  /**
   * A client can invent as many namespaces as it likes; beyond this many, further ones are not
   * counted.
   */
  static final int MAX_NAMESPACES = 1000;

  private final Map<String, SummaryCells> byName = new ConcurrentHashMap<>();
  private String lastName = "";
  private @Nullable SummaryCells lastCells;

  void record(String path, long value) {
    SummaryCells cells = lastCells;
    // Most requests go where the one before went; those cost neither a look-up nor a new string.
    if (cells == null || !isFirstElement(lastName, path)) {
      cells = find(path);
    }
    if (cells != null) {
      cells.record(value);
    }
  }

  private @Nullable SummaryCells find(String path) {
    int end = path.indexOf('/', 1);
    String name = path.length() < 2 ? "" : path.substring(1, end < 0 ? path.length() : end);
    if (name.isEmpty()) {
      return null;
    }
    SummaryCells cells = byName.get(name);
    if (cells == null) {
      if (byName.size() >= MAX_NAMESPACES) {
        return null;
      }
      cells = new SummaryCells(false);
      byName.put(name, cells);
    }
    lastName = name;
    lastCells = cells;
    return cells;
  }

  private static boolean isFirstElement(String name, String path) {
    int end = 1 + name.length();
    return path.startsWith(name, 1) && (path.length() == end || path.charAt(end) == '/');
  }

  void clear() {
    byName.clear();
    lastName = "";
    lastCells = null;
  }

  Map<String, SummaryCells> byName() {
    return byName;
  }
}
