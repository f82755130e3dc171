package conclave.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A disk in memory that does to its files everything that the contract of {@link Disk} allows.
 *
 * <p>Every call that changes something has a number. A {@link Plan} says at which one the power
 * goes out or an error is reported. {@link #afterPowerCut} is what a machine finds that starts
 * again: of every sector that was written since its file was forced, any of its versions; of every
 * size, any that the file had since; of every change of a directory since it was forced, any
 * subset.
 */
final class SimulatedDisk implements Disk {
  static final int SECTOR = 512;

  /** The power is out; not an exception that anybody handles. */
  static final class PowerCut extends Error {
    private static final long serialVersionUID = 1L;

    PowerCut() {
      super("power cut", null, false, false);
    }
  }

  /** What goes wrong, at which call. */
  record Plan(Kind kind, int atCall) {
    enum Kind {
      NOTHING,
      POWER_CUT_BEFORE,
      POWER_CUT_AFTER,
      ERROR,
      /** Half of a write is done, the rest is not, and an error is reported. */
      SHORT_WRITE
    }

    static final Plan NOTHING = new Plan(Kind.NOTHING, 0);
  }

  /** A file's content, whatever its names are. */
  private static final class Content {
    byte[] current = {};
    byte[] durable = {};

    /** What each sector was since the last force, oldest first. */
    final Map<Integer, List<byte[]>> versions = new TreeMap<>();

    final List<Integer> sizes = new ArrayList<>();

    /** Sectors that a failed force has forgotten to write, and will not remember. */
    final Set<Integer> forgotten = new HashSet<>();

    void resize(int size) {
      current = Arrays.copyOf(current, size);
      sizes.add(size);
    }

    void touch(int from, int to) {
      for (int sector = from / SECTOR; sector * SECTOR < to; sector++) {
        versions.computeIfAbsent(sector, s -> new ArrayList<>()).add(sectorOf(current, sector));
        forgotten.remove(sector);
      }
    }

    void force() {
      byte[] before = durable;
      durable = current.clone();
      for (int sector : forgotten) {
        put(durable, sector, sectorOf(before, sector));
      }
      versions.keySet().retainAll(forgotten);
      sizes.clear();
    }

    void failForce() {
      forgotten.addAll(versions.keySet());
    }

    static byte[] sectorOf(byte[] content, int sector) {
      int from = Math.min(content.length, sector * SECTOR);
      int to = Math.min(content.length, from + SECTOR);
      return Arrays.copyOf(Arrays.copyOfRange(content, from, to), SECTOR);
    }

    static void put(byte[] content, int sector, byte[] bytes) {
      int from = sector * SECTOR;
      if (from < content.length) {
        System.arraycopy(bytes, 0, content, from, Math.min(SECTOR, content.length - from));
      }
    }

    /** One of the contents that a power cut can leave. */
    byte[] afterPowerCut(Random random, Survival survival) {
      int size = durable.length;
      if (!sizes.isEmpty() && survival != Survival.NONE) {
        int choice = random.nextInt(sizes.size() + 1);
        size =
            survival == Survival.ALL
                ? current.length
                : choice == sizes.size() ? durable.length : sizes.get(choice);
      }
      byte[] left = Arrays.copyOf(durable, size);
      versions.forEach(
          (sector, all) -> {
            boolean lost = forgotten.contains(sector) || survival == Survival.NONE;
            int choice = random.nextInt(all.size() + 1);
            int version = lost ? -1 : survival == Survival.ALL ? all.size() - 1 : choice - 1;
            if (version >= 0) {
              put(left, sector, all.get(version));
            }
          });
      return left;
    }
  }

  /** How kind a power cut is. */
  private enum Survival {
    NONE,
    ALL,
    SOME
  }

  /** A change of a directory. */
  private record Change(@Nullable Path removed, @Nullable Path put, @Nullable Content content) {
    void apply(Map<Path, Content> names) {
      if (removed != null && (content == null || names.get(removed) == content)) {
        names.remove(removed);
      }
      if (put != null) {
        names.put(put, Objects.requireNonNull(content));
      }
    }
  }

  private final Map<Path, Content> names = new HashMap<>();
  private final Map<Path, Content> durableNames = new HashMap<>();
  private final Map<Path, List<Change>> changes = new HashMap<>();
  private final Set<Path> directories = new TreeSet<>();
  private final Set<Path> durableDirectories = new HashSet<>();
  private final Set<Path> locks = new HashSet<>();
  private final Plan plan;
  private int calls;
  private boolean off;

  SimulatedDisk(Plan plan) {
    this.plan = plan;
    Path root = Path.of("/");
    directories.add(root);
    durableDirectories.add(root);
  }

  /** Calls so far that changed something. */
  int calls() {
    return calls;
  }

  /** What the next start finds when the power goes out now; the disk itself is gone. */
  SimulatedDisk afterPowerCut(long seed, Plan next) {
    off = true;
    Random random = new Random(seed);
    Survival survival = survival(random);
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
    Map<Path, Content> kept = new TreeMap<>(durableNames);
    new TreeMap<>(changes)
        .forEach(
            (directory, list) -> {
              Survival ofThese = survival(random);
              for (Change change : list) {
                if (ofThese == Survival.ALL || (ofThese == Survival.SOME && random.nextBoolean())) {
                  change.apply(kept);
                }
              }
            });
    Map<Content, Content> copies = new HashMap<>();
    kept.forEach(
        (path, content) -> {
          if (left.directories.contains(path.getParent())) {
            Content copy =
                copies.computeIfAbsent(
                    content,
                    c -> {
                      Content fresh = new Content();
                      fresh.current = c.afterPowerCut(random, survival(random));
                      fresh.durable = fresh.current.clone();
                      return fresh;
                    });
            left.names.put(path, copy);
            left.durableNames.put(path, copy);
          }
        });
    return left;
  }

  private static Survival survival(Random random) {
    return Survival.values()[random.nextInt(3)];
  }

  /** What the next start finds when only the process ends: everything. */
  SimulatedDisk afterKill(Plan next) {
    off = true;
    SimulatedDisk left = new SimulatedDisk(next);
    left.names.putAll(names);
    left.durableNames.putAll(durableNames);
    left.changes.putAll(changes);
    left.directories.addAll(directories);
    left.durableDirectories.addAll(durableDirectories);
    return left;
  }

  /** A disk with those files, all durable. */
  static SimulatedDisk of(Map<Path, byte[]> files, Plan plan) {
    SimulatedDisk disk = new SimulatedDisk(plan);
    files.forEach(
        (path, bytes) -> {
          Content content = new Content();
          content.current = bytes.clone();
          content.durable = bytes.clone();
          disk.names.put(path, content);
          disk.durableNames.put(path, content);
          for (Path d = path.getParent(); d != null; d = d.getParent()) {
            disk.directories.add(d);
            disk.durableDirectories.add(d);
          }
        });
    return disk;
  }

  /** All files, as this process sees them. */
  Map<Path, byte[]> files() {
    Map<Path, byte[]> files = new TreeMap<>();
    names.forEach((path, content) -> files.put(path, content.current.clone()));
    return files;
  }

  /** Begins a call that changes something; true when it must end in an error after {@code half}. */
  private void begin(String what) throws IOException {
    on();
    calls++;
    if (calls == plan.atCall) {
      switch (plan.kind) {
        case POWER_CUT_BEFORE -> cut();
        case ERROR -> throw new IOException("simulated error: " + what);
        default -> {}
      }
    }
  }

  private void end() {
    if (calls == plan.atCall && plan.kind == Plan.Kind.POWER_CUT_AFTER) {
      cut();
    }
  }

  private void cut() {
    off = true;
    throw new PowerCut();
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
  public List<String> list(Path directory) {
    on();
    List<String> found = new ArrayList<>();
    for (Path path : names.keySet()) {
      if (directory.equals(path.getParent())) {
        found.add(path.getFileName().toString());
      }
    }
    return found;
  }

  @Override
  public void createDirectories(Path directory) throws IOException {
    begin("mkdir");
    for (Path d = directory; d != null; d = d.getParent()) {
      directories.add(d);
    }
    end();
  }

  @Override
  public DiskFile create(Path path) throws IOException {
    begin("create");
    if (names.containsKey(path)) {
      throw new FileAlreadyExistsException(path.toString());
    }
    if (!directories.contains(path.getParent())) {
      throw new NoSuchFileException(path.toString());
    }
    Content content = new Content();
    change(path.getParent(), new Change(null, path, content));
    end();
    return new OpenFile(content, true);
  }

  @Override
  public DiskFile openForWrite(Path path) throws IOException {
    return new OpenFile(find(path), true);
  }

  @Override
  public DiskFile openForRead(Path path) throws IOException {
    return new OpenFile(find(path), false);
  }

  private Content find(Path path) throws IOException {
    on();
    Content content = names.get(path);
    if (content == null) {
      throw new NoSuchFileException(path.toString());
    }
    return content;
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    begin("rename");
    change(to.getParent(), new Change(from, to, find(from)));
    end();
  }

  @Override
  public void delete(Path path) throws IOException {
    begin("delete");
    find(path);
    change(path.getParent(), new Change(path, null, null));
    end();
  }

  @Override
  public void forceDirectory(Path directory) throws IOException {
    begin("force directory");
    for (Change change : changes.getOrDefault(directory, List.of())) {
      change.apply(durableNames);
    }
    changes.remove(directory);
    for (Path d : directories) {
      if (directory.equals(d.getParent())) {
        durableDirectories.add(d);
      }
    }
    end();
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
    private final Content content;
    private final boolean writable;
    private boolean closed;

    OpenFile(Content content, boolean writable) {
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
      return content.current.length;
    }

    @Override
    public int read(ByteBuffer into, long position) {
      check(false);
      int left = (int) Math.max(0, content.current.length - position);
      int count = Math.min(left, into.remaining());
      if (left == 0) {
        return -1;
      }
      into.put(content.current, (int) position, count);
      return count;
    }

    @Override
    public void write(ByteBuffer from, long position) throws IOException {
      check(true);
      begin("write");
      boolean half = calls == plan.atCall && plan.kind == Plan.Kind.SHORT_WRITE;
      int count = half ? from.remaining() / 2 : from.remaining();
      int end = (int) position + count;
      if (end > content.current.length) {
        content.resize(end);
      }
      from.get(content.current, (int) position, count);
      content.touch((int) position, end);
      if (half) {
        throw new IOException("simulated: no space left on device");
      }
      end();
    }

    @Override
    public void truncate(long size) throws IOException {
      check(true);
      begin("truncate");
      int before = content.current.length;
      if (size < before) {
        content.resize((int) size);
        content.touch((int) size, before);
      }
      end();
    }

    @Override
    public void force(boolean metadata) throws IOException {
      check(true);
      try {
        begin("force");
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
