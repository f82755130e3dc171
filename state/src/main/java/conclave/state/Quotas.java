package conclave.state;

import conclave.protocol.Paths;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Limits on subtrees: {@code /zookeeper/quota<path>/zookeeper_limits} holds what is allowed at and
 * below {@code <path>}, {@code zookeeper_stats} beside it what is there. Of nested quotas only the
 * nearest counts and is enforced (Apache's rule).
 *
 * <p>No transaction changes the statistics: every server counts while it applies. Apache's servers
 * drift apart in it after a restart; {@link #recount} at the end of recovery puts ours right.
 */
final class Quotas {
  private static final String LIMITS = "zookeeper_limits";
  private static final String STATS = "zookeeper_stats";

  private final Tree tree;
  private final Notices notices;

  /** The paths that have limits. */
  private final Set<String> limited = new HashSet<>();

  Quotas(Tree tree, Notices notices) {
    this.tree = tree;
    this.notices = notices;
  }

  // --- what is there

  void created(String path, int bytes) {
    if (path.startsWith(Paths.QUOTA)) {
      String prefix = prefixOf(path, LIMITS);
      if (prefix != null) {
        limited.add(prefix);
      }
      prefix = prefixOf(path, STATS);
      if (prefix != null) {
        recount(prefix);
      }
    }
    add(path, bytes, 1);
  }

  void deleted(String path, int bytes) {
    String prefix = prefixOf(path, LIMITS);
    if (prefix != null) {
      limited.remove(prefix);
    }
    add(path, -bytes, -1);
  }

  void changed(String path, int moreBytes) {
    add(path, moreBytes, 0);
  }

  private void add(String path, long bytes, long count) {
    String prefix = governing(path);
    if (prefix == null) {
      return;
    }
    String statsPath = path(prefix, STATS);
    Znode stats = tree.find(statsPath);
    if (stats != null) {
      QuotaText text = QuotaText.parse(Content.data(stats.content));
      text.set(text.count() + count, text.bytes() + bytes);
      tree.setDataOnly(statsPath, stats, text.encode());
    }
  }

  /** Finds all quotas and counts what they have in them. */
  void recount() {
    limited.clear();
    Znode quota = tree.find(Paths.QUOTA);
    if (quota == null) {
      return;
    }
    ArrayDeque<Znode> todo = new ArrayDeque<>();
    todo.add(quota);
    for (Znode node = todo.poll(); node != null; node = todo.poll()) {
      Branch branch = node.branch;
      if (branch != null && branch.count > 0) {
        todo.addAll(Arrays.asList(branch.children()));
      } else {
        String path = node.path();
        String prefix = prefixOf(path, LIMITS);
        if (prefix != null) {
          limited.add(prefix);
        }
        prefix = prefixOf(path, STATS);
        if (prefix != null) {
          recount(prefix);
        }
      }
    }
  }

  private void recount(String prefix) {
    String statsPath = path(prefix, STATS);
    Znode stats = tree.find(statsPath);
    if (stats == null) {
      return;
    }
    long count = 0;
    long bytes = 0;
    ArrayDeque<Znode> todo = new ArrayDeque<>();
    Znode top = tree.find(prefix);
    if (top != null) {
      todo.add(top);
    }
    for (Znode node = todo.poll(); node != null; node = todo.poll()) {
      count++;
      bytes += Math.max(0, Content.dataLength(node.content));
      Branch branch = node.branch;
      if (branch != null) {
        todo.addAll(Arrays.asList(branch.children()));
      }
    }
    tree.setDataOnly(statsPath, stats, new QuotaText().set(count, bytes).encode());
  }

  // --- what is allowed

  /** Whether a hard limit forbids that much more at a path; soft ones are only told of. */
  boolean forbids(String path, long moreBytes, long moreCount) {
    String prefix = governing(path);
    if (prefix == null) {
      return false;
    }
    Znode limitsNode = tree.find(path(prefix, LIMITS));
    Znode statsNode = tree.find(path(prefix, STATS));
    if (limitsNode == null || statsNode == null) {
      return false;
    }
    QuotaText limits = QuotaText.parse(Content.data(limitsNode.content));
    QuotaText stats = QuotaText.parse(Content.data(statsNode.content));
    return moreCount != 0
            && exceeds(
                prefix, "count", stats.count() + moreCount, limits.count(), limits.countHardLimit())
        || moreBytes != 0
            && exceeds(
                prefix, "bytes", stats.bytes() + moreBytes, limits.bytes(), limits.byteHardLimit());
  }

  private boolean exceeds(String prefix, String what, long wouldBe, long soft, long hard) {
    boolean isHard = hard > -1;
    long limit = isHard ? hard : soft;
    if (limit <= -1 || wouldBe <= limit) {
      return false;
    }
    notices.quotaExceeded(prefix, what, isHard, wouldBe, limit);
    return isHard;
  }

  /** The nearest path, at or above this one, that has limits. */
  private @Nullable String governing(String path) {
    if (limited.isEmpty()) {
      return null;
    }
    for (int end = path.length(); end > 0; end = path.lastIndexOf('/', end - 1)) {
      String prefix = path.substring(0, end);
      if (limited.contains(prefix)) {
        return prefix;
      }
    }
    return null;
  }

  /**
   * The path that a quota's znode of that name is about, or null for other znodes. One right below
   * {@code /zookeeper/quota} is about nothing (and stops an Apache server that applies it).
   */
  private static @Nullable String prefixOf(String path, String name) {
    int end = path.length() - name.length() - 1;
    if (end > Paths.QUOTA.length()
        && path.startsWith(Paths.QUOTA)
        && path.charAt(Paths.QUOTA.length()) == '/'
        && path.charAt(end) == '/'
        && path.endsWith(name)) {
      return path.substring(Paths.QUOTA.length(), end);
    }
    return null;
  }

  private static String path(String prefix, String name) {
    return Paths.QUOTA + prefix + '/' + name;
  }
}
