package conclave.compat;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Holds the servers of an ensemble, on which nobody writes any more, against each other. */
final class EqualServers {
  private static final Pattern OWNER = Pattern.compile("^(0x[0-9a-f]+):$", Pattern.MULTILINE);

  private EqualServers() {}

  /** Returns the tree that they all have. */
  static Map<String, String> check(Ensemble ensemble) throws IOException {
    Map<String, String> tree = sameTrees(ensemble);
    sameDigests(ensemble);
    sameEphemeralOwners(ensemble);
    return tree;
  }

  /** Paths, data, ACLs and every field of every Stat. */
  private static Map<String, String> sameTrees(Ensemble ensemble) throws IOException {
    Map<Integer, Map<String, String>> trees = ensemble.trees();
    int first = trees.keySet().iterator().next();
    trees.forEach(
        (sid, tree) ->
            assertThat(differences(trees.get(first), tree))
                .as("tree of server %d against that of server %d", sid, first)
                .isEmpty());
    return trees.get(first);
  }

  /** Each of the paths is in the tree. AssertJ's "containsAll" takes the square of the number. */
  static void have(Map<String, String> tree, Collection<String> paths) {
    Set<String> missing = new TreeSet<>(paths);
    missing.removeAll(tree.keySet());
    assertThat(missing).as("missing of %d", paths.size()).isEmpty();
  }

  private static List<String> differences(Map<String, String> left, Map<String, String> right) {
    Set<String> paths = new TreeSet<>(left.keySet());
    paths.addAll(right.keySet());
    return paths.stream()
        .filter(path -> !Objects.equals(left.get(path), right.get(path)))
        .map(path -> path + ": " + left.get(path) + " against " + right.get(path))
        .limit(10)
        .toList();
  }

  /**
   * A server tells the digests that it had after certain transactions, and only those that it
   * applied since its start: what two of them tell for one transaction is the same. Besides,
   * Apache's servers hold the digest that comes with each transaction against their own.
   */
  private static void sameDigests(Ensemble ensemble) throws IOException {
    Map<String, String> known = new HashMap<>();
    for (int sid : ensemble.sids()) {
      if (ensemble.server(sid).running()) {
        ensemble
            .digests(sid)
            .forEach(
                (zxid, digest) ->
                    assertThat(known.merge(zxid, digest, (old, last) -> old))
                        .as("digest of server %d at %s", sid, zxid)
                        .isEqualTo(digest));
        assertThat(ensemble.figure(sid, "zk_digest_mismatches_count").orElse(0))
            .as("digests that server %d found wrong", sid)
            .isZero();
      }
    }
  }

  private static void sameEphemeralOwners(Ensemble ensemble) throws IOException {
    Map<Integer, TreeSet<String>> owners = new HashMap<>();
    for (int sid : ensemble.sids()) {
      if (ensemble.server(sid).running()) {
        owners.put(sid, new TreeSet<>());
        Matcher matcher = OWNER.matcher(ensemble.server(sid).word("dump"));
        while (matcher.find()) {
          owners.get(sid).add(matcher.group(1));
        }
      }
    }
    assertThat(new HashSet<>(owners.values())).as("owners %s", owners).hasSize(1);
  }
}
