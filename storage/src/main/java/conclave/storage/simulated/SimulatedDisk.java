package conclave.storage.simulated;

import conclave.storage.DataDirectoryException;
import conclave.storage.Disk;
import conclave.storage.DiskFile;
import conclave.storage.simulated.Faults.Fault;
import conclave.storage.simulated.Faults.Operation;
import conclave.storage.simulated.SimulatedContent.Survival;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A disk in memory that does to its files everything that the contract of {@link Disk} allows.
 *
 * <p>{@link Faults} say what goes wrong when. {@link #afterPowerCut} is what a machine finds that
 * starts again: of every sector that was written since its file was forced, any of its versions; of
 * every size, any that the file had since; of every change of a directory since it was forced, any
 * subset. After a force that failed nothing of what it was to make durable ever is, though later
 * ones succeed and reads go on seeing it.
 *
 * <p>It knows no time and throws no dice but those that it is given, so the same calls leave the
 * same disk. Not thread-safe.
 */
public final class SimulatedDisk implements Disk {
  public static final int SECTOR = 512;

  /** A change of a directory. */
  private record Change(
      @Nullable Path removed, @Nullable Path put, @Nullable SimulatedContent content) {
    void apply(Map<Path, SimulatedContent> names) {
      if (removed != null && (content == null || names.get(removed) == content)) {
        names.remove(removed);
      }
      if (put != null) {
        names.put(put, Objects.requireNonNull(content));
      }
    }
  }

  /** A file that went to another directory; its new name is among that one's changes. */
  private record MovedOut(Path from, Path to, SimulatedContent content) {
    void apply(Map<Path, SimulatedContent> names) {
      if (names.get(from) == content && names.get(to) == content) {
        names.remove(from);
      }
    }
  }

  private final Map<Path, SimulatedContent> names = new HashMap<>();
  private final Map<Path, SimulatedContent> durableNames = new HashMap<>();
  private final TreeMap<Path, List<Change>> changes = new TreeMap<>();
  private final List<MovedOut> moves = new ArrayList<>();
  private final TreeSet<Path> directories = new TreeSet<>();
  private final Set<Path> durableDirectories = new HashSet<>();
  private final Set<Path> locks = new HashSet<>();
  private Faults faults;
  private int calls;
  private boolean off;

  /** Whether the power goes out at the end of the call that was begun. */
  private boolean cutAfter;

  /** An empty disk. */
  public SimulatedDisk(Faults faults) {
    this.faults = faults;
    Path root = Path.of("/");
    directories.add(root);
    durableDirectories.add(root);
  }

  /** A disk with those files, all durable. */
  public static SimulatedDisk of(Map<Path, byte[]> files, Faults faults) {
    SimulatedDisk disk = new SimulatedDisk(faults);
    files.forEach(disk::put);
    return disk;
  }

  /** What goes wrong from now on. */
  public void faults(Faults newFaults) {
    faults = newFaults;
  }

  /** Calls so far that changed something. */
  public int calls() {
    return calls;
  }

  /** All files, as this process sees them. */
  public Map<Path, byte[]> files() {
    Map<Path, byte[]> files = new TreeMap<>();
    names.forEach((path, content) -> files.put(path, content.bytes()));
    return files;
  }

  // --- what somebody else does to it, or time: no call, and durable at once

  /** Puts a file there, in place of one of that name. */
  public void put(Path path, byte[] bytes) {
    SimulatedContent content = SimulatedContent.of(bytes);
    names.put(path, content);
    durableNames.put(path, content);
    for (Path d = path.getParent(); d != null; d = d.getParent()) {
      directories.add(d);
      durableDirectories.add(d);
    }
  }

  /** Takes a file away. */
  public void remove(Path path) {
    names.remove(path);
    durableNames.remove(path);
    changes.values().forEach(list -> list.removeIf(change -> path.equals(change.put)));
  }

  /** Damages one byte: the bits of {@code mask} in it are other ones from now on. */
  public void flip(Path path, long offset, int mask) {
    SimulatedContent content = names.get(path);
    if (content == null || offset < 0 || offset >= content.size()) {
      throw new IndexOutOfBoundsException("path=" + path + " offset=" + offset);
    }
    content.flip(offset, mask);
  }

  /** The kernel has written everything back by itself, but what a failed force has forgotten. */
  public void writeBack() {
    names.values().forEach(SimulatedContent::force);
    durableNames.clear();
    durableNames.putAll(names);
    changes.clear();
    moves.clear();
    durableDirectories.addAll(directories);
  }

  // --- the ends of a process

  /**
   * What the next start finds when the power goes out now. This disk answers nobody any more: what
   * is left of the process in memory can do no harm to the next one's files.
   */
  public SimulatedDisk afterPowerCut(RandomGenerator random, Faults next) {
    off = true;
    Survival survival = Survival.draw(random);
    SimulatedDisk left = new SimulatedDisk(next);
    for (Path directory : directories) {
      Path parent = directory.getParent();
      boolean kept =
          durableDirectories.contains(directory)
              || (survival != Survival.NONE && random.nextBoolean());
      if (kept && (parent == null || left.directories.contains(parent))) {
        left.directories.add(directory);
        left.durableDirectories.add(directory);
      }
    }
    Map<SimulatedContent, SimulatedContent> copies = new IdentityHashMap<>();
    namesAfterPowerCut(random)
        .forEach(
            (path, content) -> {
              if (left.directories.contains(path.getParent())) {
                SimulatedContent copy =
                    copies.computeIfAbsent(
                        content, c -> c.afterPowerCut(random, Survival.draw(random)));
                left.names.put(path, copy);
                left.durableNames.put(path, copy);
              }
            });
    return left;
  }

  private TreeMap<Path, SimulatedContent> namesAfterPowerCut(RandomGenerator random) {
    TreeMap<Path, SimulatedContent> kept = new TreeMap<>(durableNames);
    changes.forEach(
        (directory, list) -> {
          Survival ofThese = Survival.draw(random);
          for (Change change : list) {
            if (ofThese == Survival.ALL || (ofThese == Survival.SOME && random.nextBoolean())) {
              change.apply(kept);
            }
          }
        });
    for (MovedOut move : moves) {
      if (random.nextBoolean()) {
        move.apply(kept);
      }
    }
    return kept;
  }

  /** What the next start finds when only the process ends: everything. */
  public SimulatedDisk afterKill(Faults next) {
    off = true;
    SimulatedDisk left = new SimulatedDisk(next);
    left.names.putAll(names);
    left.durableNames.putAll(durableNames);
    left.changes.putAll(changes);
    left.moves.addAll(moves);
    left.directories.addAll(directories);
    left.durableDirectories.addAll(durableDirectories);
    return left;
  }

  // --- the disk

  /** Begins a call that changes something; true when only half of it is to be done. */
  private boolean begin(Operation operation, Path path) throws IOException {
    on();
    calls++;
    Fault fault = faults.before(operation, path, calls);
    return switch (fault) {
      case NONE, POWER_CUT_AFTER -> {
        cutAfter = fault == Fault.POWER_CUT_AFTER;
        yield false;
      }
      case POWER_CUT_BEFORE -> throw cut();
      case ERROR -> throw error(operation, path);
      case NO_SPACE -> {
        if (operation == Operation.WRITE) {
          yield true;
        }
        throw full(path);
      }
    };
  }

  private void end() {
    if (cutAfter) {
      throw cut();
    }
  }

  private PowerCut cut() {
    off = true;
    return new PowerCut();
  }

  private static IOException error(Operation operation, Path path) {
    return new IOException("simulated: input/output error: " + operation + " " + path);
  }

  private static IOException full(Path path) {
    return new IOException("simulated: no space left on device: " + path);
  }

  private void on() {
    if (off) {
      throw new PowerCut();
    }
  }

  private void change(Path directory, Change change) {
    change.apply(names);
    changes.computeIfAbsent(directory, d -> new ArrayList<>()).add(change);
  }

  @Override
  public boolean exists(Path path) {
    on();
    return names.containsKey(path) || directories.contains(path);
  }

  @Override
  public List<String> list(Path directory) throws IOException {
    on();
    checkDirectory(directory);
    List<String> found = new ArrayList<>();
    int depth = directory.getNameCount();
    for (Path path : names.keySet()) {
      if (path.getNameCount() == depth + 1 && path.startsWith(directory)) {
        found.add(path.getFileName().toString());
      }
    }
    found.sort(null);
    return found;
  }

  private void checkDirectory(Path directory) throws IOException {
    if (!directories.contains(directory)) {
      throw new NoSuchFileException(directory.toString());
    }
  }

  private static Path parent(Path path) {
    return Objects.requireNonNull(path.getParent());
  }

  @Override
  public void createDirectories(Path directory) throws IOException {
    begin(Operation.CREATE_DIRECTORIES, directory);
    for (Path d = directory; d != null; d = d.getParent()) {
      directories.add(d);
    }
    end();
  }

  @Override
  public DiskFile create(Path path) throws IOException {
    begin(Operation.CREATE, path);
    if (names.containsKey(path)) {
      throw new FileAlreadyExistsException(path.toString());
    }
    checkDirectory(parent(path));
    SimulatedContent content = new SimulatedContent();
    change(parent(path), new Change(null, path, content));
    end();
    return new OpenFile(path, content, true);
  }

  @Override
  public DiskFile openForWrite(Path path) throws IOException {
    return new OpenFile(path, find(path), true);
  }

  @Override
  public DiskFile openForRead(Path path) throws IOException {
    return new OpenFile(path, find(path), false);
  }

  private SimulatedContent find(Path path) throws IOException {
    on();
    SimulatedContent content = names.get(path);
    if (content == null) {
      throw new NoSuchFileException(path.toString());
    }
    return content;
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    begin(Operation.RENAME, to);
    SimulatedContent content = find(from);
    checkDirectory(parent(to));
    if (parent(to).equals(parent(from))) {
      change(parent(to), new Change(from, to, content));
    } else {
      change(parent(to), new Change(null, to, content));
      names.remove(from);
      moves.add(new MovedOut(from, to, content));
    }
    end();
  }

  @Override
  public void delete(Path path) throws IOException {
    begin(Operation.DELETE, path);
    SimulatedContent content = find(path);
    for (MovedOut move : List.copyOf(moves)) {
      if (move.content == content && move.to.equals(path)) {
        // Whatever becomes of its new name, the old one goes when its directory is forced.
        moves.remove(move);
        change(parent(move.from), new Change(move.from, null, content));
      }
    }
    change(parent(path), new Change(path, null, null));
    end();
  }

  @Override
  public void forceDirectory(Path directory) throws IOException {
    begin(Operation.FORCE_DIRECTORY, directory);
    checkDirectory(directory);
    forceNames(directory);
    for (Path d : directories) {
      if (directory.equals(d.getParent())) {
        durableDirectories.add(d);
      }
    }
    end();
  }

  private void forceNames(Path directory) {
    for (Change change : changes.getOrDefault(directory, List.of())) {
      change.apply(durableNames);
    }
    changes.remove(directory);
    for (MovedOut move : List.copyOf(moves)) {
      if (directory.equals(parent(move.from))) {
        // A file is never in neither place, so its arrival is durable before its going.
        moves.remove(move);
        forceNames(parent(move.to));
        move.apply(durableNames);
      }
    }
  }

  @Override
  public Lock lock(Path path) throws IOException {
    on();
    if (!names.containsKey(path)) {
      create(path).close();
    }
    if (!locks.add(path)) {
      throw DataDirectoryException.inUse(path);
    }
    return () -> locks.remove(path);
  }

  private final class OpenFile implements DiskFile {
    private final Path path;
    private final SimulatedContent content;
    private final boolean writable;
    private boolean closed;

    OpenFile(Path path, SimulatedContent content, boolean writable) {
      this.path = path;
      this.content = content;
      this.writable = writable;
    }

    private void check(boolean writes) {
      on();
      if (closed || (writes && !writable)) {
        throw new IllegalStateException("closed=" + closed + " writable=" + writable);
      }
    }

    @Override
    public long size() {
      check(false);
      return content.size();
    }

    @Override
    public int read(ByteBuffer into, long position) throws IOException {
      check(false);
      if (faults.before(Operation.READ, path, calls) == Fault.ERROR) {
        throw error(Operation.READ, path);
      }
      return content.read(into, position);
    }

    @Override
    public void write(ByteBuffer from, long position) throws IOException {
      check(true);
      boolean half = begin(Operation.WRITE, path);
      content.write(from, position, half ? from.remaining() / 2 : from.remaining());
      if (half) {
        throw full(path);
      }
      end();
    }

    @Override
    public void truncate(long size) throws IOException {
      check(true);
      begin(Operation.TRUNCATE, path);
      content.truncate(size);
      end();
    }

    @Override
    public void force(boolean metadata) throws IOException {
      check(true);
      try {
        begin(Operation.FORCE, path);
      } catch (IOException e) {
        content.failForce();
        throw e;
      }
      content.force();
      end();
    }

    @Override
    public void close() {
      closed = true;
    }
  }
}
