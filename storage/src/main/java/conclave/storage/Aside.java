package conclave.storage;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * Puts files that can't be used into a directory {@code damaged-<number>} beside {@code version-2},
 * where an operator can look at them. Nothing is ever deleted. Each start that has to has a number
 * of its own.
 */
final class Aside {
  private static final String PREFIX = "damaged-";

  private final Disk disk;
  private final List<String> said;
  private final String name;

  /**
   * @param directories those that files may have to leave
   * @param said gets a sentence for each file
   */
  Aside(Disk disk, List<Path> directories, List<String> said) throws IOException {
    this.disk = disk;
    this.said = said;
    int number = 1;
    while (isTaken(directories, PREFIX + number)) {
      number++;
    }
    this.name = PREFIX + number;
  }

  private boolean isTaken(List<Path> directories, String candidate) throws IOException {
    for (Path directory : directories) {
      if (disk.exists(directory.resolveSibling(candidate))) {
        return true;
      }
    }
    return false;
  }

  /** Moves the files; where each of them is is durable when this returns. */
  void put(List<Path> files) throws IOException {
    Set<Path> left = new LinkedHashSet<>();
    for (Path file : files) {
      if (disk.exists(file)) {
        move(file);
        left.add(parent(file));
      }
    }
    for (Path directory : left) {
      disk.forceDirectory(directory.resolveSibling(name));
      disk.forceDirectory(directory);
    }
  }

  private void move(Path file) throws IOException {
    Path to = parent(file).resolveSibling(name);
    if (!disk.exists(to)) {
      disk.createDirectories(to);
      disk.forceDirectory(parent(to));
    }
    Path target = to.resolve(file.getFileName());
    for (int i = 2; disk.exists(target); i++) {
      target = to.resolve(file.getFileName() + "." + i);
    }
    disk.rename(file, target);
    said.add("put " + file + " aside as " + target);
  }

  private static Path parent(Path path) {
    return Objects.requireNonNull(path.getParent());
  }

  /** Files of a directory whose names begin with one of those prefixes. */
  static List<Path> files(Disk disk, Path directory, String... prefixes) throws IOException {
    List<Path> found = new ArrayList<>();
    for (String file : disk.list(directory)) {
      for (String prefix : prefixes) {
        if (file.startsWith(prefix)) {
          found.add(directory.resolve(file));
          break;
        }
      }
    }
    found.sort(null);
    return found;
  }
}
